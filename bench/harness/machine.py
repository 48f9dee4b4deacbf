# SPDX-License-Identifier: Apache-2.0
"""What the kernel says of processes and processors: CPU time, memory, pinning, facts of the machine."""

import os
import platform
import random
import socket
import time
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
# /proc/PID/stat, counted after the name: reaped children's user and system time; own user and system time.
UTIME, STIME, CHILDREN_UTIME, CHILDREN_STIME = 11, 12, 13, 14
# clock_gettime(2) of another process: its id's complement above three bits that say which clock.
PROCESS_CLOCK = 2


def _read(path):
    """A file of /proc, or nothing when its process has just ended."""
    try:
        return Path(path).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _stat(pid):
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _tasks(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []


def process_tree(pids):
    """The processes and all their descendants."""
    found, waiting = [], list(pids)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in _tasks(pid):
            waiting += [int(child) for child in _read(f"/proc/{pid}/task/{task}/children").split()]
    return found


def thread_ns(pids):
    """CPU time of each thread of the processes and their descendants: {thread id: ns}."""
    threads = {}
    for pid in process_tree(pids):
        for task in _tasks(pid):
            fields = _read(f"/proc/{pid}/task/{task}/schedstat").split()
            if fields:
                threads[int(task)] = int(fields[0])
    return threads


def cpu_ns(pids):
    """CPU time of the processes, their descendants and what those have reaped. Each process's CPU clock
    is the sum of its threads' schedstat, and of the threads that have ended, which schedstat forgets."""
    total = 0
    for pid in process_tree(pids):
        fields = _stat(pid)
        if fields:
            try:
                total += process_ns(pid)
            except OSError:  # it has just ended, as dnsmasq's children do: its parent reaps its time
                continue
            total += (int(fields[CHILDREN_UTIME]) + int(fields[CHILDREN_STIME])) * TICK_NS
    return total


def process_ns(pid):
    """CPU time of one process, its threads that have ended included, its children not."""
    return time.clock_gettime_ns(~pid << 3 | PROCESS_CLOCK)


def stat_ns(pids):
    """The same CPU time as /proc/PID/stat has it, in ticks: a check."""
    total = 0
    for pid in process_tree(pids):
        fields = _stat(pid)
        if fields:
            total += sum(int(fields[i]) for i in (UTIME, STIME, CHILDREN_UTIME, CHILDREN_STIME)) * TICK_NS
    return total


def memory_octets(pids):
    """Proportional set size: what several processes share counts once."""
    total = 0
    for pid in process_tree(pids):
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def peak_octets(pids):
    """The largest resident set so far, of all the processes together."""
    total = 0
    for pid in process_tree(pids):
        for line in _read(f"/proc/{pid}/status").splitlines():
            if line.startswith("VmHWM:"):
                total += int(line.split()[1]) * 1024
    return total


def resident_octets(pids):
    """The resident sets of these processes alone; what they share counts for each."""
    total = 0
    for pid in pids:
        fields = _read(f"/proc/{pid}/statm").split()
        if fields:
            total += int(fields[1]) * PAGE
    return total


def pin(pids, cpus):
    """Every thread, those that have pinned themselves too."""
    for pid in process_tree(pids):
        for task in _tasks(pid):
            try:
                os.sched_setaffinity(int(task), cpus)
            except ProcessLookupError:
                pass


def idle_ns(cpus):
    """Time that the processors had nothing to run, waiting for a disk included."""
    total = 0
    for line in _read("/proc/stat").splitlines():
        name, *fields = line.split()
        if name in {f"cpu{cpu}" for cpu in cpus}:
            total += (int(fields[3]) + int(fields[4])) * TICK_NS
    return total


def now_ns():
    return time.monotonic_ns()


def free_port(address):
    """A port below the ephemeral ones that is free over UDP and TCP."""
    while True:
        port = random.randrange(10_000, 32_000)
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as attempt:
                    attempt.bind((address, port))
            return port
        except OSError:
            continue


def facts():
    model = next((line.split(":", 1)[1].strip() for line in _read("/proc/cpuinfo").splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = next((int(line.split()[1]) for line in _read("/proc/meminfo").splitlines()
                   if line.startswith("MemTotal:")), 0)
    return {"processors": os.cpu_count(), "model": model, "memory_gib": round(memory / 1024 ** 2),
            "kernel": platform.release(), "load_average": _read("/proc/loadavg").split()[:3]}
