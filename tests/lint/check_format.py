#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every C++ file is formatted as .clang-format says, with the version it is written for.

Usage: check_format.py [--fix]
"""

import pathlib
import subprocess
import sys

import layers

TOOL = "clang-format-14"  # another version breaks lines elsewhere; `make deps` installs this one


def run(root, mode):
    """0 when every C++ file below `root` is as its .clang-format says, or was made so by -i."""
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
