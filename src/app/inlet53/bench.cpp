#include "bench.h"

#include <atomic>
#include <csignal>
#include <iostream>
#include <string_view>

#include "bench_report.h"
#include "bench_workload.h"
#include <unistd.h>

#include "inlet53/base/exit_code.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/text.h"
#include "inlet53/loadgen/load_run.h"

namespace inlet53::app {

namespace {

constexpr uint16_t kDnsPort = 53;
constexpr double kDefaultSeconds = 10;

// A signal's handler reaches nothing but what is global.
std::atomic<bool> stop_asked{false};

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked.store(true); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second one does what it does by default
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// `10.0.0.1`, `10.0.0.1:5300`, `fd00::1`, `[fd00::1]`, `[fd00::1]:5300`.
std::optional<SocketAddress> parse_server(std::string_view text) {
  if (const auto whole = SocketAddress::parse(text)) {
    return whole->port == 0 ? std::nullopt : whole;
  }
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const auto address = IpAddress::parse(bracketed ? text.substr(1, text.size() - 2) : text);
  if (!address || (bracketed && address->is_v4())) return std::nullopt;
  return SocketAddress{*address, kDnsPort};
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

// Everything was answered, and nothing else came.
bool went_well(const loadgen::Tally& tally) {
  return tally.answered > 0 && tally.answered == tally.sent && tally.wrong == 0;
}

}  // namespace

int run_bench(const BenchOptions& options) {
  const auto server = parse_server(options.server);
  if (!server) return fail(concat("not an address: ", options.server), kExitUsage);
  auto workload = make_workload(options);
  if (!workload) return fail(workload.error().text, workload.error().code);

  stop_on_signals();
  const loadgen::LoadOptions load = load_options(options, *server);
  ProgressLine progress(isatty(STDERR_FILENO) == 1);
  const auto report = loadgen::run_load(
      load, *workload, stop_asked,
      [&progress](const loadgen::Tally& tally, double seconds) { progress.show(tally, seconds); });
  progress.end();
  if (!report) return fail(report.error(), kExitFailure);
  std::cout << (options.json ? report_json(load, *report) : report_text(load, *report));
  std::cout.flush();
  return went_well(report->tally) ? kExitOk : kExitFailure;
}

}  // namespace inlet53::app
