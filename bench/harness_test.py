#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests the calculations of the benchmark harness, and its loads over loopback; it measures nothing."""

import json
import queue
import re
import signal
import socket
import statistics
import subprocess
import sys
import threading
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import run
from harness import (attack_jobs, attack_tables, attackers, comparison, dns, http2_frames, loads, machine, paced_calls,
                     plots, rounds, scripted_target, stub, tables, unanswered_jobs, unanswered_tables)

FOLDER = Path(__file__).resolve().parent / "harness"


class Schedule(unittest.TestCase):
    """The loads of the job `unanswered`."""

    def count(self, found, wanted):
        return sum(what == wanted for _, what, _ in found)

    def test_groups_are_between_the_bad_names(self):
        for pattern in unanswered_jobs.PATTERNS[:2]:
            found = unanswered_jobs.schedule(pattern, 30, seed=1)
            self.assertEqual(found, sorted(found))
            self.assertEqual(self.count(found, unanswered_jobs.BROKEN), 30 * pattern.bad_rate)
            self.assertEqual(self.count(found, unanswered_jobs.HEALTHY), 100)
            self.assertEqual(self.count(found, unanswered_jobs.OTHER), 40)
            self.assertEqual([number for *_, number in found], list(range(len(found))))
            bad = {when for when, what, _ in found if what == unanswered_jobs.BROKEN}
            groups = sorted({when for when, what, _ in found if what != unanswered_jobs.BROKEN})
            self.assertEqual(len(groups), 10)
            for when in groups:
                self.assertAlmostEqual(min(abs(when - other) for other in bad), 0.5 / pattern.bad_rate)
                self.assertLess(when, 30)

    def test_a_poisson_process_has_its_rates(self):
        pattern = unanswered_jobs.PATTERNS[2]
        found = unanswered_jobs.schedule(pattern, 1000, seed=1)
        self.assertAlmostEqual(self.count(found, unanswered_jobs.HEALTHY), 1000 / 1.5 * 5, delta=500)
        self.assertEqual(self.count(found, unanswered_jobs.OTHER) * 5, self.count(found, unanswered_jobs.HEALTHY) * 2)
        self.assertAlmostEqual(self.count(found, unanswered_jobs.BROKEN), 2_000, delta=250)
        self.assertTrue(all(0 < when < 1000 for when, *_ in found))
        self.assertNotEqual(found, unanswered_jobs.schedule(pattern, 1000, seed=2))

    def test_a_whole_load_fits_into_the_ids_of_one_client(self):
        for pattern in unanswered_jobs.PATTERNS:
            self.assertLess(len(unanswered_jobs.schedule(pattern, 60, seed=1)), 65_536)


