// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "inlet53/net/datagram_source.h"
#include "inlet53/net/loop.h"

namespace inlet53::net {

/// Answers the datagrams of one source. When datagrams wait, and in every turn of the loop while
/// they keep coming, it polls a batch, has it answered in place and sends the responses, until no
/// datagram waits or `kMaxBatches` have passed.
/// Threads: the loop's. Cost: that of the source, and no allocation.
class DatagramListener {
 public:
  static constexpr int kMaxBatches = 16;
  /// The listener has fallen behind when it gets so many datagrams in one turn, or as many as fill
  /// half of the source's buffer when those are fewer.
  static constexpr size_t kBehind = kMaxBatches * DatagramSource::kMaxBatch;
  /// Answers a batch of at least one datagram: sets `response` where something goes back (at most
  /// `capacity`). `context` is as given. It must not destroy the listener.
  using Handler = void (*)(void* context, std::span<Datagram> batch) noexcept;

  /// `fell_behind` is called when the listener has fallen behind, at most once a turn. It may be
  /// empty and must not destroy the listener.
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
