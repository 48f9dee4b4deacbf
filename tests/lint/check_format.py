#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the format of every C++ file with .clang-format and its version of clang-format.

Usage: check_format.py [--fix]
"""

import pathlib
import subprocess
import sys

import layers

TOOL = "clang-format-14"  # other versions break lines differently; `make deps` installs this one


def run(root, mode):
    """Returns 0 if every C++ file below `root` has the format of its .clang-format, or was formatted by -i."""
    try:
        return subprocess.run([TOOL, *mode, "--style=file", *sorted(layers.read_files(root))],
                              cwd=root).returncode
    except FileNotFoundError:
        print(f"{TOOL} is not installed: make deps", file=sys.stderr)
        return 1


def main():
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    return run(root, ["-i"] if "--fix" in sys.argv[1:] else ["--dry-run", "-Werror"])


if __name__ == "__main__":
    sys.exit(main())
