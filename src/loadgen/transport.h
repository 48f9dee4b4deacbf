// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>

#include "inlet53/net/socket.h"

namespace inlet53::loadgen {

class Ledger;

/// Sockets of a run: moves messages between the ledger and the server. A channel is one socket,
/// numbered from 0. Threads: one.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Sets the ledger. Requires: called before the methods below. Lifetime: the ledger outlives this
  /// object.
  virtual void attach(Ledger& ledger) noexcept = 0;
  [[nodiscard]] virtual size_t channels() const noexcept = 0;
  /// Sends up to `count` further queries, each on the next channel, and returns how many were sent.
  /// The number is smaller when a socket is full or an error occurs.
  virtual size_t send(size_t count) noexcept = 0;
  /// Receives messages from a channel, up to a limit, and returns their number.
  virtual size_t receive(size_t channel) noexcept = 0;
  /// Waits until a channel is readable or the timeout ends. Returns the readable channels; valid
  /// until the next call.
  virtual std::span<const uint32_t> wait(uint64_t timeout_ns) noexcept = 0;
  /// Returns true when no connection is left that works. The report covers the answers until then.
  [[nodiscard]] virtual bool gave_up() const noexcept { return false; }
  /// Reason why the server cannot be reached; empty unless that shows before the first answer.
  [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

 protected:
  std::string failure_;
};

/// Waits until any of a set of sockets is readable, with nanosecond resolution.
///
/// `Often` registers the sockets once, so that the cost of a wait does not depend on their number.
/// But then the kernel records every datagram that arrives, and over loopback the server pays for
/// that. `Seldom` passes the sockets with each wait and suits callers that mostly poll.
class ReadySet {
 public:
  enum class Use : uint8_t { Often, Seldom };
  ReadySet(Use use, size_t size);

  /// Watches `descriptor` as socket `index`. Requires: the former socket `index` is closed.
  void watch(size_t index, int descriptor) noexcept;
  /// Stops watching socket `index`. Requires: the caller closes it right before or after.
  void forget(size_t index) noexcept;
  /// Returns the indexes of sockets that are readable or failed. Lifetime: until the next call.
  std::span<const uint32_t> wait(uint64_t timeout_ns) noexcept;

 private:
  std::span<const uint32_t> wait_registered(const timespec& timeout) noexcept;
  std::span<const uint32_t> wait_named(const timespec& timeout) noexcept;

  net::Descriptor epoll_;
  std::vector<pollfd> named_;
  std::vector<uint32_t> ready_;
  std::array<epoll_event, 64> events_{};
};

}  // namespace inlet53::loadgen
