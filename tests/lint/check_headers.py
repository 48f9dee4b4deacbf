#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles each public header on its own, so that a source can include it first.

Usage: check_headers.py COMPILER…    (the C++ compiler in meson's notation)
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", "c++"]


def compile_alone(compiler, include, header):
    """Returns the compiler's errors, or an empty text. Includes the header twice to check its guard."""
    name = header.relative_to(include).as_posix()
    run = subprocess.run([*compiler, *FLAGS, "-I", str(include), "-"], text=True,
                         input=f'#include "{name}"\n#include "{name}"\n', capture_output=True)
    return "" if run.returncode == 0 else f"{name} does not compile alone:\n{run.stderr}"


def check(include, compiler):
    """Returns the faults of every header below the directory `include`."""
    headers = sorted(include.rglob("*.h"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [f for f in pool.map(lambda h: compile_alone(compiler, include, h), headers) if f]


def main():
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    faults = check(root / "include", sys.argv[1:] or ["c++"])
    print("\n".join(faults) if faults else "each header compiles on its own")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
