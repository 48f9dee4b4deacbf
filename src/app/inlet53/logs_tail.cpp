// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "commands.h"
#include <unistd.h>

#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"

namespace inlet53::app {

namespace {

// A signal handler can only access global variables.
std::atomic<bool> tail_stopped{false};

void stop_tail_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { tail_stopped.store(true); };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a reader such as `head` may end before us
}

bool wants_color() {
  const auto value = [](const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? std::string_view{} : std::string_view{text};
  };
  return isatty(STDOUT_FILENO) == 1 && value("NO_COLOR").empty() && value("TERM") != "dumb";
}

// Returns the path of the query log, or an exit code.
Result<std::string, int> log_file(const LogsTailOptions& options) {
  if (!options.file.empty()) return options.file;
  const auto config = config::load_config(options.config);
  if (!config) {
    for (const config::ConfigError& error : config.error()) print_error(error.to_text());
    return Unexpected(int{kExitConfiguration});
  }
  if (config->settings.dns.query_log.file.empty()) {
    print_error(concat(options.config, ": has no query log"));
    return Unexpected(int{kExitConfiguration});
  }
  return config->settings.dns.query_log.file;
}

}  // namespace

int run_logs_tail(const LogsTailOptions& options) {
  auto filter = logs::LogFilter::parse(options.filter);
  if (!filter) {
    print_error(filter.error());
    return kExitUsage;
  }
  auto file = log_file(options);
  if (!file) return file.error();

  stop_tail_on_signals();
  logs::TailOptions tail;
  tail.file = std::move(*file);
  tail.records = options.records;
  tail.follow = options.follow;
  tail.filter = std::move(*filter);
  tail.format = options.format;
  tail.color = wants_color();
  const auto counts = logs::run_tail(tail, STDOUT_FILENO, tail_stopped);
  if (!counts) {
    print_error(counts.error());
    return kExitFailure;
  }
  return kExitOk;
}

}  // namespace inlet53::app
