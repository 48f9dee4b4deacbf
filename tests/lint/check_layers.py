#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks modules, layers and files against layers.toml. Prints each fault as FILE:LINE: fault; exit 1 if any.

Usage: check_layers.py [ROOT]
"""

import fnmatch
import pathlib
import re
import sys

import layers

MAX_LINES = 450
# Written so that it does not match its own line.
UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b|\bplace[h]older\b", re.IGNORECASE)
FILE_NAME = re.compile(r"[a-z0-9_]+\.(h|cpp)")
STANDARD_CPP = re.compile(r"[a-z_]+")
MESON_TARGET = re.compile(
    r"(?P<kind>static_library|declare_dependency|executable)\s*\(\s*(?:'(?P<name>[^']+)')?"
    r"(?P<rest>[^()]*(?:\([^()]*\)[^()]*)*)\)", re.DOTALL)
MESON_DEPENDENCIES = re.compile(r"dependencies\s*:\s*\[([^\]]*)\]", re.DOTALL)
README_ROW = re.compile(r"^\|\s*(\d)\s*\|\s*([a-z]+)\b[^|]*\|[^|]*\|([^|]*)\|", re.MULTILINE)


def check_table(table):
    """Checks the table: no edge to a higher layer, and no cycle of modules."""
    for module, row in table.modules.items():
        for other in row["may_include"]:
            if other == layers.EVERYTHING:
                continue
            if other not in table.modules:
                yield f"layers.toml: {module} may include {other}, which is not a module"
            elif table.modules[other]["layer"] > row["layer"]:
                yield f"layers.toml: {module} may include {other}, which is on a higher layer"
    cycle = layers.find_cycle({module: {o for o in row["may_include"] if o in table.modules}
                              for module, row in table.modules.items()})
    if cycle:
        yield f"layers.toml: modules in a cycle: {' -> '.join(cycle)}"


def check_directories(table, root):
    """Checks that each module of the table has a directory below src."""
    for module in table.modules:
        if not (root / "src" / module).is_dir():
            yield f"layers.toml: the directory src/{module} does not exist"


def check_readme(table, readme):
    """Checks that the table in src/README.md has the same modules, layers and edges."""
    rows = {name: (int(layer), set(re.findall(r"[a-z]+", may)))
            for layer, name, may in README_ROW.findall(readme)}
    for module, row in table.modules.items():
        if rows.get(module) != (row["layer"], set(row["may_include"])):
            yield f"src/README.md: the row of {module} differs from tests/lint/layers.toml"
    for module in rows.keys() - table.modules.keys():
        yield f"src/README.md: {module} has no row in tests/lint/layers.toml"


def check_named_units(table, root, readme):
    """Checks that each unit that src/README.md names, as `module/unit`, exists."""
    for name in sorted(set(re.findall(r"`([a-z0-9_]+/[a-z0-9_/]+)`", readme))):
        if name.split("/")[0] not in table.modules:
            continue
        places = (f"src/{name}.cpp", f"src/{name}.h", f"include/inlet53/{name}.h", f"src/{name}")
        if not any((root / place).exists() for place in places):
            yield f"src/README.md: the unit {name} does not exist"


def is_system_header(table, name):
    return bool(STANDARD_CPP.fullmatch(name)) or any(name.startswith(h) for h in table.system)


def check_third_party(table, file, include):
    """Checks <…>: the standard library, the C library, or a library in one of its permitted places."""
    if is_system_header(table, include.name):
        return
    if file.module is None and any(include.name.startswith(h) for h in table.third_party_of_tests):
        return
    row = next((r for r in table.third_party if include.name.startswith(r["header"])), None)
    if row is None:
        yield f"<{include.name}> has no row in tests/lint/layers.toml"
    elif not any(file.path.startswith(place) for place in row["allowed"]):
        yield f"<{include.name}> is permitted in {', '.join(row['allowed'])} only"


def check_quoted(table, file, include, files):
    """Checks "…": a public header of a permitted module, or a private header beside the file."""
    target = layers.resolve(file, include, files)
    if target is None:
        yield f'"{include.name}" is neither a public header nor a file beside this one'
        return
    if file.module is None:
        return
    if ".." in include.name.split("/"):
        yield f'"{include.name}" is outside of its directory'
    module = files[target].module
    if module is None or module not in table.modules or file.module not in table.modules:
        return  # check_place reports it
    if not table.may_include(file.module, module):
        yield f"{file.module} may not include {module} ({include.name})"
    elif file.program and module in table.programs.get(file.program, {}).get("never", []):
        yield f"{file.program} may not contain {module} ({include.name})"


def check_includes(table, files):
    for file in files.values():
        for include in file.includes:
            faults = (check_third_party(table, file, include) if include.system
                      else check_quoted(table, file, include, files))
            for fault in faults:
                yield f"{file.path}:{include.line}: {fault}"


def check_cycles(files):
    """Checks for cycles between files, and between modules by their actual includes."""
    file_edges, module_edges = {}, {}
    for file in files.values():
        targets = {layers.resolve(file, i, files) for i in file.includes if not i.system} - {None}
        file_edges[file.path] = targets
        if file.module:
            modules = {files[t].module for t in targets} - {None, file.module}
            module_edges.setdefault(file.module, set()).update(modules)
    for what, edges in (("files", file_edges), ("modules", module_edges)):
        cycle = layers.find_cycle(edges)
        if cycle:
            yield f"{cycle[0]}: {what} in a cycle: {' -> '.join(cycle)}"


def own_header(file, files):
    """Returns the header with the name of a source, public or beside it."""
    folder, _, name = file.path.rpartition("/")
    stem = name.removesuffix(".cpp")
    candidates = (f"include/inlet53/{file.module}/{stem}.h", f"{folder}/{stem}.h")
    return next((c for c in candidates if c in files), None)


def shared_header(table, file):
    return next((header for pattern, header in table.shared_headers.items()
                 if fnmatch.fnmatchcase(file.path, pattern)), None)


def check_unit(table, file, files):
    """Checks that a unit is one header with one source of the same name, which includes it first."""
    included = [layers.resolve(file, i, files) for i in file.includes]
    own, shared = own_header(file, files), shared_header(table, file)
    if own and included[:1] != [own]:
        yield f"{file.path}:1: the first include is not its own header, {own}"
    elif not own and shared is None:
        yield f"{file.path}:1: the source has no header of the same name"
    elif not own and shared not in included:
        yield f"{file.path}:1: the source does not include its shared header, {shared}"


def check_units(table, files):
    for file in files.values():
        if file.is_header and "#pragma once" not in file.text:
            yield f"{file.path}:1: #pragma once is missing"
        is_main = file.module == "app" and file.path.endswith("/main.cpp")
        if not file.is_header and file.module and not is_main:
            yield from check_unit(table, file, files)


def check_place(table, files):
    for file in files.values():
        if not FILE_NAME.fullmatch(file.path.rpartition("/")[2]):
            yield f"{file.path}:1: the name of a file must be lower_snake.h or .cpp"
        if file.path.startswith(("src/", "include/")) and file.module not in table.modules:
            yield f"{file.path}:1: {file.module or 'this directory'} is not a module of layers.toml"
        if file.module == "app" and file.program not in table.programs:
            yield f"{file.path}:1: {file.program or 'this directory'} is not a program of layers.toml"


def check_text(files):
    for file in files.values():
        lines = file.text.splitlines()
        for number, line in enumerate(lines, 1):
            found = UNFINISHED.search(line)
            if found:
                yield f"{file.path}:{number}: unfinished: {found.group(0)}"
        if file.module and len(lines) > MAX_LINES:
            yield f"{file.path}:{len(lines)}: over {MAX_LINES} lines: divide it"


def check_meson_target(table, path, module, target):
    library = {r["meson"]: r for r in table.third_party if "meson" in r}
    program = target["name"] if target["kind"] == "executable" else None
    never = table.programs.get(program, {}).get("never", [])
    for dependencies in MESON_DEPENDENCIES.findall(target["rest"]):
        for name in re.findall(r"\w+", dependencies):
            other = name.removesuffix("_dep")
            if name in library:
                places = library[name]["allowed"]
                if not any(p.startswith((f"src/{module}/", f"include/inlet53/{module}/"))
                           for p in places):
                    yield f"{path}: {module} may not use {name}"
            elif other in table.modules and not table.may_include(module, other):
                yield f"{path}: {module} may not link {other}"
            elif other in never:
                yield f"{path}: {program} may not link {other}"


def check_build_files(table, root):
    """Checks that a module's library links only the modules of its row."""
    for build_file in sorted((root / "src").glob("*/**/meson.build")):
        path = build_file.relative_to(root).as_posix()
        module = path.split("/")[1]
        if module not in table.modules:
            yield f"{path}: {module} is not a module of layers.toml"
            continue
        for target in MESON_TARGET.finditer(build_file.read_text()):
            yield from check_meson_target(table, path, module, target.groupdict())


def check_tests_run(root):
    """Checks that the build file beside each test names it; otherwise it would never run."""
    kinds = [("unit/*/*_test.cpp", "{name}"), ("integration/test_*.py", "{part}"), ("fuzz/*_fuzz.cpp", "{part}")]
    for pattern, form in kinds:
        for file in sorted((root / "tests").glob(pattern)):
            build_file = file.parent / "meson.build"
            part = file.stem.removeprefix("test_").removesuffix("_fuzz")
            wanted = form.format(name=file.name, part=part)
            if not build_file.is_file() or f"'{wanted}'" not in build_file.read_text():
                yield f"{file.relative_to(root).as_posix()}: no build file names this test"


def check(root, table):
    files = layers.read_files(root)
    readme = root / "src/README.md"
    yield from check_table(table)
    yield from check_directories(table, root)
    text = readme.read_text() if readme.is_file() else ""
    yield from check_readme(table, text)
    yield from check_named_units(table, root, text)
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
    faults = list(check(root, layers.read_table(here / "layers.toml")))
    print("\n".join(faults) if faults else "modules and layers agree with layers.toml")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