class Figures(unittest.TestCase):
    def test_percentile(self):
        self.assertIsNone(unanswered_jobs.percentile([], 0.5))
        self.assertEqual(unanswered_jobs.percentile([7], 0.99), 7)
        values = list(range(1, 101))
        self.assertEqual(unanswered_jobs.percentile(values, 0.5), 50)
        self.assertEqual(unanswered_jobs.percentile(values, 0.99), 99)
        self.assertEqual(unanswered_jobs.percentile(values, 1), 100)
        self.assertEqual(unanswered_jobs.percentile(list(range(1, 1001)), 0.99), 990)

    def test_summary_counts_every_outcome(self):
        found = unanswered_jobs.summary([(0, 0.001, 1), (0, 0.003, 1), (2, 0.5, 1), (5, 0.25, 1), (None, 8.0, 1)])
        self.assertEqual((found["asked"], found["answered"], found["failed"], found["silent"]), (5, 2, 2, 1))
        self.assertEqual(found["ms"], {"p50": 1.0, "p99": 3.0, "max": 3.0})
        self.assertEqual(found["failed_ms"], 500)

    def test_the_goal_is_missed_by_one_failure_or_by_latency(self):
        def row(answered, p99):
            part = {"asked": 10, "answered": answered, "ms": {"p99": p99}}
            return {"parts": {"healthy": part, "other": part}}

        self.assertTrue(unanswered_tables.meets_goal(row(10, unanswered_jobs.GOAL_MS)))
        self.assertFalse(unanswered_tables.meets_goal(row(9, 1.0)))
        self.assertFalse(unanswered_tables.meets_goal(row(10, unanswered_jobs.GOAL_MS + 0.1)))
        self.assertFalse(unanswered_tables.meets_goal(row(10, None)))

    def test_calls_belong_to_the_phase_in_which_they_are_due(self):
        calls = [(0.5, 0.010, 200), (1.0, 0.020, 200), (1.5, 3.000, 200), (1.9, 1.0, 503), (2.0, 0.030, 200), (2.5, 9, 0)]
        found = attack_jobs.by_phase(calls, begun=1.0, ended=2.0)
        self.assertEqual({phase: (part["calls"], part["failed"]) for phase, part in found.items()},
                         {"before": (1, 0), "during": (3, 1), "after": (2, 1)})
        self.assertEqual(found["during"]["ms"], {"p50": 20.0, "p99": 3000.0, "max": 3000.0})
        self.assertEqual(found["after"]["ms"]["max"], 30.0)

    def test_the_table_of_attacks_shows_medians_and_what_failed(self):
        def run(p99, failed):
            part = {"calls": 10, "failed": failed, "ms": {"p50": 1.0, "p99": p99, "max": p99}}
            return {"calls": dict.fromkeys(attack_jobs.PHASES, part), "resident_before": 1 << 20,
                    "resident_peak": 3 << 20, "resident_after": 2 << 20, "cpu": 0.5, "children": 0,
                    "attack": {"bytes": 1 << 20, "connections": 2, "closed": 1, "413": 2}}

        rows = [{"job": "attacks", "attack": "bodies", "server": "nginx", "label": "nginx", "ours": False, "is_bare": False,
                 "runs": [run(2.0, 1), run(4.0, 0), run(9.0, 2)]}]
        text = attack_tables.attacks({"rows": rows, "head": {"options": {"seconds": 3}}})
        self.assertIn("| bodies | nginx | 1.0 | 1.0 | 4.0 | 4.0 | 4.0 | 4.0 | 3 | 3 | 3 | 1 | 3 | 2 | 50% | 0 | 3 |", text)
        self.assertIn("| 3.0 | 6 | 3 | 0 | 6 × status 413 |", text)

    def test_a_build_is_compared_turn_by_turn(self):
        def row(server, figures, **more):
            return {"job": "misses", "server": server, "load": {"rate": None}, "log": None,
                    "rounds": [{"us_per_answer": figure} for figure in figures], **more}

        rows = [row("inlet53d", [10, 12, 11]), row("inlet53d-baseline", [11, 12, 10]), row("unbound", [30, 30, 30])]
        self.assertEqual(comparison.pairs(rows), [(rows[0], rows[1])])
        self.assertEqual(comparison.ratios(*comparison.pairs(rows)[0]), [10 / 11, 1.0, 1.1])
        self.assertIn("| misses |  | 11.00 | 11.00 | 1.000 | 0.909–1.100 | 10.00 and 10.00 | 3 | yes |",
                      comparison.comparison({"rows": rows}))
        rows[0]["rounds"][1]["us_per_answer"] = 12.6
        self.assertIn("**no**", comparison.comparison({"rows": rows}))
        self.assertEqual(comparison.comparison({"rows": rows[:1]}), "")

    def test_rows_of_different_loads_are_not_compared(self):
        def row(server, version):
            return {"job": "https", "server": server, "load": {}, "log": "text", "version": version,
                    "rounds": [{"us_per_answer": 1.0}]}

        rows = [row("inlet53-gateway+text", "HTTP/2"), row("inlet53-gateway+text", "HTTP/1.1"),
                row("inlet53-gateway-baseline+text", "HTTP/1.1")]
        self.assertEqual(comparison.pairs(rows), [(rows[1], rows[2])])


