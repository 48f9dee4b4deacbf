// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include <sys/eventfd.h>

#include "inlet53/net/datagram_listener.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

/// Source without a socket: a test adds queries and reads the responses. Its descriptor, an
/// eventfd, is readable while queries wait.
class TestSource final : public DatagramSource {
 public:
  static constexpr size_t kSlotSize = 512;

  explicit TestSource(const SocketAddress& peer) : descriptor_(eventfd(0, EFD_NONBLOCK)) {
    peer.to_sockaddr(peer_);
  }

  void put(Bytes query) {
    waiting_.emplace_back(query.begin(), query.end());
    const uint64_t one = 1;
    EXPECT_EQ(write(descriptor_.get(), &one, sizeof one), ssize_t{sizeof one});
  }

  std::vector<std::vector<uint8_t>> responses;       // of all batches, one by one
  std::vector<std::vector<uint8_t>> late_responses;  // in the order of the calls
  size_t polls = 0;
  size_t buffer_half = SIZE_MAX;
  Counts counted;

  //--- DatagramSource
  std::span<Datagram> poll() noexcept override {
    ++polls;
    size_t count = 0;
    for (; count < kMaxBatch && !waiting_.empty(); ++count) {
      const std::vector<uint8_t> query = std::move(waiting_.front());
      waiting_.pop_front();
      std::copy(query.begin(), query.end(), slots_[count].begin());
      batch_[count] = {.data = slots_[count].data(),
                       .capacity = kSlotSize,
                       .received = static_cast<uint32_t>(query.size()),
                       .peer = reinterpret_cast<const sockaddr*>(&peer_)};
    }
    uint64_t events = 0;
    if (waiting_.empty()) static_cast<void>(!read(descriptor_.get(), &events, sizeof events));
    return {batch_.data(), count};
  }
  void send(std::span<const Datagram> answered) noexcept override {
    for (const Datagram& each : answered) {
      if (each.response > 0) responses.emplace_back(each.data, each.data + each.response);
    }
  }
  void send_late(const SocketAddress&, Bytes bytes) noexcept override {
    late_responses.emplace_back(bytes.begin(), bytes.end());
  }
  [[nodiscard]] const Counts& counts() const noexcept override { return counted; }
  [[nodiscard]] int descriptor() const noexcept override { return descriptor_.get(); }
  [[nodiscard]] size_t half_of_buffer() const noexcept override { return buffer_half; }

 private:
  Descriptor descriptor_;
  sockaddr_storage peer_{};
  std::deque<std::vector<uint8_t>> waiting_;
  std::array<std::array<uint8_t, kSlotSize>, kMaxBatch> slots_{};
  std::array<Datagram, kMaxBatch> batch_{};
};

}  // namespace inlet53::net
