// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.h"
#include <unistd.h>

#include "inlet53/base/clock.h"
#include "inlet53/base/file.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/net/child_process.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/process.h"

namespace inlet53::app {

namespace {

constexpr uint64_t kFirstDelayMs = 500;
constexpr uint64_t kMaxDelayMs = 30'000;
constexpr uint64_t kStoodMs = 10'000;     // a run of this length resets the number of failures
constexpr uint32_t kMaxFailures = 5;      // in a row
constexpr uint64_t kStopGraceMs = 5'000;  // a daemon drains for 3 s

std::string describe(net::ChildExit how) {
  if (how.signal == 0) return concat("ended with exit code ", how.status);
  const char* name = sigabbrev_np(how.signal);
  return name == nullptr ? concat("was ended by signal ", how.signal)
                         : concat("was ended by SIG", name);
}

// Returns whether a restart cannot fix this exit code. An address in use may be free at a later
// start, but not at the first.
bool is_hopeless(net::ChildExit how, bool first_run) {
  if (how.signal != 0) return false;
  return how.status == kExitUsage || how.status == kExitConfiguration ||
         (first_run && how.status == kExitCannotBind);
}

/// Daemon to run: its name for messages and its command line.
struct DaemonCommand {
  std::string name;
  std::vector<std::string> arguments;
};

/// Starts daemons, restarts those that fail, and stops them all.
///
/// A daemon that exits with 0 was stopped and is not restarted. Neither is a daemon whose usage or
/// configuration is invalid (2, 3), that cannot bind at its first start (4), or whose program is
/// missing: a restart would not help. At the first start of all daemons, such an exit ends
/// everything with the daemon's exit code. Any other exit is a failure: the daemon is restarted
/// after 0.5 s, then after twice the time, up to 30 s. After five failures in a row without a run
/// of 10 s it is not restarted (systemd's StartLimitBurst is also five).
///
/// HUP starts required daemons that do not run, sends TERM to daemons that are no longer required,
/// and HUP to the others. TERM and INT stop: every daemon gets TERM, and KILL after 5 s. A further
/// TERM or INT is passed on (a daemon then stops at once). USR1 is passed on. Threads: one.
class Supervisor {
 public:
  /// Returns the required daemons, at least one; absent after a logged error, and then nothing is
  /// started or stopped. Called on HUP.
  using Required = std::function<std::optional<std::vector<DaemonCommand>>()>;

  Supervisor(const std::vector<DaemonCommand>& commands, Required required);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Runs until no daemon is left. Returns 0 when they were stopped or exited with 0, else the exit
  /// code to pass on.
  [[nodiscard]] int run();

 private:
  struct Child;
  Child& add(const DaemonCommand& command);
  void start(Child& child);
  void ended(Child& child, net::ChildExit how);
  void failed(Child& child, const std::string& how);
  void give_up(Child& child, const std::string& how, int code, bool first_run);
  void reload();
  void require(Child& child);
  void retire(Child& child);
  void stop();
  void kill_all(int signal);
  void leave_if_idle();

  const Required required_;
  net::Loop loop_;
  std::vector<std::unique_ptr<Child>> children_;
  net::Timer kill_deadline_;
  bool reloaded_ = false;
  bool reloading_ = false;  // daemons are about to start
  bool stopping_ = false;
};

struct Supervisor::Child {
  Child(Supervisor& supervisor, DaemonCommand with)
      : command(std::move(with)),
        restart(supervisor.loop_, [this, &supervisor] { supervisor.start(*this); }),
        kill_deadline(supervisor.loop_, [this] { process->kill(SIGKILL); }) {}