class Tries(unittest.TestCase):
    """The attempts of a round, and the one that counts."""

    def run_round(self, attempts, tries, repeats=2):
        """Returns the row of one round whose attempts are (cost, share of foreign load), in this order."""
        bench = SimpleNamespace(options=SimpleNamespace(rounds=1, tries=tries, repeats=repeats), repeating_seconds=60)
        server = SimpleNamespace(key="s", label="s", package="s", is_ours=True, is_bare=False, log=None,
                                 answer_octets=96, prime_seconds=0.25)
        rows = rounds.Rows(bench, "names", SimpleNamespace(name="none"), histograms=True)
        rows.add(server, loads.Load(names="names", sockets=1, outstanding=1, seconds=1.0))
        left = list(attempts)

        def measured(_server, _generator, load, _during=None):
            if load.seconds < 1:  # the warm-up
                return {}, []
            cost, foreign = left.pop(0)
            return {"us_per_answer": cost, "foreign": foreign}, [[cost, 1]]

        with mock.patch.object(rounds, "measure_once", measured), mock.patch.object(rounds, "say"):
            row, = rows.run()
        self.assertNotIn("failed", row)
        return row, len(attempts) - len(left)

    def test_the_cheapest_of_three_tries_counts(self):
        row, made = self.run_round([(3.0, 0), (2.0, 0), (4.0, 0), (1.0, 0)], tries=3)
        self.assertEqual(made, 3)
        self.assertEqual([figures["us_per_answer"] for figures in row["rounds"]], [2.0])
        self.assertEqual(row["rounds"][0]["attempts"], 3)
        self.assertEqual(row["histogram"], rounds.merged([], [[2.0, 1]]))  # of the attempt that counts
        self.assertEqual((row["repeated"], row["disturbed"]), (0, 0))

    def test_the_option_sets_the_number_of_tries(self):
        cpus = ["--server-cpu", "1", "--generator-cpu", "0"]
        for arguments, tries in (([], 1), (["--tries", "3"], 3)):
            with mock.patch.object(sys, "argv", ["run.py", *cpus, *arguments]):
                self.assertEqual(run.parse_arguments().tries, tries)

    def test_one_try_is_the_default(self):
        row, made = self.run_round([(3.0, 0), (2.0, 0)], tries=1)
        self.assertEqual((made, row["rounds"][0]["us_per_answer"]), (1, 3.0))

    def test_a_disturbed_try_does_not_count_as_one(self):
        row, made = self.run_round([(1.0, 0.3), (3.0, 0), (2.0, 0)], tries=2)
        self.assertEqual((made, row["rounds"][0]["us_per_answer"]), (3, 2.0))
        self.assertEqual((row["repeated"], row["disturbed"]), (1, 0))

    def test_of_disturbed_tries_the_least_disturbed_counts(self):
        row, made = self.run_round([(1.0, 0.3), (3.0, 0.1), (2.0, 0.2)], tries=2)
        self.assertEqual((made, row["rounds"][0]["us_per_answer"]), (3, 3.0))
        self.assertEqual((row["repeated"], row["disturbed"]), (2, 1))


