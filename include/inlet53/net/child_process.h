// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/net/confinement.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// How a child process ended.
struct ChildExit {
  int64_t status = 0;  // its exit status, when it ended by itself
  int signal = 0;      // the signal that ended it, else 0
};

/// How a child process starts.
struct ChildOptions {
  /// Program and arguments; not empty. A program without a slash is looked up in this process's
  /// PATH.
  std::vector<std::string> arguments;
  /// Complete environment, as `NAME=value`; absent: this process's environment.
  std::optional<std::vector<std::string>> environment{};
  std::string folder{};      // its working directory; empty: this process's
  std::string_view input{};  // complete stdin; empty: /dev/null
  int output = -1;           // becomes its stdout and stderr; -1: it inherits those of this process
  int death_signal = 15;     // signal that it gets when this process ends in any way; SIGTERM
  bool end_group = false;    // sends SIGKILL to the rest of its process group when it ends
  /// For an untrusted program; absent: it has the rights of this process.
  std::optional<Confinement> confinement{};
};

/// Child process. It has no descriptor of this process except stdin, stdout and stderr. Its signals
/// are unblocked and have default actions. Threads: the loop's.
/// Lifetime: the destructor does not end the process; its end is then not reported.
class ChildProcess {
 public:
  /// Starts the program in its own process group, so that ^C in a terminal reaches this process
  /// only. `ended` is called once, from the loop; it may destroy the ChildProcess.
  /// Errors: the reason as a text that starts with the name of the program or directory.
  /// Requires: the calling thread lives as long as this process, because the kernel sends
  /// `death_signal` when the *thread* that forked ends. The program has no set-user-ID bit or file
  /// capabilities, which clear this signal. Source: prctl(2), PR_SET_PDEATHSIG.
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>, std::string> start(
      Loop& loop, const ChildOptions& options, std::function<void(ChildExit)> ended);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] int pid() const noexcept;
  /// Sends a signal. Does nothing when the process has ended. Uses the pidfd, so it never reaches
  /// another process.
  void kill(int signal) noexcept;
  /// Sends a signal to every process of its group. Does nothing when the process has ended. Does
  /// not reach a process that has moved to another group.
  void kill_group(int signal) noexcept;
  /// Kills its group and waits for the end, so that no zombie is left. `ended` is not called after
  /// this. Stops waiting after one second, for a process that is blocked in the kernel.
  void end_now() noexcept;

 private:
  struct Handle;
  explicit ChildProcess(Handle* handle);
  Handle* handle_;
};

/// Pipe that child processes write to and the loop reads. It carries stdout and stderr together, in
/// their order. Each turn of the loop reads a limited part, so that a flood does not delay other
/// work. Threads: the loop's.
class OutputPipe {
 public:
  /// Receives bytes in their order, at most 64 KiB. May destroy the pipe, except inside `drain`.
  /// Lifetime of the bytes: the call's.
  using Received = std::function<void(Bytes)>;

  /// Errors: the error of pipe2, as a text.
  [[nodiscard]] static Result<std::unique_ptr<OutputPipe>, std::string> open(Loop& loop,
                                                                             Received received);
  OutputPipe(const OutputPipe&) = delete;
  OutputPipe& operator=(const OutputPipe&) = delete;

  /// Returns the end for ChildOptions::output. Valid until `close_write_end`.
  [[nodiscard]] int write_end() const noexcept { return write_end_.get(); }
  /// Closes this process's write end. Children keep theirs.
  void close_write_end() noexcept { write_end_.reset(); }
  /// Passes on the bytes written up to now, without waiting. Stops after a few hundred KiB, in case
  /// a child writes as fast as this reads.
  void drain();

 private:
  OutputPipe(Loop& loop, Descriptor read_end, Descriptor write_end, Received received);
  [[nodiscard]] bool read_some();

  Descriptor read_end_;
  Descriptor write_end_;
  Received received_;
  std::optional<ReadWatcher> watcher_;  // absent after every writer has closed its end
};

}  // namespace inlet53::net
