#include "bench_command_line.h"

#include <cstdint>
#include <limits>

#include <CLI/CLI.hpp>

namespace inlet53::app {

namespace {

constexpr const char* kDetails =
    "Without --rate it keeps --outstanding queries in flight and takes a whole core. Latency\n"
    "counts from the sending of a query; with --rate from when it was due, if it left more than 1 "
    "ms\n"
    "late. INT ends it early, with its report.\n"
    "Exit code 0: every query was answered and nothing else came; 1: some were lost, or answers\n"
    "were wrong, or nobody listens.";

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

}  // namespace inlet53::app
