// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include <netinet/in.h>

#include "inlet53/base/check.h"
#include "inlet53/net/datagram_listener.h"

namespace inlet53::net {

/// Copies of delayed responses, kept until they are sent together. Threads: one. Cost: `add`
/// copies; the system allocates memory at its first use.
class LateResponses {
 public:
  static constexpr size_t kMost = DatagramSource::kMaxBatch;
  static constexpr size_t kBytes = size_t{64} << 10;

  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): peers_, used as needed
  LateResponses() : bytes_(new uint8_t[kBytes]) {}

  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] bool has_room(size_t bytes) const noexcept {
    return count_ < kMost && kBytes - used_ >= bytes;
  }

  /// Requires: there is room.
  void add(const SocketAddress& peer, Bytes response) noexcept {
    INLET53_CHECK(has_room(response.size()));
    uint8_t* at = bytes_.get() + used_;
    std::memcpy(at, response.data(), response.size());
    peer.to_sockaddr(peers_[count_]);
    const auto size = static_cast<uint32_t>(response.size());
    datagrams_[count_] = {.data = at,
                          .capacity = size,
                          .response = size,
                          .peer = reinterpret_cast<const sockaddr*>(&peers_[count_])};
    used_ += response.size();
    ++count_;
  }

  /// Lifetime: until the next `add`.
  [[nodiscard]] std::span<const Datagram> all() const noexcept {
    return {datagrams_.data(), count_};
  }
  void clear() noexcept { count_ = used_ = 0; }

 private:
  std::array<Datagram, kMost> datagrams_{};
  std::array<sockaddr_storage, kMost> peers_;
  std::unique_ptr<uint8_t[]> bytes_;
  size_t count_ = 0;
  size_t used_ = 0;
};

}  // namespace inlet53::net
