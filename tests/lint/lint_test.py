#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that the lint checks find faults: each test builds a small tree with one fault."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

import check_format
import check_headers
import check_layers
import check_licence
import check_security
import check_tidy
import layers

HERE = pathlib.Path(__file__).resolve().parent
TABLE = layers.read_table(HERE / "layers.toml")

# A correct unit in each of three modules, and a program.
SOUND = {
    "include/inlet53/base/text.h": "#pragma once\n#include <string>\n",
    "src/base/text.cpp": '#include "inlet53/base/text.h"\n#include <sys/stat.h>\n',
    "include/inlet53/dns/name.h": '#pragma once\n#include "inlet53/base/text.h"\n',
    "src/dns/name.cpp": '#include "inlet53/dns/name.h"\n\n#include <vector>\n',
    "src/zone/ldns.h": "#pragma once\n#include <stdbool.h>\n#include <ldns/ldns.h>\n",
    "include/inlet53/zone/zone_loader.h": '#pragma once\n#include "inlet53/dns/name.h"\n',
    "src/zone/zone_loader.cpp": '#include "inlet53/zone/zone_loader.h"\n#include "ldns.h"\n',
    "src/zone/meson.build": "zone_lib = static_library('z', s, include_directories: inc,\n"
                            "  dependencies: [base_dep, dns_dep, ldns_dep])\n",
    "src/app/inlet53d/main.cpp": '#include "inlet53/zone/zone_loader.h"\n#include <CLI/CLI.hpp>\n',
    "src/dns/wire.h": "#pragma once\n",
    "tests/unit/dns/name_test.cpp": '#include "wire.h"\n#include <gtest/gtest.h>\n',
    "tests/unit/dns/meson.build": "sources = files('name_test.cpp')\n",
    "src/topology/rules.h": "#pragma once\n",
    "src/topology/name_rules.cpp": '#include "rules.h"\n',
}


def readme_of(table):
    rows = [f"| {row['layer']} | {module} | holds | {' '.join(row['may_include']) or '–'} | – |"
            for module, row in table.modules.items()]
    return "\n".join(["| layer | module | holds | may include | third party |", "|---|---|---|---|---|",
                      *rows, ""])