class Report(unittest.TestCase):
    """Plots and tables of rows that are easily misread."""

    HEAD = {"options": {"rounds": 3}, "commit": "0"}

    def row(self, job, server, busy, **more):
        figures = [{"us_per_answer": us, "core_busy": busy, "generator_busy": 1.0, "queries_per_second": 1e5, "sent": 10,
                    "lost": 0, "latency_us": {"p50": 80, "p99": p99, "max": most}}
                   for us, p99, most in ((2.0, 130, 1500), (2.1, 350, 4300), (2.2, 140, 1600))]
        return {"job": job, "server": server, "label": server, "ours": server == "inlet53d", "is_bare": server == "bare",
                "log": None, "rounds": figures, "disturbed": 0, "histogram": [], "load": {"rate": 20_000}, **more}

    def test_bars_mark_rows_that_are_not_saturated(self):
        rows = [self.row("names", "inlet53d", 0.99), self.row("names", "slow", 0.80)]
        _, script = plots.cpu({"rows": rows, "head": self.HEAD})
        labels = [line for line in script.splitlines() if line.endswith('"')]
        self.assertTrue(any('"2.1  not saturated (80 %)"' in line for line in labels), script)
        self.assertEqual(script.count("not saturated"), 1)
        https = [{**row, "job": "https", "version": "HTTP/2"} for row in rows]
        _, script = plots.cpu_https({"rows": https, "head": self.HEAD})
        self.assertEqual(script.count("not saturated (80 %)"), 1)

    def test_lines_of_large_zones_mark_points_that_are_not_saturated(self):
        rows = [self.row("records", "inlet53d", busy, records=records, memory=1 << 20)
                for busy, records in ((0.99, 10_000), (0.50, 1_000_000))]
        _, script = plots.records({"rows": rows})
        marked = script[script.index("$unsaturated << EOD"):].splitlines()[1:3]
        self.assertEqual(marked, ["1000000 2.1", "EOD"])
        self.assertIn("(circle: not saturated)", script)
        _, script = plots.records({"rows": [{**row, "rounds": rows[0]["rounds"]} for row in rows]})
        self.assertNotIn("saturated", script)

    def test_the_slowest_answer_of_the_plot_is_in_the_table_of_latency(self):
        row = self.row("paced", "inlet53d", 0.3, histogram=[[100.0, 9_990], [1600.0, 8], [4300.0, 2]])
        text = tables.paced({"rows": [row]})
        self.assertIn("| server | p50 µs | p99 µs | p99 min–max | max µs | worst µs |", text)
        self.assertIn("| **inlet53d** | 80 | 140 | 130–350 | 1,600 | 4,300 |", text)
        self.assertIn("all rounds together", text)
        _, script = plots.latency({"rows": [row]})
        self.assertIn("all rounds together", script)

    def test_the_figures_on_the_page_are_those_of_the_published_report(self):
        page = " ".join((FOLDER.parent / "README.md").read_text().split())
        results = json.loads((FOLDER.parent / "results/2026-11-23-2e0e682/results.json").read_text())
        versions = results["head"]["versions"]
        for name, package in (("BIND", "bind9"), ("dnsdist", "dnsdist"), ("dnsmasq", "dnsmasq-base"), ("gdnsd", "gdnsd"),
                              ("Knot DNS", "knot"), ("Knot Resolver", "knot-resolver"), ("NSD", "nsd"),
                              ("PowerDNS", "pdns-server"), ("PowerDNS Recursor", "pdns-recursor"), ("Unbound", "unbound")):
            version = versions[package].split(":")[-1].split("-")[0]
            self.assertIn(f"{name} {version}", page)
        rows = sorted((row for row in results["rows"] if row["job"] == "paced"),
                      key=lambda row: rounds.median(row, "latency_us/p99"))
        p99 = {row["label"]: round(rounds.median(row, "latency_us/p99")) for row in rows}
        self.assertEqual([row["label"] for row in rows].index("inlet53d"), 8)
        self.assertEqual(len(rows), 11)
        self.assertIn(f"p99 is {p99['inlet53d']} µs, ninth of eleven (gdnsd {p99['gdnsd']}, Knot Resolver "
                      f"{p99['Knot Resolver']};", page)
        calm = {row["label"]: round(statistics.median(figures["latency_us"]["p99"] for figures in row["rounds"]
                                                      if figures["latency_us"]["p99"] < 200)) for row in rows}
        self.assertIn(f"the median is {calm['inlet53d']} µs (gdnsd {calm['gdnsd']}, Unbound {calm['Unbound']})", page)

    def test_the_table_on_the_front_page_is_of_the_published_report(self):
        page = (FOLDER.parent.parent / "README.md").read_text()
        results = json.loads((FOLDER.parent / "results/2026-11-23-2e0e682/results.json").read_text())

        def median(label, job, figure):
            row, = [row for row in results["rows"] if (row["job"], row["log"], row["label"]) == (job, None, label)]
            return rounds.median(row, figure)
        found = re.findall(r"^\| \**([\w ]+?)\** \| ([\d.]+) \| (\d+) \| (\d+) \|$", page, re.M)
        self.assertGreaterEqual(len(found), 7)
        for label, *figures in found:
            self.assertEqual(figures, [f"{median(label, 'names', 'us_per_answer'):.2f}",
                                       f"{median(label, 'paced', 'latency_us/p50'):.0f}",
                                       f"{median(label, 'paced', 'latency_us/p99'):.0f}"], label)

    def test_the_bare_responder_is_no_lower_bound(self):
        text = tables.names({"rows": [self.row("names", "inlet53d", 0.99), self.row("names", "bare", 0.99)]})
        self.assertIn("| *bare* |", text)
        self.assertNotIn("floor", text)
        for page in (FOLDER.parent / "README.md", FOLDER.parent.parent / "README.md", FOLDER.parent / "bare_responder.cpp"):
            self.assertNotIn("floor", page.read_text(), page)


