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

/// A daemon to run: its name for people and its command line.
struct DaemonCommand {
  std::string name;
  std::vector<std::string> arguments;
};

/// Starts daemons, restarts those that fail, and stops them all.
///
/// A daemon that ends with 0 was told to end and stays down. So does one that says that its usage
/// or its configuration is wrong (2, 3), or at its first start that it cannot bind (4), or whose
/// program is missing: another start would not help. If that happens at the first start of all, it
/// ends everything with the daemon's exit code. Any other end is a failure: the daemon is started
/// again after 0.5 s, twice as long each time, at most 30 s; five failures in a row of a daemon
/// that never stood for 10 s, and it stays down (systemd's StartLimitBurst has the same five).
///
/// HUP: daemons that are required now and do not run are started, also those that stayed down;
/// those that are not required any more get TERM; the others get HUP. TERM and INT stop: every
/// daemon gets TERM, after 5 s KILL. Another TERM or INT is passed on (a daemon then stops at
/// once). USR1 is passed on. Threads: one.
class Supervisor {
 public:
  /// What is required now; absent when that cannot be told (it was logged), and nothing is started
  /// or stopped then. Not empty. Called on HUP.
  using Required = std::function<std::optional<std::vector<DaemonCommand>>()>;

  Supervisor(const std::vector<DaemonCommand>& commands, Required required);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Runs until no daemon is left. Returns 0 when they were stopped or ended by themselves, else
  /// the exit code to pass on.
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
  bool reloading_ = false;  // not idle: daemons are about to start
  bool stopping_ = false;
};

}  // namespace inlet53::app
