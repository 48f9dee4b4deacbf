# SPDX-License-Identifier: Apache-2.0
"""Writes a C++ source with the contents of files: for each NAME=FILE a `const std::string_view NAME`.

Usage: embed_text.py HEADER NAMESPACE OUTPUT NAME=FILE…
"""

import pathlib
import sys


def literal(text):
    """Returns one literal for each line, because compilers limit the length of a literal."""
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    return '\n    "' + '\\n"\n    "'.join(escaped) + '"'


def main():
    header, namespace, output, *texts = sys.argv[1:]
    parts = [f'#include "{header}"\n\nnamespace {namespace} {{\n']
    for text in texts:
        name, _, file = text.partition("=")
        content = pathlib.Path(file).read_text(encoding="utf-8")
        parts.append(f"const std::string_view {name} ={literal(content)};\n")
    parts.append(f"}}  // namespace {namespace}\n")
    pathlib.Path(output).write_text("\n".join(parts), encoding="utf-8")


main()
