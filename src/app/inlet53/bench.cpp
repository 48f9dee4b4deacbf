// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <limits>
#include <string>
#include <string_view>

#include "bench_workload.h"
#include "commands.h"
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "inlet53/base/json_dump.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"
#include "inlet53/loadgen/load_run.h"
#include "inlet53/loadgen/report.h"

namespace inlet53::app {

namespace {

constexpr const char* kBenchDetails =
    "Without --rate, keeps --outstanding queries in flight and uses a whole core. Latency starts\n"
    "when a query is sent; with --rate, when it is due, if it is sent more than 1 ms late. INT\n"
    "ends the run early with a report.\n"
    "Exit code 0: every query was answered and nothing else arrived; 1: queries were lost,\n"
    "answers were wrong, or no server listens.";

template <class Number>
CLI::Validator from_to(Number low, Number high) {
  return CLI::Range(low, high).description("");
}

void add_names(CLI::App& bench, BenchOptions& options) {
  auto* names =
      bench.add_option("--names", options.names, "query the names in FILE: NAME [TYPE [ignored]]");
  names->type_name("FILE");
  auto* config = bench.add_option("--config", options.config,
                                  "query the names that a configuration file serves");
  config->type_name("FILE")->excludes(names);
  bench
      .add_option("--api-names", options.api_names,
                  "query N random API ids of --region (default: 10000)")
      ->type_name("N")
      ->check(from_to(1, 10'000'000))
      ->excludes(names);
  bench.add_option("--region", options.region, "the region of --api-names (default: eu-west-1)")
      ->type_name("REGION")
      ->excludes(names)
      ->excludes(config);
  bench.add_option("--type", options.type, "type for names without a type (default: A)")
      ->type_name("TYPE");
  bench
      .add_option("--misses", options.misses_percent,
                  "share of queries for names that do not exist (default: 0)")
      ->type_name("PERCENT")
      ->check(from_to(0.0, 100.0));
  bench
      .add_option("--miss-domain", options.miss_domain,
                  "parent of these names (default: the first hosted zone, or invalid)")
      ->type_name("DOMAIN");
  bench.add_flag("--sequential", options.sequential, "query the names in order, not at random");
  bench.add_option("--seed", options.seed, "seed of the random choices (default: 1)")
      ->type_name("N")
      ->check(from_to<int64_t>(0, std::numeric_limits<int64_t>::max()));
}

void add_load(CLI::App& bench, BenchOptions& options) {
  auto* outstanding = bench.add_option("--outstanding", options.outstanding,
                                       "total queries in flight (default: 256)");
  outstanding->type_name("N")->check(from_to(1, 32768));
  bench.add_option("--rate", options.rate, "send queries at this rate, evenly spaced")
      ->type_name("QPS")
      ->check(from_to(0.001, 1e7))
      ->excludes(outstanding);
  bench
      .add_option("--seconds", options.seconds,
                  "length of the run (default: 10, or until --queries)")
      ->type_name("S")
      ->check(from_to(0.001, 31'536'000.0));
  bench.add_option("--queries", options.queries, "maximum number of queries")
      ->type_name("N")
      ->check(from_to<int64_t>(1, 1'000'000'000'000'000));
  bench
      .add_option("--timeout", options.timeout_seconds,
                  "time after which an unanswered query is lost (default: 2)")
      ->type_name("S")
      ->check(from_to(0.001, 60.0));
}

void add_transport(CLI::App& bench, BenchOptions& options) {
  auto* sockets = bench.add_option("--sockets", options.sockets,
                                   "UDP sockets, each with its own port (default: 64)");
  sockets->type_name("N")->check(from_to(1, 10'000));
  auto* tcp = bench.add_flag("--tcp", options.tcp, "use TCP, with pipelining");
  tcp->excludes(sockets);
  bench.add_option("--connections", options.connections, "TCP connections (default: 10)")
      ->type_name("N")
      ->check(from_to(1, 1000))
      ->needs(tcp);
}

using Json = nlohmann::ordered_json;
using loadgen::LatencyHistogram;
using loadgen::Tally;

double microseconds(double ns) { return ns / 1000; }
double microseconds(uint64_t ns) { return static_cast<double>(ns) / 1000; }

std::string rcode_name(size_t code) {
  const std::string_view name = dns::rcode_text(static_cast<dns::Rcode>(code));
  return name.empty() ? concat("RCODE", code) : std::string(name);
}

std::string_view transport_name(const loadgen::LoadOptions& load) {
  return load.transport == loadgen::TransportKind::Tcp ? "TCP" : "UDP";
}

Json rcodes_json(const Tally& tally) {
  Json rcodes = Json::object();
  for (size_t i = 0; i < tally.rcodes.size(); ++i) {
    if (tally.rcodes[i] > 0) rcodes[rcode_name(i)] = tally.rcodes[i];
  }
  return rcodes;
}

Json latency_json(const LatencyHistogram& latency) {
  return {{"min", microseconds(latency.min())},
          {"mean", microseconds(latency.mean())},
          {"p50", microseconds(latency.percentile(0.5))},
          {"p90", microseconds(latency.percentile(0.9))},
          {"p99", microseconds(latency.percentile(0.99))},
          {"p999", microseconds(latency.percentile(0.999))},
          {"max", microseconds(latency.max())}};
}

Json histogram_json(const LatencyHistogram& latency) {
  Json buckets = Json::array();
  for (size_t i = 0; i < LatencyHistogram::kBuckets; ++i) {
    if (latency.bucket(i) == 0) continue;
    buckets.push_back({microseconds(LatencyHistogram::upper_end(i)), latency.bucket(i)});
  }
  return buckets;
}

// `1 234 567`.
std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, " ");
  return text;
}

std::string fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

// Formats a share such as `0.012 %` after a count.
std::string share(uint64_t part, uint64_t whole) {
  if (part == 0 || whole == 0) return "";
  return concat("  (", fixed(100.0 * static_cast<double>(part) / static_cast<double>(whole), 3),
                " %)");
}

void append_row(std::string& out, std::string_view what, std::string_view value) {
  constexpr size_t kColumn = 22;
  out += "  ";
  out += what;
  out.append(kColumn - std::min(kColumn - 1, what.size()), ' ');
  out += value;
  out += '\n';
}

// Reports only counters above 0: the report of a good run is short.
void append_faults(std::string& out, const Tally& tally) {
  const auto append = [&out, &tally](std::string_view what, uint64_t count) {
    if (count > 0) append_row(out, what, grouped(count) + share(count, tally.sent));
  };
  append("late", tally.late);
  append("wrong", tally.wrong);
  append("truncated", tally.truncated);
  append("reconnects", tally.reconnects);
  append("sent > 1 ms behind", tally.behind);
}

void append_latency(std::string& out, const LatencyHistogram& latency) {
  if (latency.count() == 0) return;
  const auto append = [&out](std::string_view what, auto ns) {
    append_row(out, what, concat(fixed(microseconds(ns), 1), " us"));
  };
  append("latency min", latency.min());
  append("mean", latency.mean());
  append("p50", latency.percentile(0.5));
  append("p90", latency.percentile(0.9));
  append("p99", latency.percentile(0.99));
  append("p99.9", latency.percentile(0.999));
  append("max", latency.max());
}

// Formats a report as text. `skipped`: invalid lines of the file of names.
std::string report_text(const loadgen::LoadOptions& load, const loadgen::Report& report,
                        uint64_t skipped) {
  const Tally& tally = report.tally;
  const bool tcp = load.transport == loadgen::TransportKind::Tcp;
  std::string out = concat(load.server.to_text(), " over ", transport_name(load), ", ",
                           load.channels, tcp ? " connection" : " socket",
                           load.channels == 1 ? "" : "s", ", ", fixed(report.seconds, 2), " s\n");
  if (skipped > 0) append_row(out, "lines skipped", grouped(skipped));
  append_row(out, "sent", grouped(tally.sent));
  append_row(out, "answered", grouped(tally.answered));
  append_row(out, "lost", grouped(tally.lost) + share(tally.lost, tally.sent));
  append_faults(out, tally);
  append_row(out, "queries per second", fixed(report.queries_per_second(), 0));
  for (size_t i = 0; i < tally.rcodes.size(); ++i) {
    const uint64_t count = tally.rcodes[i];
    if (count > 0) append_row(out, rcode_name(i), grouped(count) + share(count, tally.answered));
  }
  append_latency(out, tally.latency);
  return out;
}

// Formats a report as one JSON object with a newline. Latencies are microseconds; `histogram` has
// pairs of the upper end and the count of each bucket that is not empty.
std::string report_json(const loadgen::LoadOptions& load, const loadgen::Report& report,
                        uint64_t skipped) {
  const Tally& tally = report.tally;
  const Json json = {{"target", load.server.to_text()},
                     {"transport", transport_name(load)},
                     {"sockets", load.channels},
                     {"skipped_lines", skipped},
                     {"seconds", report.seconds},
                     {"sent", tally.sent},
                     {"answered", tally.answered},
                     {"lost", tally.lost},
                     {"late", tally.late},
                     {"behind", tally.behind},
                     {"wrong", tally.wrong},
                     {"truncated", tally.truncated},
                     {"reconnects", tally.reconnects},
                     {"queries_per_second", report.queries_per_second()},
                     {"rcodes", rcodes_json(tally)},
                     {"latency_us", latency_json(tally.latency)},
                     {"histogram", histogram_json(tally.latency)}};
  return dump_json(json) + '\n';
}

/// Progress of a run on one line of a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool on_terminal) : on_terminal_(on_terminal) {}
  void show(const loadgen::Tally& tally, double seconds);
  /// Clears the line.
  void end();

 private:
  bool on_terminal_;
  bool shown_ = false;
  uint64_t answered_ = 0;  // at the last `show`
  double seconds_ = 0;
};

void ProgressLine::show(const Tally& tally, double seconds) {
  if (!on_terminal_) return;
  const double rate = static_cast<double>(tally.answered - answered_) / (seconds - seconds_);
  std::cerr << "\r\033[K" << fixed(seconds, 0) << " s  " << fixed(rate, 0) << " answers/s  lost "
            << grouped(tally.lost) << "  wrong " << grouped(tally.wrong) << std::flush;
  shown_ = true;
  answered_ = tally.answered;
  seconds_ = seconds;
}

void ProgressLine::end() {
  if (shown_) std::cerr << "\r\033[K" << std::flush;
  shown_ = false;
}

constexpr double kDefaultSeconds = 10;

// A signal handler can only access global variables.
std::atomic<bool> bench_stopped{false};

void stop_bench_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { bench_stopped.store(true); };
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

int bench_error(std::string_view fault, int code) {
  print_error(fault);
  return code;
}

void report_skipped(const BenchWorkload& asked) {
  for (const std::string& fault : asked.faults) print_error(concat(fault, "; skipped"));
  if (asked.skipped > asked.faults.size()) {
    print_error(concat(asked.skipped, " lines are skipped in total"));
  }
}

// Returns true when every query was answered and nothing else arrived.
bool is_success(const loadgen::Tally& tally) {
  return tally.answered > 0 && tally.answered == tally.sent && tally.wrong == 0;
}

}  // namespace

CLI::App* add_bench(CLI::App& app, BenchOptions& options, std::string& output) {
  CLI::App* bench = app.add_subcommand("bench", "measures a DNS server under load");
  bench->footer(kBenchDetails);
  bench
      ->add_option("ADDRESS", options.server,
                   "ADDRESS[:PORT], [ADDRESS]:PORT or HOST[:PORT] (port 53)")
      ->required();
  add_names(*bench, options);
  add_load(*bench, options);
  add_transport(*bench, options);
  bench->add_option("-o,--output", output, "format of the output (default: text)")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  return bench;
}

int run_bench(const BenchOptions& options) {
  auto asked = make_workload(options);
  if (!asked) return bench_error(asked.error().text, asked.error().code);
  const auto server = find_server(options.server);
  if (!server) return bench_error(server.error().text, server.error().code);
  report_skipped(*asked);

  stop_bench_on_signals();
  const loadgen::LoadOptions load = load_options(options, *server);
  ProgressLine progress(isatty(STDERR_FILENO) == 1);
  const auto report = loadgen::run_load(
      load, asked->workload, bench_stopped,
      [&progress](const loadgen::Tally& tally, double seconds) { progress.show(tally, seconds); });
  progress.end();
  if (!report) return bench_error(report.error(), kExitFailure);
  std::cout << (options.json ? report_json(load, *report, asked->skipped)
                             : report_text(load, *report, asked->skipped));
  std::cout.flush();
  return is_success(report->tally) ? kExitOk : kExitFailure;
}

}  // namespace inlet53::app