  DaemonCommand command;
  net::Timer restart;
  net::Timer kill_deadline;                    // of a daemon that is no longer required
  std::unique_ptr<net::ChildProcess> process;  // the last one that was started
  bool running = false;
  bool required = true;
  bool retiring = false;  // it got TERM because it was not required
  bool first_run = true;  // since it was required
  uint64_t started_ms = 0;
  uint32_t failures = 0;    // in a row
  int exit_code = kExitOk;  // to pass on when it is not restarted
};

Supervisor::Supervisor(const std::vector<DaemonCommand>& commands, Required required)
    : required_(std::move(required)), kill_deadline_(loop_, [this] {
        log_warning("some daemons did not end in time: killing them");
        kill_all(SIGKILL);
      }) {
  for (const DaemonCommand& command : commands) add(command);
}

Supervisor::~Supervisor() = default;

int Supervisor::run() {
  const net::SignalWatcher term(loop_, SIGTERM, [this] { stop(); });
  const net::SignalWatcher interrupt(loop_, SIGINT, [this] { stop(); });
  const net::SignalWatcher hangup(loop_, SIGHUP, [this] { reload(); });
  const net::SignalWatcher user1(loop_, SIGUSR1, [this] { kill_all(SIGUSR1); });
  const net::StrayChildren strays(loop_);  // as process 1 of a container it gets orphans
  for (const auto& child : children_) start(*child);
  leave_if_idle();
  loop_.run();
  for (const auto& child : children_) {
    if (child->exit_code != kExitOk) return child->exit_code;
  }
  return kExitOk;
}

Supervisor::Child& Supervisor::add(const DaemonCommand& command) {
  return *children_.emplace_back(std::make_unique<Child>(*this, command));
}

void Supervisor::start(Child& child) {
  if (stopping_) return;
  child.started_ms = read_clock().monotonic_ms;
  auto started =
      net::ChildProcess::start(loop_, {.arguments = child.command.arguments},
                               [this, &child](net::ChildExit how) { ended(child, how); });
  if (!started) {
    const std::string how = concat("cannot be started: ", started.error());
    // One that is not in PATH has its bare name.
    const std::string& program = child.command.arguments.front();
    const bool is_missing =
        program.find('/') == std::string::npos || access(program.c_str(), X_OK) != 0;
    return is_missing ? give_up(child, how, kExitFailure, child.first_run) : failed(child, how);
  }
  child.process = std::move(*started);
  child.running = true;
  log_info(concat("started ", child.command.name, ", process ", child.process->pid()));
}

void Supervisor::ended(Child& child, net::ChildExit how) {
  child.running = false;
  child.kill_deadline.stop();
  const bool first_run = std::exchange(child.first_run, false);
  const bool retired = std::exchange(child.retiring, false);
  if (stopping_) {
    log_info(concat(child.command.name, " ", describe(how)));
    leave_if_idle();
  } else if (!child.required) {
    log_info(concat(child.command.name, " ", describe(how), "; it is not required any more"));
    leave_if_idle();
  } else if (retired) {
    require(child);  // again, while it was ending
  } else if (how.signal == 0 && how.status == kExitOk) {
    log_info(concat(child.command.name, " ended by itself; it is not restarted"));
    leave_if_idle();
  } else if (is_hopeless(how, first_run)) {
    give_up(child, describe(how), static_cast<int>(how.status), first_run);
  } else {
    failed(child, describe(how));
  }
}

void Supervisor::failed(Child& child, const std::string& how) {
  if (read_clock().monotonic_ms - child.started_ms >= kStoodMs) child.failures = 0;
  if (++child.failures >= kMaxFailures) {
    log_error(concat(child.command.name, " ", how, "; failed ", child.failures,
                     " times in a row; it is not restarted"));
    child.exit_code = kExitFailure;
    leave_if_idle();
    return;
  }
  const uint64_t delay = std::min(kFirstDelayMs << (child.failures - 1), kMaxDelayMs);
  log_error(concat(child.command.name, " ", how, "; restarting it in ", delay, " ms"));
  child.restart.start(delay);
}

// Stops trying to start a daemon. At the first start of all daemons this ends everything; later the
// other daemons continue.
void Supervisor::give_up(Child& child, const std::string& how, int code, bool first_run) {
  child.exit_code = code;
  if (first_run && !reloaded_) {
    log_error(concat(child.command.name, " ", how));
    return stop();
  }
  log_error(concat(child.command.name, " ", how, "; it is not restarted before HUP"));
  leave_if_idle();
}

void Supervisor::reload() {
  if (stopping_) return;
  const auto required = required_();
  if (!required) return kill_all(SIGHUP);  // the daemons log the errors
  reloaded_ = true;
  reloading_ = true;
  for (const auto& child : children_) {
    const bool is_required = std::any_of(
        required->begin(), required->end(),
        [&](const DaemonCommand& command) { return command.name == child->command.name; });
    if (!is_required) retire(*child);
  }
  for (const DaemonCommand& command : *required) {
    const auto known = std::find_if(children_.begin(), children_.end(), [&](const auto& child) {
      return child->command.name == command.name;
    });
    require(known == children_.end() ? add(command) : **known);
  }
  reloading_ = false;
  leave_if_idle();
}

// Sends HUP to a running daemon; starts another at once.
void Supervisor::require(Child& child) {
  child.required = true;
  if (child.retiring) return;  // it is started when it has ended
  if (child.running) return child.process->kill(SIGHUP);
  child.restart.stop();
  child.first_run = true;
  child.failures = 0;
  child.exit_code = kExitOk;
  start(child);
}

void Supervisor::retire(Child& child) {
  child.required = false;
  child.exit_code = kExitOk;
  child.restart.stop();
  if (!child.running || std::exchange(child.retiring, true)) return;
  log_info(concat("the configuration does not require ", child.command.name, " any more"));
  child.process->kill(SIGTERM);
  child.kill_deadline.start(kStopGraceMs);
}

void Supervisor::stop() {
  if (!std::exchange(stopping_, true)) {
    for (const auto& child : children_) child->restart.stop();
    kill_deadline_.start(kStopGraceMs);
  }
  kill_all(SIGTERM);
  leave_if_idle();
}

void Supervisor::kill_all(int signal) {
  for (const auto& child : children_) {
    if (child->running) child->process->kill(signal);
  }
}

void Supervisor::leave_if_idle() {
  const bool busy = std::any_of(children_.begin(), children_.end(), [](const auto& child) {
    return child->running || child->restart.active();
  });
  if (!busy && !reloading_) loop_.stop();
}

// Finds a program in the directory of our executable, else in PATH, so that a build directory and
// an installation use their own daemons. Returns the bare name when it is not found.
std::string find_daemon(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    std::string beside = (self.parent_path() / name).string();
    if (is_program(beside)) return beside;
  }
  const std::string found = find_program(name);
  return found.empty() ? name : found;
}

std::vector<DaemonCommand> daemons_for(const config::Config& config, const std::string& file) {
  std::vector<DaemonCommand> commands;
  if (topology::calls_for_dns(config.topology)) {
    commands.push_back({"inlet53d", {find_daemon("inlet53d"), "--config", file}});
  }
  if (topology::calls_for_gateway(config.topology)) {
    commands.push_back({"inlet53-gateway", {find_daemon("inlet53-gateway"), "--config", file}});
  }
  return commands;
}

constexpr std::string_view kNoDaemon =
    ": requires no daemon: no resolver endpoint is enabled and no REST API has a stage";

// Daemons that the configuration requires after a reload.
std::optional<std::vector<DaemonCommand>> daemons_now(const std::string& file) {
  const auto config = config::load_config(file);
  if (!config) {
    log_error(concat("reload: ", file, " is invalid: no daemon is started or stopped"));
    return std::nullopt;
  }
  std::vector<DaemonCommand> commands = daemons_for(*config, file);
  if (!commands.empty()) return commands;
  log_error(concat("reload: ", file, kNoDaemon, "; none is started or stopped"));
  return std::nullopt;
}

}  // namespace

int run_up(const UpOptions& options) {
  const auto config = config::load_config(options.file);
  if (!config) {
    for (const config::ConfigError& error : config.error()) log_error(error.to_text());
    return kExitConfiguration;
  }
  // The daemons may have another working directory when they read the files.
  const std::string file = absolute_path(options.file);
  const std::vector<DaemonCommand> commands = daemons_for(*config, file);
  if (commands.empty()) {
    log_error(concat(options.file, kNoDaemon));
    return kExitConfiguration;
  }
  return Supervisor(commands, [&file] { return daemons_now(file); }).run();
}

}  // namespace inlet53::app
