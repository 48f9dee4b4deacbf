# SPDX-License-Identifier: Apache-2.0
"""CPU time, memory, pinning, and facts of the machine, from the kernel."""

import os
import platform
import random
import socket
import time
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat after the name: user and system time of reaped children, and of the process.
UTIME, STIME, CHILDREN_UTIME, CHILDREN_STIME = 11, 12, 13, 14
# The clock id of another process for clock_gettime(2): its complement above three bits that select the clock.
PROCESS_CLOCK = 2


def _read(path):
    """Reads a file of /proc; empty if its process has just ended."""
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
    """Returns the processes and all their descendants."""
    found, waiting = [], list(pids)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        for task in _tasks(pid):
            waiting += [int(child) for child in _read(f"/proc/{pid}/task/{task}/children").split()]
    return found


def thread_ns(pids):
    """Returns the CPU time of each thread of the processes and their descendants: {thread id: ns}."""
    threads = {}
    for pid in process_tree(pids):
        for task in _tasks(pid):
            fields = _read(f"/proc/{pid}/task/{task}/schedstat").split()
            if fields:
                threads[int(task)] = int(fields[0])
    return threads


def cpu_ns(pids):
    """Returns the CPU time of the processes, their descendants, and the processes that those have reaped. The CPU
    clock of a process includes threads that have ended, which schedstat omits."""
    total = 0
    for pid in process_tree(pids):
        fields = _stat(pid)
        if fields:
            try:
                total += process_ns(pid)
            except OSError:  # it has just ended, like dnsmasq's children: its parent reaps its time
                continue
            total += (int(fields[CHILDREN_UTIME]) + int(fields[CHILDREN_STIME])) * TICK_NS
    return total


def process_ns(pid):
    """Returns the CPU time of one process, including ended threads, without child processes."""
    return time.clock_gettime_ns(~pid << 3 | PROCESS_CLOCK)


def stat_ns(pids):
    """Returns the same CPU time from /proc/PID/stat, in ticks, for comparison."""
    total = 0
    for pid in process_tree(pids):
        fields = _stat(pid)
        if fields:
            total += sum(int(fields[i]) for i in (UTIME, STIME, CHILDREN_UTIME, CHILDREN_STIME)) * TICK_NS
    return total


def memory_bytes(pids):
    """Returns the proportional set size, which counts shared memory once."""
    total = 0
    for pid in process_tree(pids):
        for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def peak_bytes(pids):
    """Returns the maximum resident set so far, of all processes together."""
    total = 0
    for pid in process_tree(pids):
        for line in _read(f"/proc/{pid}/status").splitlines():
            if line.startswith("VmHWM:"):
                total += int(line.split()[1]) * 1024
    return total


def resident_bytes(pids):
    """Returns the resident sets of these processes; shared memory counts for each process."""
    total = 0
    for pid in pids:
        fields = _read(f"/proc/{pid}/statm").split()
        if fields:
            total += int(fields[1]) * PAGE
    return total


def pin(pids, cpus):
    """Pins every thread, including those that have pinned themselves."""
    for pid in process_tree(pids):
        for task in _tasks(pid):
            try:
                os.sched_setaffinity(int(task), cpus)
            except ProcessLookupError:
                pass


def idle_ns(cpus):
    """Returns the idle time of the processors, including waiting for a disk."""
    total = 0
    for line in _read("/proc/stat").splitlines():
        name, *fields = line.split()
        if name in {f"cpu{cpu}" for cpu in cpus}:
            total += (int(fields[3]) + int(fields[4])) * TICK_NS
    return total


def now_ns():
    return time.monotonic_ns()


def free_port(address):
    """Returns a port below the ephemeral ports that is free over UDP and TCP."""
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
