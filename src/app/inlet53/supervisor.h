// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inlet53/net/child_process.h"
#include "inlet53/net/loop.h"

namespace inlet53::app {

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

}  // namespace inlet53::app