def faults_of(changes, without=()):
    """Returns the faults of the correct tree with some files added or replaced, and without some directories."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for module in TABLE.modules:
            (root / "src" / module).mkdir(parents=True)
        for path, text in {**SOUND, "src/README.md": readme_of(TABLE), **changes}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        for module in without:
            shutil.rmtree(root / "src" / module)
        return list(check_layers.check(root, TABLE))


class LayersLint(unittest.TestCase):
    def assert_fault(self, changes, *parts):
        faults = faults_of(changes)
        self.assertEqual(len(faults), 1, faults)
        for part in parts:
            self.assertIn(part, faults[0])

    def test_accepts_a_correct_tree(self):
        self.assertEqual(faults_of({}), [])

    def test_refuses_an_edge_that_goes_up(self):
        self.assert_fault(
            {"include/inlet53/dns/types.h": '#pragma once\n#include "inlet53/zone/zone_loader.h"\n',
             "include/inlet53/zone/zone_loader.h": "#pragma once\n"},
            "include/inlet53/dns/types.h:2", "dns may not include zone")

    def test_refuses_an_edge_between_neighbours(self):
        self.assert_fault(
            {"include/inlet53/net/loop.h": '#pragma once\n#include "inlet53/dns/name.h"\n'},
            "net may not include dns")

    def test_refuses_a_cycle_of_files(self):
        self.assert_fault(
            {"include/inlet53/dns/a.h": '#pragma once\n#include "inlet53/dns/b.h"\n',
             "include/inlet53/dns/b.h": '#pragma once\n#include "inlet53/dns/a.h"\n'},
            "files in a cycle", "dns/a.h -> include/inlet53/dns/b.h -> include/inlet53/dns/a.h")

    def test_refuses_a_cycle_of_modules(self):
        # The reverse edge is forbidden as well, so there are two faults.
        faults = faults_of({"src/base/extra.h": '#pragma once\n#include "inlet53/dns/name.h"\n'})
        self.assertTrue(any("modules in a cycle: dns -> base -> dns" in f for f in faults), faults)

    def test_refuses_a_third_party_header_outside_its_row(self):
        self.assert_fault({"include/inlet53/dns/x.h": "#pragma once\n#include <uv.h>\n"},
                          "include/inlet53/dns/x.h:2", "<uv.h> is permitted in src/net/ only")

    def test_refuses_bare_ldns_even_in_its_module(self):
        self.assert_fault({"src/zone/more.h": "#pragma once\n#include <ldns/rr.h>\n"},
                          "is permitted in src/zone/ldns.h only")

    def test_refuses_a_library_that_the_table_does_not_know(self):
        self.assert_fault({"include/inlet53/dns/x.h": "#pragma once\n#include <boost/asio.hpp>\n"},
                          "<boost/asio.hpp> has no row")

    def test_refuses_gateway_code_in_the_dns_daemon(self):
        self.assert_fault(
            {"include/inlet53/gateway/router.h": "#pragma once\n",
             "src/app/inlet53d/main.cpp": '#include "inlet53/gateway/router.h"\n'},
            "inlet53d may not contain gateway")

    def test_refuses_a_missing_header(self):
        self.assert_fault({"src/dns/name.cpp":
                           '#include "inlet53/dns/name.h"\n#include "inlet53/dns/gone.h"\n'},
                          "src/dns/name.cpp:2", "gone.h")

    def test_refuses_an_include_outside_its_directory(self):
        self.assert_fault({"src/dns/name.cpp":
                           '#include "inlet53/dns/name.h"\n#include "../base/hidden.h"\n',
                           "src/base/hidden.h": "#pragma once\n"},
                          "src/dns/name.cpp:2", "hidden.h")

    def test_refuses_a_source_without_its_header(self):
        self.assert_fault({"src/dns/lost.cpp": "#include <vector>\n"},
                          "src/dns/lost.cpp:1", "no header of the same name")

    def test_refuses_a_source_that_does_not_include_its_header_first(self):
        self.assert_fault({"src/dns/name.cpp": '#include <vector>\n#include "inlet53/dns/name.h"\n'},
                          "the first include is not its own header")

    def test_refuses_a_header_without_a_guard(self):
        self.assert_fault({"include/inlet53/dns/x.h": "#include <vector>\n"}, "#pragma once is missing")

    def test_refuses_a_module_that_the_table_lacks(self):
        self.assert_fault({"include/inlet53/util/x.h": "#pragma once\n"}, "util is not a module")

    def test_refuses_a_module_without_a_directory(self):
        self.assertEqual(faults_of({}, without=["logs"]), ["layers.toml: the directory src/logs does not exist"])

    def test_refuses_a_program_that_the_table_lacks(self):
        self.assert_fault({"src/app/tool/main.cpp": "#include <vector>\n"}, "tool is not a program")

    def test_refuses_unfinished_code(self):
        word = "TO" + "DO"  # in two parts, so that this file has no fault
        self.assert_fault({"include/inlet53/dns/x.h": f"#pragma once\n// {word}: later\n"},
                          "include/inlet53/dns/x.h:2", "unfinished")

    def test_refuses_a_long_file(self):
        self.assert_fault({"include/inlet53/dns/x.h": "#pragma once\n" + "\n" * 500}, "over 450 lines")

    def test_refuses_a_test_that_no_build_file_names(self):
        self.assert_fault({"tests/integration/test_x.py": "", "tests/integration/meson.build": "['y']\n"},
                          "tests/integration/test_x.py", "no build file names this test")

    def test_refuses_a_library_that_links_upwards(self):
        self.assert_fault({"src/zone/meson.build":
                           "zone_dep = declare_dependency(link_with: zone_lib,\n"
                           "  dependencies: [base_dep, resolver_dep])\n"},
                          "src/zone/meson.build", "zone may not link resolver")

    def test_refuses_a_library_that_links_what_another_module_owns(self):
        self.assert_fault({"src/dns/meson.build":
                           "dns_lib = static_library('d', s, dependencies: [base_dep, uv_dep])\n"},
                          "dns may not use uv_dep")

    def test_refuses_a_daemon_that_links_the_other(self):
        self.assert_fault({"src/app/meson.build":
                           "executable('inlet53d', files('main.cpp'), dependencies: [gateway_dep])\n"},
                          "inlet53d may not link gateway")

    def test_refuses_a_readme_that_differs_from_the_table(self):
        self.assert_fault({"src/README.md": readme_of(TABLE).replace("| record | holds | base dns",
                                                                     "| record | holds | base")},
                          "the row of record differs")

    def test_refuses_a_readme_that_names_a_unit_that_does_not_exist(self):
        named = readme_of(TABLE) + "`zone/zone_loader` and `dns/wire` exist, and `wire/format` is no module.\n"
        self.assertEqual(faults_of({"src/README.md": named}), [])
        self.assert_fault({"src/README.md": named + "`zone/zone_saver`\n"}, "the unit zone/zone_saver does not exist")

    def test_refuses_a_table_with_an_edge_that_goes_up(self):
        modules = {"base": {"layer": 0, "may_include": ["dns"]},
                 "dns": {"layer": 1, "may_include": ["base"]}}
        faults = list(check_layers.check_table(layers.Table(modules, {}, [], {}, [], [])))
        self.assertTrue(any("higher layer" in f for f in faults), faults)
        self.assertTrue(any("cycle" in f for f in faults), faults)


class OtherLints(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / "include").mkdir()
        (self.root / ".clang-format").write_text("BasedOnStyle: Google\n")

    def write(self, text):
        (self.root / "include/x.h").write_text(text)

    def test_headers_refuses_a_header_that_needs_another(self):
        self.write("#pragma once\nstd::string f();\n")
        faults = check_headers.check(self.root / "include", ["c++"])
        self.assertEqual(len(faults), 1)
        self.assertIn("x.h does not compile alone", faults[0])

    def test_headers_accepts_a_self_contained_header(self):
        self.write("#pragma once\n#include <string>\nstd::string f();\n")
        self.assertEqual(check_headers.check(self.root / "include", ["c++"]), [])

    def test_format_refuses_another_style(self):
        self.write("#pragma once\nint   f ( ) ;\n")
        self.assertNotEqual(check_format.run(self.root, ["--dry-run", "-Werror"]), 0)

    def test_format_accepts_the_style(self):
        self.write("#pragma once\nint f();\n")
        self.assertEqual(check_format.run(self.root, ["--dry-run", "-Werror"]), 0)


class Tidy(unittest.TestCase):
    """clang-tidy on what changed: a source with a finding in each place."""
    FAULT = "struct S {{ int i; }};\nint {name}() {{ S s; return s.i; }}\n"
    FILES = {"src/a/old.cpp": FAULT.format(name="old"), "src/a/changed.cpp": "int changed() { return 0; }\n",
             "include/inlet53/a/named.h": "", "src/a/named.cpp": '#include "inlet53/a/named.h"\n',
             "include/inlet53/a/shared.h": "", "src/a/user.cpp": '#include "inlet53/a/shared.h"\n'}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        shutil.copy(HERE.parent.parent / ".clang-tidy", self.root)
        for name, text in self.FILES.items():
            self.write(name, text)

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def commit(self):
        git = ["git", "-C", self.root, "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=a"]
        for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "a"]):
            subprocess.run([*git, *command], check=True, capture_output=True)

    def changed(self):
        return check_tidy.changed_sources(self.root)

    def test_checks_nothing_without_a_parent_commit(self):
        self.assertEqual(self.changed(), [])
        self.commit()
        self.assertEqual(self.changed(), [])

    def test_checks_what_the_commit_and_the_working_tree_changed(self):
        self.commit()
        self.write("src/a/changed.cpp", "int changed() { return 1; }\n")
        self.commit()
        self.assertEqual(self.changed(), ["src/a/changed.cpp"])
        self.write("src/a/new.cpp", "")
        self.write("include/inlet53/a/named.h", "// changed\n")
        self.write("include/inlet53/a/shared.h", "// changed\n")
        (self.root / "src/a/old.cpp").unlink()
        self.assertEqual(self.changed(), ["src/a/changed.cpp", "src/a/named.cpp", "src/a/new.cpp", "src/a/user.cpp"])

    def test_refuses_a_finding(self):
        faults = check_tidy.check(self.root, ["src/a/changed.cpp", "src/a/old.cpp"])
        self.assertEqual(len(faults), 1, faults)
        self.assertIn("uninitialized record type", faults[0])


class Licence(unittest.TestCase):
    """The line that names the licence."""
    WITHOUT = {"src/a/x.cpp": '#include "x.h"\n', "src/a/x.h": "// Explains the file.\n#pragma once\n",
               "src/a/meson.build": "# Explains the file.\nx = 1\n", "tests/x.py": "#!/usr/bin/env python3\nx = 1\n",
               ".ci/run": "#!/bin/sh\ntrue\n", "Makefile": "all:\n", "conf/x.ps1": "x\n", "src/a/x.js": "x()\n"}
    WITH = {"src/a/x.cpp": '// LINE\n#include "x.h"\n', "src/a/x.h": "// LINE\n\n// Explains the file.\n#pragma once\n",
            "src/a/meson.build": "# LINE\n\n# Explains the file.\nx = 1\n",
            "tests/x.py": "#!/usr/bin/env python3\n# LINE\nx = 1\n", ".ci/run": "#!/bin/sh\n# LINE\ntrue\n",
            "Makefile": "# LINE\nall:\n", "conf/x.ps1": "# LINE\nx\n", "src/a/x.js": "// LINE\nx()\n"}
    OTHERS = {"conf/x.toml": "x = 1\n", "zones/x.zone": "x\n", "conf/Corefile": ".\n", "other/x.py": "x = 1\n"}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, files):
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def test_refuses_sources_and_scripts_without_the_line(self):
        self.write({**self.WITHOUT, **self.OTHERS})
        faults = list(check_licence.check(self.root))
        self.assertEqual(sorted(fault.split(":")[0] for fault in faults), sorted(self.WITHOUT))

    def test_adds_the_line_once(self):
        self.write({**self.WITHOUT, **self.OTHERS})
        for _ in range(2):
            self.assertEqual(list(check_licence.check(self.root, fix=True)), [])
        self.assertEqual(list(check_licence.check(self.root)), [])
        for name, text in {**self.WITH, **self.OTHERS}.items():
            self.assertEqual((self.root / name).read_text(), text.replace("LINE", check_licence.LINE), name)


class Security(unittest.TestCase):
    """SECURITY.md and the tests that it names."""
    SETTINGS = {"tcp": {"max_connections": 1}}

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name, text in {"integration/test_a.py": "class T:\n    def test_in():\n        pass\ndef test_a(x):\n",
                           "unit/net/a_test.cpp": "TEST(A, Works) {\nTEST_F(AFixture, WorksToo) {\n"}.items():
            file = self.root / "tests" / name
            file.parent.mkdir(parents=True)
            file.write_text(text)

    def faults(self, page):
        (self.root / "SECURITY.md").write_text(page)
        return list(check_security.check(self.root, self.SETTINGS))

    def test_accepts_statements_with_their_tests(self):
        self.assertEqual(self.faults(
            "# S\n## Trust\n- The operator.\n## Limits\n"
            "- One (`integration/test_a.py::test_a`).\n- Two, on the\n  next line (`unit/net/a_test.cpp::A.Works`).\n"
            "- Three: `integration/test_a.py::T.test_in`\n\n| what | setting | test |\n|---|---|---|\n"
            "| a | `[tcp] max_connections` | `unit/net/a_test.cpp::AFixture.WorksToo` |\n"), [])

    def test_refuses_a_statement_without_a_test(self):
        for page in ("## Limits\n- Nothing holds this.\n", "## L\n| a | b |\n|---|---|\n| c | d |\n"):
            self.assertEqual(len(self.faults(page)), 1, page)

    def test_refuses_a_missing_test(self):
        for name in ("integration/test_b.py::test_a", "integration/test_a.py::test_b", "unit/net/a_test.cpp::A.Work",
                     "unit/net/a_test.cpp::B.Works", "integration/test_a.py::T.test_out"):
            faults = self.faults(f"- One: `{name}`\n")
            self.assertEqual(len(faults), 1, faults)
            self.assertIn("no test" if name.startswith(("integration/test_a", "unit")) else "does not exist", faults[0])

    def test_refuses_a_missing_setting(self):
        for setting in ("`[tcp] max_connection`", "`[udp] max_connections`"):
            self.assertEqual(len(self.faults(f"- One: {setting} `integration/test_a.py::test_a`\n")), 1)

    def test_refuses_a_missing_page_and_a_long_page(self):
        self.assertEqual(len(list(check_security.check(self.root, {}))), 1)
        self.assertEqual(len(self.faults("text\n" * 161)), 1)


if __name__ == "__main__":
    unittest.main()
