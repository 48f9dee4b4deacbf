#!/usr/bin/env python3
"""Checks that the house stands as its plan says. Prints each fault as FILE:LINE: what; exit 1 if any.

Usage: check_house.py [ROOT]
"""

import fnmatch
import pathlib
import re
import sys

import house

MAX_LINES = 500
# Written so that it does not find itself.
UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b|\bplace[h]older\b", re.IGNORECASE)
FILE_NAME = re.compile(r"[a-z0-9_]+\.(h|cpp)")
STANDARD_CPP = re.compile(r"[a-z_]+")
MESON_TARGET = re.compile(
    r"(?P<kind>static_library|declare_dependency|executable)\s*\(\s*(?:'(?P<name>[^']+)')?"
    r"(?P<rest>[^()]*(?:\([^()]*\)[^()]*)*)\)", re.DOTALL)
MESON_DEPENDENCIES = re.compile(r"dependencies\s*:\s*\[([^\]]*)\]", re.DOTALL)
README_ROW = re.compile(r"^\|\s*(\d)\s*\|\s*([a-z]+)\b[^|]*\|[^|]*\|([^|]*)\|", re.MULTILINE)


def check_table(table):
    """The plan itself: every edge goes down, and the rooms form no cycle."""
    for room, row in table.rooms.items():
        for other in row["may_include"]:
            if other == house.EVERYTHING:
                continue
            if other not in table.rooms:
                yield f"rooms.toml: {room} may include {other}, which is no room"
            elif table.rooms[other]["floor"] > row["floor"]:
                yield f"rooms.toml: {room} may include {other}, which is on a higher floor"
    cycle = house.find_cycle({room: {o for o in row["may_include"] if o in table.rooms}
                              for room, row in table.rooms.items()})
    if cycle:
        yield f"rooms.toml: rooms in a cycle: {' -> '.join(cycle)}"


def check_readme(table, readme):
    """The map of the house tells the same rows."""
    rows = {name: (int(floor), set(re.findall(r"[a-z]+", may)))
            for floor, name, may in README_ROW.findall(readme)}
    for room, row in table.rooms.items():
        if rows.get(room) != (row["floor"], set(row["may_include"])):
            yield f"src/README.md: the row of {room} differs from tests/lint/rooms.toml"
    for room in rows.keys() - table.rooms.keys():
        yield f"src/README.md: {room} has no row in tests/lint/rooms.toml"


def is_system_header(table, name):
    return bool(STANDARD_CPP.fullmatch(name)) or any(name.startswith(h) for h in table.system)


def check_third_party(table, file, include):
    """<…>: the standard library, the C library, or a library in one of its own places."""
    if is_system_header(table, include.name):
        return
    if file.room is None and any(include.name.startswith(h) for h in table.third_party_of_tests):
        return
    row = next((r for r in table.third_party if include.name.startswith(r["header"])), None)
    if row is None:
        yield f"<{include.name}> is in no row of tests/lint/rooms.toml"
    elif not any(file.path.startswith(place) for place in row["allowed"]):
        yield f"<{include.name}> belongs to {', '.join(row['allowed'])} only"


def check_quoted(table, file, include, files):
    """"…": a public header of an allowed room, or a private header beside the file."""
    target = house.resolve(file, include, files)
    if target is None:
        yield f'"{include.name}" is neither a public header nor a file beside this one'
        return
    if file.room is None:
        return
    if ".." in include.name.split("/"):
        yield f'"{include.name}" leaves its folder'
    room = files[target].room
    if room is None or room not in table.rooms or file.room not in table.rooms:
        return  # said by check_place
    if not table.may_include(file.room, room):
        yield f"{file.room} may not include {room} ({include.name})"
    elif file.program and room in table.programs.get(file.program, {}).get("never", []):
        yield f"{file.program} may not contain {room} ({include.name})"


def check_includes(table, files):
    for file in files.values():
        for include in file.includes:
            faults = (check_third_party(table, file, include) if include.system
                      else check_quoted(table, file, include, files))
            for fault in faults:
                yield f"{file.path}:{include.line}: {fault}"


def check_cycles(files):
    """Between files, and between rooms by what they really include."""
    file_edges, room_edges = {}, {}
    for file in files.values():
        targets = {house.resolve(file, i, files) for i in file.includes if not i.system} - {None}
        file_edges[file.path] = targets
        if file.room:
            rooms = {files[t].room for t in targets} - {None, file.room}
            room_edges.setdefault(file.room, set()).update(rooms)
    for what, edges in (("files", file_edges), ("rooms", room_edges)):
        cycle = house.find_cycle(edges)
        if cycle:
            yield f"{cycle[0]}: {what} in a cycle: {' -> '.join(cycle)}"


