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

/// A pipe that child processes write into and the loop reads: stdout and stderr in one, so that
/// their order is kept. A flood is taken in slices, one in each turn of the loop, so that nobody
/// else waits for it. Threads: the loop's.
class OutputPipe {
 public:
  /// Octets as they came, at most 64 KiB of them. May destroy the pipe, unless called by `drain`.
  /// Lifetime of the octets: the call's.
  using Received = std::function<void(Bytes)>;

  /// Errors: what pipe2 gave, for people.
  [[nodiscard]] static Result<std::unique_ptr<OutputPipe>, std::string> open(Loop& loop,
                                                                             Received received);
  OutputPipe(const OutputPipe&) = delete;
  OutputPipe& operator=(const OutputPipe&) = delete;

  /// The end for ChildOptions::output, until `close_write_end`.
  [[nodiscard]] int write_end() const noexcept { return write_end_.get(); }
  /// Leaves the pipe to the children that have its end already.
  void close_write_end() noexcept { write_end_.reset(); }
  /// Hands over what was written up to now, without waiting; stops after a few hundred KiB, for a
  /// child that writes as fast as it is read.
  void drain();

 private:
  OutputPipe(Loop& loop, Descriptor read_end, Descriptor write_end, Received received);
  [[nodiscard]] bool read_some();

  Descriptor read_end_;
  Descriptor write_end_;
  Received received_;
  std::optional<ReadWatcher> watcher_;  // absent once every writer is gone
};

}  // namespace inlet53::net
