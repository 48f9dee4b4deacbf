#include "bench.h"

#include <atomic>
#include <csignal>
#include <iostream>
#include <string_view>

#include "bench_report.h"
#include "bench_server.h"
#include "bench_workload.h"
#include <unistd.h>

#include "inlet53/base/exit_code.h"
#include "inlet53/base/text.h"
#include "inlet53/loadgen/load_run.h"

namespace inlet53::app {

namespace {

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

// Everything was answered, and nothing else came.
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