class Frames(unittest.TestCase):
    """The examples of RFC 7541, and the required sizes of a bomb."""

    def test_integers(self):
        self.assertEqual(http2_frames.integer(10, 5), b"\x0a")
        self.assertEqual(http2_frames.integer(1337, 5), b"\x1f\x9a\x0a")
        self.assertEqual(http2_frames.integer(42, 8), b"\x2a")

    def test_fields(self):
        self.assertEqual(http2_frames.indexed_literal("custom-key", "custom-header"),
                         bytes.fromhex("400a637573746f6d2d6b65790d637573746f6d2d686561646572"))
        self.assertEqual(http2_frames.named_literal(4, "/sample/path"),
                         bytes.fromhex("040c2f73616d706c652f70617468"))
        self.assertEqual(http2_frames.reference(2), b"\x82")
        self.assertEqual(http2_frames.reference(http2_frames.FIRST_DYNAMIC), b"\xbe")

    def test_frames(self):
        self.assertEqual(http2_frames.reset(3), bytes.fromhex("000004 03 00 00000003 00000008"))
        self.assertEqual(http2_frames.frame(0x4, 0, 0), bytes(3) + b"\x04" + bytes(5))

    def test_a_bomb_is_one_frame_whose_field_fills_the_table(self):
        field = http2_frames.large_field()
        self.assertEqual(len(field) - len(b"\x40\x03x-a\x7f\x00\x00") + 3 + http2_frames.ENTRY_OVERHEAD,
                         http2_frames.TABLE_SIZE)
        block = http2_frames.bomb("host", "/path", attackers.HPACK_REFERENCES)
        self.assertEqual(block.count(b"\xbe"), 16_000)
        self.assertLessEqual(len(block), http2_frames.MAX_FRAME)


class Windows(unittest.TestCase):
    """Flow control, as far as an attack respects it."""

    def setUp(self):
        self.windows = http2_frames.Windows()
        self.windows.open(1)
        self.windows.open(3)

    def update(self, stream, more):
        return http2_frames.frame(http2_frames.WINDOW_UPDATE, 0, stream, more.to_bytes(4, "big"))

    def test_sent_bytes_count_for_stream_and_connection(self):
        self.assertEqual(self.windows.take(1, 60_000), 60_000)
        self.assertEqual(self.windows.take(1, 60_000), 5_535)
        self.assertEqual(self.windows.take(3, 1), 0)
        self.windows.feed(self.update(0, 10))
        self.assertEqual(self.windows.take(3, 100), 10)
        self.assertEqual(self.windows.take(1, 1), 0)

    def test_frames_may_arrive_in_parts(self):
        data = http2_frames.frame(http2_frames.HEADERS, 4, 1, b"abc") + self.update(0, 7) + self.update(1, 5)
        self.windows.take(1, 65_535)
        for byte in data:
            self.windows.feed(bytes([byte]))
        self.assertEqual(self.windows.take(1, 100), 5)

    def test_settings_change_the_windows_of_open_streams(self):
        setting = (4).to_bytes(2, "big") + (100).to_bytes(4, "big")
        self.windows.take(1, 40)
        self.windows.feed(http2_frames.frame(http2_frames.SETTINGS, 0, 0, setting))
        self.assertEqual((self.windows.take(1, 500), self.windows.take(3, 500)), (60, 100))
        self.windows.feed(http2_frames.frame(http2_frames.SETTINGS, http2_frames.ACK, 0))

    def test_a_reset_stream_gets_no_data(self):
        self.windows.feed(http2_frames.reset(1))
        self.assertEqual(self.windows.take(1, 10), 0)


class Scripts(unittest.TestCase):
    """The data that one connection of an attack sends."""

    targets = {name: ("host", f"/{name}") for name in ("hello", "upload", "denied", "big", "function", "hang")}

    def test_a_body_lacks_its_last_byte(self):
        pieces = list(attackers.body(self.targets, "upload"))
        self.assertIn(b"Content-Length: 9437184\r\n", pieces[0])
        self.assertEqual(sum(map(len, pieces[1:])), 9437183)

    def test_bodies_over_http2_keep_to_the_windows(self):
        class Link:
            windows = None

        link = Link()
        script = attackers.bodies_over_http2(self.targets, link)
        next(script)
        sent = [next(script) for _ in range(10)]
        self.assertEqual(sum(len(piece) - 9 for piece in sent if piece), 65_535)
        self.assertEqual(sent[-1], b"")
        link.windows.feed(http2_frames.reset(1))
        link.windows.streams = {5: 1}
        link.windows.connection = 10
        self.assertEqual(next(script), http2_frames.frame(http2_frames.DATA, 0, 5, b"a"))

    def test_every_stream_is_reset_once(self):
        pieces = list(attackers.resets(self.targets, "function", 120))
        data, at, opened, ended = b"".join(pieces[1:]), 0, [], []
        while at < len(data):
            size, kind = int.from_bytes(data[at:at + 3], "big"), data[at + 3]
            stream = int.from_bytes(data[at + 5:at + 9], "big")
            (opened if kind == http2_frames.HEADERS else ended).append(stream)
            at += 9 + size
        self.assertEqual(opened, list(range(1, 240, 2)))
        self.assertEqual(ended, opened)

    def test_every_attack_has_a_case(self):
        self.assertEqual({case.attack for case in attack_jobs.CASES.values()} - {None}, set(attackers.ATTACKS))


