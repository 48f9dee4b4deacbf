// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

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
