#pragma once

#include <cstdint>
#include <memory>
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
/// A daemon that ends with 0 was told to end and stays down. One that says at its first start that
/// its usage, configuration or addresses are wrong (2, 3, 4) ends everything with its exit code.
/// Any other end is a failure: the daemon is started again after 0.5 s, twice as long each time, at
/// most 30 s; five failures in a row of a daemon that never stood for 10 s, and it stays down
/// (systemd's StartLimitBurst has the same five). TERM and INT stop: every daemon gets TERM, after
/// 5 s KILL. Another TERM or INT is passed on (a daemon then stops at once). HUP and USR1 are
/// passed on. Threads: one.
class Supervisor {
 public:
  explicit Supervisor(std::vector<DaemonCommand> commands);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Runs until no daemon is left. Returns 0 when they were stopped or ended by themselves, else
  /// the exit code to pass on.
  [[nodiscard]] int run();

 private:
  struct Child;
  void start(Child& child);
  void ended(Child& child, net::ChildExit how);
  void failed(Child& child, const std::string& how);
  void stop();
  void kill_all(int signal);
  void leave_if_idle();

  net::Loop loop_;
  std::vector<std::unique_ptr<Child>> children_;
  net::Timer kill_deadline_;
  bool stopping_ = false;
  int exit_code_ = 0;
};

}  // namespace inlet53::app