class Script(unittest.TestCase):
    """The treatment of a query by a scripted target."""

    def test_the_name_selects_the_behaviour(self):
        script = scripted_target.Script(delay=0.5, late=5)
        self.assertEqual(script.seconds_until_answer(0, "abc.example"), 0.5)
        self.assertIsNone(script.seconds_until_answer(0, "drop-abc.example"))
        self.assertEqual(script.seconds_until_answer(1, "late-abc.example"), 5)
        script.seconds_until_answer(0, "drop-abc.example")
        self.assertEqual(script.received, {(0, "drop-abc.example"): 2, (1, "late-abc.example"): 1})

    def test_losses_apply_in_both_directions(self):
        for lost, expected in ((dict(lose_queries=0.3), 0.7), (dict(lose_queries=0.3, lose_answers=0.3), 0.49)):
            script = scripted_target.Script(**lost)
            answered = sum(script.seconds_until_answer(0, "a") is not None for _ in range(20_000))
            self.assertAlmostEqual(answered / 20_000, expected, delta=0.02)

    def test_an_answer_has_the_unchanged_question(self):
        query = dns.query("HOST.example", 7)
        self.assertEqual(scripted_target.name_of(query), "host.example")
        response = scripted_target.answer(query)
        self.assertIn(b"\x04HOST\x07example\0", response)
        self.assertEqual(dns.addresses(response), (0, sorted(scripted_target.ADDRESSES)))


class Loopback(unittest.TestCase):
    """The programs, each with its counterpart."""

    def test_a_client_and_scripted_targets(self):
        command = [sys.executable, "-B", FOLDER / "scripted_target.py", "--targets", "2", "--late", "0.2"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                ready, *ports = process.stdout.readline().split()
                self.assertEqual((ready, len(ports)), ("ready", 2))
                endpoint = (scripted_target.ADDRESS, int(ports[1]))
                answers = stub.ask_at(endpoint, [(0, "a.x"), (0, "drop-b.x"), (0.01, "late-c.x")], timeout=1.5, tries=2)
            finally:
                process.send_signal(signal.SIGTERM)
            received = json.loads(process.stdout.readline())
        self.assertEqual([(rcode, sent) for rcode, _, sent in answers], [(0, 1), (None, 2), (0, 1)])
        self.assertGreaterEqual(answers[1][1], 3)
        self.assertGreaterEqual(answers[2][1], 0.2)
        self.assertEqual(sorted(received), [[1, "drop-b.x", 2], [1, "late-c.x", 1]])

    def test_a_steady_client_opens_a_closed_connection_again(self):
        """A connection that is closed between calls is no failure; a server that has ended is one."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            client = paced_calls.Connection(server.getsockname(), "host", "/path")
            client.open = lambda: setattr(client, "stream", socket.create_connection(client.endpoint, 10))
            accepted = queue.Queue()

            def serve():
                for response in (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                                 b"HTTP/1.1 429 Slow\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"):
                    stream, _ = server.accept()
                    with stream:
                        request = b""
                        while b"\r\n\r\n" not in request:
                            request += stream.recv(4096)
                        stream.sendall(response)
                    accepted.put(request)

            thread = threading.Thread(target=serve)
            thread.start()
            self.assertEqual([client.call(), client.call()], [200, 429])
            thread.join()
            self.assertEqual(accepted.get(), b"GET /path HTTP/1.1\r\nHost: host\r\n\r\n")
            self.assertIsNone(client.stream)  # the server announced that it closes
        self.assertEqual(client.call(), 0)

    def test_an_attack_without_a_server_ends(self):
        run = attackers.Run(attackers.ATTACKS["denied"], ("127.0.0.1", machine.free_port("127.0.0.1")), 0.1,
                            Scripts.targets)
        self.assertEqual(run.run(), {"refused": 20})


if __name__ == "__main__":
    unittest.main()
