// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <limits>
#include <string_view>

#include "bench_report.h"
#include "bench_workload.h"
#include "command_line.h"
#include "commands.h"
#include <CLI/CLI.hpp>
#include <unistd.h>

#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/loadgen/load_run.h"

namespace inlet53::app {

namespace {

constexpr const char* kDetails =
    "Without --rate it keeps --outstanding queries in flight and takes a whole core. Latency\n"
    "counts from the sending of a query; with --rate from when it was due, if it left more than 1 "
    "ms\n"
    "late. INT ends it early, with its report.\n"
    "Exit code 0: every query was answered and nothing else came; 1: some were lost, or answers\n"
    "were wrong, or no server listens.";

template <class Number>
CLI::Validator from_to(Number low, Number high) {
  return CLI::Range(low, high).description("");
}

void add_names(CLI::App& bench, BenchOptions& options) {
  auto* names = bench.add_option("--names", options.names,
                                 "ask for the names in FILE: NAME [TYPE [anything]]");
  names->type_name("FILE");
  auto* config = bench.add_option("--config", options.config,
                                  "ask for the names that a configuration file serves");
  config->type_name("FILE")->excludes(names);
  bench
      .add_option("--api-names", options.api_names,
                  "ask for N random API ids of --region (default: 10000)")
      ->type_name("N")
      ->check(from_to(1, 10'000'000))
      ->excludes(names);
  bench.add_option("--region", options.region, "the region of --api-names (default: eu-west-1)")
      ->type_name("REGION")
      ->excludes(names)
      ->excludes(config);
  bench.add_option("--type", options.type, "the type where the names have none (default: A)")
      ->type_name("TYPE");
  bench
      .add_option("--misses", options.misses_percent,
                  "so many of 100 queries ask for names that don't exist (default: 0)")
      ->type_name("PERCENT")
      ->check(from_to(0.0, 100.0));
  bench
      .add_option("--miss-domain", options.miss_domain,
                  "below which those are made up (default: the first hosted zone, or invalid)")
      ->type_name("DOMAIN");
  bench.add_flag("--sequential", options.sequential, "the names in turn, not at random");
  bench.add_option("--seed", options.seed, "another number, other random choices (default: 1)")
      ->type_name("N")
      ->check(from_to<int64_t>(0, std::numeric_limits<int64_t>::max()));
}

void add_load(CLI::App& bench, BenchOptions& options) {
  auto* outstanding = bench.add_option("--outstanding", options.outstanding,
                                       "queries in flight in all (default: 256)");
  outstanding->type_name("N")->check(from_to(1, 32768));
  bench.add_option("--rate", options.rate, "send so many queries a second, evenly spaced")
      ->type_name("QPS")
      ->check(from_to(0.001, 1e7))
      ->excludes(outstanding);
  bench.add_option("--seconds", options.seconds, "for so long (default: 10, or until --queries)")
      ->type_name("S")
      ->check(from_to(0.001, 31'536'000.0));
  bench.add_option("--queries", options.queries, "so many at most")
      ->type_name("N")
      ->check(from_to<int64_t>(1, 1'000'000'000'000'000));
  bench
      .add_option("--timeout", options.timeout_seconds,
                  "a query not answered by then is lost (default: 2)")
      ->type_name("S")
      ->check(from_to(0.001, 60.0));
}

void add_transport(CLI::App& bench, BenchOptions& options) {
  auto* sockets = bench.add_option("--sockets", options.sockets,
                                   "UDP sockets, each with its own port (default: 64)");
  sockets->type_name("N")->check(from_to(1, 10'000));
  auto* tcp = bench.add_flag("--tcp", options.tcp, "over TCP, pipelined");
  tcp->excludes(sockets);
  bench.add_option("--connections", options.connections, "TCP connections (default: 10)")
      ->type_name("N")
      ->check(from_to(1, 1000))
      ->needs(tcp);
}

}  // namespace

CLI::App* add_bench(CLI::App& app, BenchOptions& options, std::string& output) {
  CLI::App* bench = app.add_subcommand("bench", "loads a DNS server with queries and reports");
  bench->footer(kDetails);
  bench
      ->add_option("ADDRESS", options.server,
                   "ADDRESS[:PORT], [ADDRESS]:PORT or HOST[:PORT] (port 53)")
      ->required();
  add_names(*bench, options);
  add_load(*bench, options);
  add_transport(*bench, options);
  bench->add_option("-o,--output", output, "for people, or one object for programs")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  return bench;
}

namespace {

constexpr double kDefaultSeconds = 10;

// A signal handler can only access global variables.
std::atomic<bool> stop_asked{false};

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked.store(true); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second signal has its default effect
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

loadgen::LoadOptions load_options(const BenchOptions& options, const SocketAddress& server) {
  loadgen::LoadOptions load;
  load.server = server;
  load.transport = options.tcp ? loadgen::TransportKind::Tcp : loadgen::TransportKind::Udp;
  load.channels = options.tcp ? options.connections : options.sockets;
  load.outstanding = options.outstanding;
  load.rate = options.rate;
  if (options.queries) load.max_queries = *options.queries;
  if (options.seconds || !options.queries) {
    load.max_seconds = options.seconds.value_or(kDefaultSeconds);
  }
  load.timeout_seconds = options.timeout_seconds;
  return load;
}

int fail(std::string_view fault, int code) {
  std::cerr << "inlet53: " << fault << '\n';
  return code;
}

void tell_skipped(const BenchWorkload& asked) {
  for (const std::string& fault : asked.faults) std::cerr << "inlet53: " << fault << "; skipped\n";
  if (asked.skipped > asked.faults.size()) {
    std::cerr << "inlet53: " << asked.skipped << " lines are skipped in all\n";
  }
}

// Returns true when every query was answered and nothing else arrived.
bool went_well(const loadgen::Tally& tally) {
  return tally.answered > 0 && tally.answered == tally.sent && tally.wrong == 0;
}

}  // namespace

int run_bench(const BenchOptions& options) {
  auto asked = make_workload(options);
  if (!asked) return fail(asked.error().text, asked.error().code);
  const auto server = find_server(options.server);
  if (!server) return fail(server.error().text, server.error().code);
  tell_skipped(*asked);

  stop_on_signals();
  const loadgen::LoadOptions load = load_options(options, *server);
  ProgressLine progress(isatty(STDERR_FILENO) == 1);
  const auto report = loadgen::run_load(
      load, asked->workload, stop_asked,
      [&progress](const loadgen::Tally& tally, double seconds) { progress.show(tally, seconds); });
  progress.end();
  if (!report) return fail(report.error(), kExitFailure);
  std::cout << (options.json ? report_json(load, *report, asked->skipped)
                             : report_text(load, *report, asked->skipped));
  std::cout.flush();
  return went_well(report->tally) ? kExitOk : kExitFailure;
}

}  // namespace inlet53::app
