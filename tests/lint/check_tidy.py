#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the sources that changed since the parent commit with clang-tidy, by the rules of .clang-tidy.

Includes changes that are not committed. Checks nothing where git knows no parent commit.

Usage: check_tidy.py [--all]    --all: every source (takes minutes)
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

TOOL = "clang-tidy-14"  # another version has other rules; `make deps` installs this one
FLAGS = ["-std=c++20", "-Iinclude", "-isystem", "/usr/share/include/llhttp", "-DLLHTTP_STRICT_MODE=1",
         '-DINLET53_VERSION="0"']


def git(root, *arguments):
    """The lines that git prints; none where git fails: without a repository or a parent commit."""
    run = subprocess.run(["git", "-C", root, *arguments], text=True, capture_output=True)
    return run.stdout.splitlines() if run.returncode == 0 else []


def sources_of(root, name):
    """The sources to check for a changed file: itself; of a header the source of its name, or one that includes it."""
    path = pathlib.PurePosixPath(name)
    if path.suffix == ".cpp":
        return [name] if (root / name).is_file() else []
    if path.suffix != ".h" or not (root / name).is_file():
        return []
    folder = pathlib.PurePosixPath("src", *path.parts[2:-1]) if path.parts[0] == "include" else path.parent
    own = folder / f"{path.stem}.cpp"
    if (root / own).is_file():
        return [str(own)]
    included = f'#include "{path.relative_to("include") if path.parts[0] == "include" else path.name}"'
    return [source for source in all_sources(root) if included in (root / source).read_text()][:1]


def changed_sources(root):
    """The sources that differ from the parent commit, and new ones that git does not track yet."""
    names = [*git(root, "diff", "--name-only", "--relative", "HEAD^", "--", "src", "include"),
             *git(root, "ls-files", "--others", "--exclude-standard", "--", "src", "include")]
    return sorted({source for name in names for source in sources_of(root, name)})


def all_sources(root):
    return sorted(path.relative_to(root).as_posix() for path in root.glob("src/**/*.cpp"))


def findings(root, source):
    """What clang-tidy says of a source; empty when it finds nothing."""
    run = subprocess.run([TOOL, "--quiet", source, "--", *FLAGS], cwd=root, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return "" if run.returncode == 0 else run.stdout or run.stderr


def check(root, sources):
    """The findings of each source that has some."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [text for text in pool.map(lambda source: findings(root, source), sources) if text]


def main():
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    sources = all_sources(root) if "--all" in sys.argv[1:] else changed_sources(root)
    faults = check(root, sources)
    print("\n".join(faults) if faults else f"clang-tidy finds nothing in {len(sources)} sources")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
