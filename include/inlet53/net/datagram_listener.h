// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "inlet53/net/datagram_source.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

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
