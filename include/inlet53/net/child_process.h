// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/net/confinement.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

/// How a child process ended.
struct ChildExit {
  int64_t status = 0;  // its exit status, when it ended by itself
  int signal = 0;      // the signal that ended it, else 0
};

/// How a child process starts.
struct ChildOptions {
  /// The program and its arguments; not empty. A program without a slash is looked up in this
  /// process's PATH.
  std::vector<std::string> arguments;
  /// `NAME=value`, all that it gets; absent: this process's own environment.
  std::optional<std::vector<std::string>> environment{};
  std::string folder{};      // its working folder; empty: this process's
  std::string_view input{};  // all that its stdin holds; empty: /dev/null
  int output = -1;           // becomes its stdout and stderr; -1: it inherits this process's
  int death_signal = 15;     // what it gets when this process dies, however that dies; SIGTERM
  bool end_group = false;    // when it ends, SIGKILL for what is left of its process group
  /// For a program that is not trusted; absent: it is as this process.
  std::optional<Confinement> confinement{};
};

/// One child process. It has no descriptor of this process but stdin, stdout and stderr; signals
/// are unblocked and at their defaults. Threads: the loop's.
/// Lifetime: destroying it does not end the process; its end is then not reported.
class ChildProcess {
 public:
  /// Starts the program in a process group of its own, so that a terminal's ^C reaches this process
  /// only. `ended` is called once, from the loop; it may destroy the ChildProcess.
  /// Errors: why it could not be started, the program's (or the folder's) name first.
  /// Requires: the calling thread lives as long as this process (the kernel sends `death_signal`
  /// when the *thread* that forked ends), and the program has no set-user-ID bit or file
  /// capabilities (they clear it). Source: prctl(2), PR_SET_PDEATHSIG.
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>, std::string> start(
      Loop& loop, const ChildOptions& options, std::function<void(ChildExit)> ended);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] int pid() const noexcept;
  /// Sends it a signal; nothing happens when it has ended. Never hits another process: it goes by
  /// pidfd, not by number.
  void kill(int signal) noexcept;
  /// Sends a signal to every process of its group; nothing happens when it has ended. A process
  /// that has moved to another group is not reached.
  void kill_group(int signal) noexcept;
  /// Kills its group and waits for its end, so that no zombie is left; `ended` does not come any
  /// more. Gives up after a second, for a process that is stuck in the kernel.
  void end_now() noexcept;

 private:
  struct Handle;
  explicit ChildProcess(Handle* handle);
  Handle* handle_;
};

}  // namespace inlet53::net