def own_header(file, files):
    """The header of a source's own name, public or beside it."""
    folder, _, name = file.path.rpartition("/")
    stem = name.removesuffix(".cpp")
    candidates = (f"include/inlet53/{file.room}/{stem}.h", f"{folder}/{stem}.h")
    return next((c for c in candidates if c in files), None)


def shared_header(table, file):
    return next((header for pattern, header in table.shared_headers.items()
                 if fnmatch.fnmatchcase(file.path, pattern)), None)


def check_unit(table, file, files):
    """A unit is one header with one source of the same name, which includes it first."""
    included = [house.resolve(file, i, files) for i in file.includes]
    own, shared = own_header(file, files), shared_header(table, file)
    if own and included[:1] != [own]:
        yield f"{file.path}:1: its own header, {own}, is not included first"
    elif not own and shared is None:
        yield f"{file.path}:1: a source without a header of the same name"
    elif not own and shared not in included:
        yield f"{file.path}:1: the header that it shares, {shared}, is not included"


def check_units(table, files):
    for file in files.values():
        if file.is_header and "#pragma once" not in file.text:
            yield f"{file.path}:1: no #pragma once"
        is_main = file.room == "app" and file.path.endswith("/main.cpp")
        if not file.is_header and file.room and not is_main:
            yield from check_unit(table, file, files)


def check_place(table, files):
    for file in files.values():
        if not FILE_NAME.fullmatch(file.path.rpartition("/")[2]):
            yield f"{file.path}:1: a file's name is lower_snake.h or .cpp"
        if file.path.startswith(("src/", "include/")) and file.room not in table.rooms:
            yield f"{file.path}:1: {file.room or 'this folder'} is no room of the house"
        if file.room == "app" and file.program not in table.programs:
            yield f"{file.path}:1: {file.program or 'this folder'} is no program of the house"


def check_text(files):
    for file in files.values():
        lines = file.text.splitlines()
        for number, line in enumerate(lines, 1):
            found = UNFINISHED.search(line)
            if found:
                yield f"{file.path}:{number}: unfinished: {found.group(0)}"
        if file.room and len(lines) > MAX_LINES:
            yield f"{file.path}:{len(lines)}: over {MAX_LINES} lines: does it own too much?"


def check_meson_target(table, path, room, target):
    library = {r["meson"]: r for r in table.third_party if "meson" in r}
    program = target["name"] if target["kind"] == "executable" else None
    never = table.programs.get(program, {}).get("never", [])
    for dependencies in MESON_DEPENDENCIES.findall(target["rest"]):
        for name in re.findall(r"\w+", dependencies):
            other = name.removesuffix("_dep")
            if name in library:
                places = library[name]["allowed"]
                if not any(p.startswith((f"src/{room}/", f"include/inlet53/{room}/"))
                           for p in places):
                    yield f"{path}: {name} does not belong to {room}"
            elif other in table.rooms and not table.may_include(room, other):
                yield f"{path}: {room} may not link {other}"
            elif other in never:
                yield f"{path}: {program} may not link {other}"


def check_build_files(table, root):
    """The linker is told the same: a room's library names only the rooms of its row."""
    for build_file in sorted((root / "src").glob("*/**/meson.build")):
        path = build_file.relative_to(root).as_posix()
        room = path.split("/")[1]
        if room not in table.rooms:
            yield f"{path}: {room} is no room of the house"
            continue
        for target in MESON_TARGET.finditer(build_file.read_text()):
            yield from check_meson_target(table, path, room, target.groupdict())


def check_tests_run(root):
    """Each file of tests is named by the build file beside it: one that is not would never run."""
    kinds = [("unit/*/*_test.cpp", "{name}"), ("integration/test_*.py", "{part}"), ("fuzz/*_fuzz.cpp", "{part}")]
    for pattern, form in kinds:
        for file in sorted((root / "tests").glob(pattern)):
            build_file = file.parent / "meson.build"
            part = file.stem.removeprefix("test_").removesuffix("_fuzz")
            wanted = form.format(name=file.name, part=part)
            if not build_file.is_file() or f"'{wanted}'" not in build_file.read_text():
                yield f"{file.relative_to(root).as_posix()}: no test of the build runs it"


def check(root, table):
    files = house.read_files(root)
    readme = root / "src/README.md"
    yield from check_table(table)
    yield from check_readme(table, readme.read_text() if readme.is_file() else "")
    yield from check_place(table, files)
    yield from check_includes(table, files)
    yield from check_cycles(files)
    yield from check_units(table, files)
    yield from check_text(files)
    yield from check_build_files(table, root)
    yield from check_tests_run(root)


def main():
    here = pathlib.Path(__file__).resolve().parent
    root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else here.parent.parent
    faults = list(check(root, house.read_table(here / "rooms.toml")))
    print("\n".join(faults) if faults else "the house stands as planned")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
