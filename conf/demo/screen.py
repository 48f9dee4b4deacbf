# SPDX-License-Identifier: Apache-2.0
"""The demo's output: colour, widths, verdicts."""

import os
import sys

WIDTH = 98


class Style:
    """Colours on a terminal, unless NO_COLOR is set."""

    def __init__(self):
        self.on = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def __call__(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.on else text

    def bold(self, text):
        return self("1", text)

    def dim(self, text):
        return self("2", text)

    def good(self, text):
        return self("32", text)

    def bad(self, text):
        return self("31;1", text)


style = Style()


def shown(path):
    path = str(path)
    return os.path.relpath(path) if len(os.path.relpath(path)) < len(path) else path


def cut(text, width):
    return text if len(text) <= width else text[:width - 1] + "…"


def say_verdict(faults):
    for fault in faults:
        print(style.bad(f"   ✗ {fault}"))
    if not faults:
        print(style.good("   ✓ as expected"))
    return not faults
