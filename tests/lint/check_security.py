#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that each statement of SECURITY.md names a test, each named test exists, and each named setting is in
conf/inlet53.toml. Prints each fault as FILE:LINE: fault; exit code 1 if there is one.

A statement is a list item or a row of a table. Tests have the form `integration/test_x.py::test_y`,
`unit/net/x_test.cpp::Suite.Name` or `lint/x.py::Class.test_y`, relative to tests/. Settings have the form
`[section] key`.

Usage: check_security.py [ROOT]
"""

import pathlib
import re
import sys
import tomllib

PAGE = "SECURITY.md"
# Tests cannot check the statements of these sections.
WITHOUT_TESTS = {"Reporting a fault", "Trust"}
MAX_LINES = 160  # about two pages

TEST = re.compile(r"`((?:unit|integration|lint)/[\w/.-]+?\.(?:py|cpp))::([\w./]+)`")
SETTING = re.compile(r"`\[(\w+)\] (\w+)(?: = [^`]*)?`")
STATEMENT = re.compile(r"- |\| (?!-)")


def has_test(file, name):
    """Returns whether a file defines a test: `test_x`, `Class.test_x`, or `Suite.Name` of GoogleTest."""
    text = file.read_text()
    if file.suffix == ".py":
        return all(re.search(rf"^\s*(?:def|class) {part}\b", text, re.MULTILINE) for part in name.split("."))
    suite, _, case = name.partition(".")
    return bool(re.search(rf"\bTEST(?:_[FP])?\(\s*{re.escape(suite)},\s*{re.escape(case)}\s*\)", text))


def statements(text):
    """Returns (line, section, text) of each list item and each row of a table, including continued lines."""
    section, found, table_head = "", [], False
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            section, table_head = line.lstrip("# "), False
        elif line.startswith("|"):
            is_head = number < len(lines) and lines[number].startswith("|--")
            if not is_head and not line.startswith("|--"):
                found.append([number, section, line])
        elif line.startswith("- "):
            found.append([number, section, line])
        elif line.startswith("  ") and found:
            found[-1][2] += line
    return found


def read_settings(root):
    return tomllib.loads((root / "conf/inlet53.toml").read_text())


def check(root, settings):
    page = root / PAGE
    if not page.is_file():
        yield f"{PAGE}: is missing"
        return
    text = page.read_text()
    if len(text.splitlines()) > MAX_LINES:
        yield f"{PAGE}:{len(text.splitlines())}: over {MAX_LINES} lines: shorten it to two pages"
    for number, section, statement in statements(text):
        if section not in WITHOUT_TESTS and not TEST.search(statement):
            yield f"{PAGE}:{number}: this statement names no test: {statement.strip()[:60]}"
    for number, line in enumerate(text.splitlines(), 1):
        for name, test in TEST.findall(line):
            file = root / "tests" / name
            if not file.is_file():
                yield f"{PAGE}:{number}: tests/{name} does not exist"
            elif not has_test(file, test):
                yield f"{PAGE}:{number}: tests/{name} has no test {test}"
        for section, key in SETTING.findall(line):
            if key not in settings.get(section, {}):
                yield f"{PAGE}:{number}: conf/inlet53.toml has no {key} in [{section}]"


def main():
    here = pathlib.Path(__file__).resolve().parent
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else here.parent.parent
    faults = list(check(root, read_settings(root)))
    print("\n".join(faults) if faults else f"each statement of {PAGE} names its test")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
