# SPDX-License-Identifier: Apache-2.0
"""Reads callgrind's output: the number of instructions of each source file, including inlined code."""

import collections
import re
import tomllib
from pathlib import Path

MODULES = tomllib.loads((Path(__file__).resolve().parents[1] / "lint/layers.toml").read_text())["modules"]
NAME = re.compile(r"\((\d+)\)(?: (.*))?$")
MODULE = re.compile(r"(?:src|include/inlet53)/([a-z0-9]+)/[^/]*$")


class Names:
    """callgrind writes a name once, `(7) src/a.cpp`, and then only its number."""

    def __init__(self):
        self.known = {}

    def resolve(self, text):
        number, name = NAME.match(text).groups()
        if name is not None:
            self.known[number] = name
        return self.known[number]


def instructions_by_file(path):
    """Returns {source file: instructions}. Source: Valgrind's manual, "Callgrind Format Specification"."""
    costs = collections.Counter()
    files = Names()
    current = None
    of_a_call = False  # the line after `calls=` has the cost of the callee, which is counted there
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            key, found, value = line.rstrip("\n").partition("=")
            if found and key in ("fl", "fi", "fe"):
                current = files.resolve(value)
            elif found and key in ("cfi", "cfl"):
                files.resolve(value)
            elif found and key == "calls":
                of_a_call = True
            elif line[0] in "+-*0123456789":
                if not of_a_call:
                    costs[current] += int(line.split()[1])
                of_a_call = False
    return costs


def module_of(file):
    """Returns the module of a source file; `libraries` for files outside of the project."""
    match = MODULE.search(file)
    return match.group(1) if match and match.group(1) in MODULES else "libraries"


def instructions_by_module(path):
    modules = collections.Counter()
    for file, cost in instructions_by_file(path).items():
        modules[module_of(file)] += cost
    return modules
