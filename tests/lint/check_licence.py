#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every source and script names its licence in its first lines.

Usage: check_licence.py [--fix]    (--fix adds the missing lines)
"""

import pathlib
import sys

LINE = "SPDX-License-Identifier: Apache-2.0"
COMMENTS = {".cpp": "//", ".h": "//", ".js": "//", ".py": "#", ".ps1": "#", ".sh": "#"}
NAMES = {"Makefile": "#", "meson.build": "#", "meson_options.txt": "#"}
FOLDERS = ("src", "include", "zones", "conf", "tests", "bench", ".ci")
HEAD = 3  # the line is one of the first lines; the first line of a script names its interpreter


def comment_of(file, text):
    """Returns the comment sign of the file; None for a file that is no source and no script."""
    if file.name in NAMES:
        return NAMES[file.name]
    return COMMENTS.get(file.suffix, "#" if not file.suffix and text.startswith("#!") else None)


def sources(root):
    """Yields every source and script of the project at `root` with its text and its comment sign."""
    files = [root / name for name in NAMES]
    for folder in FOLDERS:
        files += sorted((root / folder).rglob("*"))
    for file in files:
        if file.is_file() and (file.name in NAMES or file.suffix in COMMENTS or not file.suffix):
            text = file.read_text(encoding="utf-8", errors="replace")
            if comment := comment_of(file, text):
                yield file, text, comment


def has_line(text, comment):
    return f"{comment} {LINE}" in text.splitlines()[:HEAD]


def with_line(text, comment):
    """Returns the text with the line at its top, below the line that names an interpreter. An empty line separates it
    from a comment that describes the file."""
    first, rest = text.split("\n", 1) if text.startswith("#!") else ("", text)
    apart = "\n" if rest.startswith(comment) else ""
    return (first + "\n" if first else "") + f"{comment} {LINE}\n" + apart + rest


def check(root, fix=False):
    """Returns the faults of every source below `root`; `fix` corrects them instead."""
    for file, text, comment in sources(root):
        if has_line(text, comment):
            continue
        if fix:
            file.write_text(with_line(text, comment), encoding="utf-8")
        else:
            yield f"{file.relative_to(root)}:1: no line `{comment} {LINE}`: tests/lint/check_licence.py --fix"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    faults = list(check(root, "--fix" in sys.argv[1:]))
    print("\n".join(faults) if faults else "every source names its licence")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
