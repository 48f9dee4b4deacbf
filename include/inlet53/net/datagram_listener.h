// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include <sys/socket.h>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Datagram in a slot of its source: the query as received, later the response in the same place.
struct Datagram {
  uint8_t* data = nullptr;  // `capacity` bytes
  uint32_t capacity = 0;
  uint32_t received = 0;  // bytes of the query
  uint32_t response = 0;  // bytes to send back, set by the service; 0: no response
  const sockaddr* peer = nullptr;
};

/// Source of the datagrams to one address. It returns queries in batches and sends their responses.
/// `DatagramListener` drives it. UdpSource, a socket, is the only kind so far. Threads: those of
/// its loop. Cost: no allocation.
class DatagramSource {
 public:
  /// Maximum number of datagrams in a batch: enough to divide the cost of two system calls, few
  /// enough for the L2 cache.
  static constexpr size_t kMaxBatch = 64;

  struct Counts {
    uint64_t received = 0;
    uint64_t oversized = 0;    // longer than a slot, dropped
    uint64_t send_failed = 0;  // responses that were not sent
    uint64_t sent_groups = 0;  // messages that carried more than one response
  };

  DatagramSource() = default;
  virtual ~DatagramSource() = default;
  DatagramSource(const DatagramSource&) = delete;
  DatagramSource& operator=(const DatagramSource&) = delete;

  /// Receives up to kMaxBatch datagrams, each with `response` 0. Fewer mean that no more wait. A
  /// datagram that is longer than a slot is counted and returned as an empty one.
  /// Lifetime: until the next call of any source of the thread.
  [[nodiscard]] virtual std::span<Datagram> poll() noexcept = 0;

  /// Sends the responses of a batch. Counts and skips those that cannot be sent.
  virtual void send(std::span<const Datagram> answered) noexcept = 0;

  /// Copies a response that was not ready with its batch, and sends it with others at the end of
  /// this turn of the loop, or when the source is destroyed.
  virtual void send_late(const SocketAddress& peer, Bytes bytes) noexcept = 0;

  [[nodiscard]] virtual const Counts& counts() const noexcept = 0;

  /// Returns the descriptor that is readable while datagrams wait.
  [[nodiscard]] virtual int descriptor() const noexcept = 0;

  /// Returns the number of datagrams that fill half of the receive buffer.
  [[nodiscard]] virtual size_t half_of_buffer() const noexcept = 0;
};

/// Answers the datagrams of one source. When datagrams wait, and in every turn of the loop while
/// more arrive, it polls a batch, calls the handler and sends the responses. It stops when no
/// datagram waits or after `kMaxBatches`.
/// Threads: the loop's. Cost: that of the source, and no allocation.
class DatagramListener {
 public:
  static constexpr int kMaxBatches = 16;
  /// The listener is behind when it gets this many datagrams in one turn, or enough to fill half of
  /// the source's buffer if that is fewer.
  static constexpr size_t kBehind = kMaxBatches * DatagramSource::kMaxBatch;
  /// Answers a batch of at least one datagram: sets `response` (at most `capacity`) for each that
  /// gets a response. `context` is the constructor's. It must not destroy the listener.
  using Handler = void (*)(void* context, std::span<Datagram> batch) noexcept;

  /// `fell_behind` is called when the listener is behind, at most once per turn. It may be empty
  /// and must not destroy the listener.
  DatagramListener(Loop& loop, std::unique_ptr<DatagramSource> source, Handler handler,
                   void* context, std::function<void()> fell_behind = {});
  ~DatagramListener();
  DatagramListener(const DatagramListener&) = delete;
  DatagramListener& operator=(const DatagramListener&) = delete;

  /// Lifetime: the listener's.
  [[nodiscard]] DatagramSource& source() noexcept;
  [[nodiscard]] const DatagramSource& source() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::net
