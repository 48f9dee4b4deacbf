# SPDX-License-Identifier: Apache-2.0
"""Reads the table of modules and layers, the C++ files of the project, and their includes."""

import dataclasses
import pathlib
import re
import tomllib

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
EVERYTHING = "everything"


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    name: str
    system: bool  # <…>, else "…"


@dataclasses.dataclass
class File:
    path: str  # relative to the project's root, with slashes
    text: str
    includes: list[Include]

    @property
    def is_header(self) -> bool:
        return self.path.endswith(".h")

    @property
    def module(self) -> str | None:
        """Returns the module of the file; None for tests and benches."""
        parts = self.path.split("/")
        if parts[:2] == ["include", "inlet53"] and len(parts) > 3:
            return parts[2]
        if parts[0] == "src" and len(parts) > 2:
            return parts[1]
        return None

    @property
    def program(self) -> str | None:
        """Returns the program's directory below app; None for other files."""
        parts = self.path.split("/")
        return parts[2] if parts[:2] == ["src", "app"] and len(parts) > 3 else None


@dataclasses.dataclass
class Table:
    modules: dict[str, dict]
    programs: dict[str, dict]
    third_party: list[dict]
    shared_headers: dict[str, str]  # pattern of sources -> their header
    third_party_of_tests: list[str]
    system: list[str]

    def may_include(self, module: str, other: str) -> bool:
        if other == module:
            return True
        allowed = self.modules[module]["may_include"]
        return other in allowed or EVERYTHING in allowed


def read_table(path: pathlib.Path) -> Table:
    data = tomllib.loads(path.read_text())
    return Table(data["modules"], data["programs"], data["third_party"],
                 data["shared_headers"], data["third_party_of_tests"]["headers"], data["system"]["headers"])


def parse_includes(text: str) -> list[Include]:
    return [Include(text.count("\n", 0, m.start(2)) + 1, m.group(2), m.group(1) == "<")
            for m in INCLUDE.finditer(text)]


def read_files(root: pathlib.Path) -> dict[str, File]:
    """Returns every C++ file of the project by its path."""
    files = {}
    for top in ("include", "src", "tests", "bench"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cpp") or not path.is_file():
                continue
            name = path.relative_to(root).as_posix()
            text = path.read_text(encoding="utf-8", errors="replace")
            files[name] = File(name, text, parse_includes(text))
    return files


def resolve(file: File, include: Include, files: dict[str, File]) -> str | None:
    """Returns the project's file that a quoted include names: public, or beside the including file.

    Tests and benches may also include `tests/` and private headers of modules. None: no file of the project.
    """
    folder = file.path.rpartition("/")[0]
    candidates = [f"include/{include.name}", f"{folder}/{include.name}"]
    if file.module is None:
        module = folder.removeprefix("tests/unit/")
        candidates += [f"{place}/{include.name}" for place in ("tests", "src", f"src/{module}")]
    for candidate in candidates:
        if candidate in files:
            return candidate
    return None


def find_cycle(edges: dict[str, set[str]]) -> list[str] | None:
    """Returns one cycle of a graph as a closed walk, or None."""
    done: set[str] = set()
    for start in sorted(edges):
        walk: list[str] = []
        stack = [(start, iter(sorted(edges.get(start, ()))))]
        if start in done:
            continue
        walk.append(start)
        while stack:
            node, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                done.add(node)
                stack.pop()
                walk.pop()
            elif target in walk:
                return walk[walk.index(target):] + [target]
            elif target not in done:
                walk.append(target)
                stack.append((target, iter(sorted(edges.get(target, ())))))
    return None
