# SPDX-License-Identifier: Apache-2.0
"""Commands that start a program with fewer rights than the tests have, and handlers that try to access private
data."""

import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
from pathlib import Path

USER = 65533  # no other process has it

# Drops the capability like `setpriv`; exec follows.
AS_USER = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")

def without(capability):
    """Returns a command that executes the rest of the command line without a capability, like root of a container."""
    return ("setpriv", f"--bounding-set=-{capability}")


# Denies unshare(2), like a container's seccomp profile, and executes the rest of the command line.
NO_NAMESPACES = (sys.executable, __file__)

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
UNSHARE = {"x86_64": 272, "aarch64": 97}
EPERM = 1


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jump_true", ctypes.c_ubyte), ("jump_false", ctypes.c_ubyte),
                ("operand", ctypes.c_uint32)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(Instruction))]


def refuse_unshare():
    load, jump_if_equal, give = 0x20, 0x15, 0x06
    code = (Instruction * 4)(Instruction(load, 0, 0, 0),
                             Instruction(jump_if_equal, 0, 1, UNSHARE[os.uname().machine]),
                             Instruction(give, 0, 0, 0x00050000 | EPERM), Instruction(give, 0, 0, 0x7FFF0000))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    assert libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Program(len(code), code))) == 0


@contextlib.contextmanager
def folder_of(user=USER):
    """Returns a directory of another user, because pytest's directories deny access to other users."""
    folder = Path(tempfile.mkdtemp(prefix="inlet53-", dir="/var/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def give(folder, user=USER):
    """Makes the user the owner of everything in a directory."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user)


# A handler that does what the event requests: `read` returns parts of files, `say` its Runtime API's address.
PROBE = """
import json, os

def attempt(path):
    try:
        with open(path, "rb") as file:
            return file.read(1000).decode("latin-1")
    except OSError:
        return None

def handler(event, context):
    daemon = f"/proc/{os.getppid()}"
    asked = json.loads(event["body"])
    paths = [path.replace("DAEMON", daemon) for path in asked["read"]]
    return {"body": json.dumps({"api": os.environ["AWS_LAMBDA_RUNTIME_API"], "uid": os.getuid(),
                                "read": [attempt(path) for path in paths]})}
"""

# A handler that gives its parent process children, which end at once.
CHILDREN = """
import ctypes, json, os, signal

CLONE, CLONE_PARENT = {"x86_64": 56, "aarch64": 220}[os.uname().machine], 0x8000
libc = ctypes.CDLL(None)

def make_child():
    number = libc.syscall(CLONE, CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
    if number == 0:
        libc._exit(0)
    return number

def handler(event, context):
    return {"body": json.dumps([make_child() for _ in range(20)])}
"""

if __name__ == "__main__":
    refuse_unshare()
    os.execvp(sys.argv[1], sys.argv[1:])
