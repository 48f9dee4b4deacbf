#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

/// How a child process ended.
struct ChildExit {
  int64_t status = 0;  // its exit status, when it ended by itself
  int signal = 0;      // the signal that ended it, else 0
};

/// One child process. It inherits stdout, stderr and the environment; stdin is /dev/null, signals
/// are unblocked and at their defaults. Threads: the loop's.
/// Lifetime: destroying it does not end the process, and nobody hears of its end any more.
class ChildProcess {
 public:
  /// Starts `arguments[0]` (looked up in PATH when it has no slash) in a process group of its own,
  /// so that a terminal's ^C reaches this process only, and set to get SIGTERM when this process
  /// dies, however it dies. `ended` is called once, from the loop; it may destroy the ChildProcess.
  /// Errors: why it could not be started, the program's name first.
  /// Requires: `arguments` is not empty; the calling thread lives as long as this process (the
  /// kernel sends that SIGTERM when the *thread* that forked ends), and the program has no
  /// set-user-ID bit or file capabilities (they clear it). Source: prctl(2), PR_SET_PDEATHSIG.
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>, std::string> start(
      Loop& loop, const std::vector<std::string>& arguments, std::function<void(ChildExit)> ended);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] int pid() const noexcept;
  /// Sends it a signal; nothing happens when it has ended. Never hits another process: it goes by
  /// pidfd, not by number.
  void kill(int signal) noexcept;

 private:
  struct Handle;
  explicit ChildProcess(Handle* handle);
  Handle* handle_;
};

}  // namespace inlet53::net
