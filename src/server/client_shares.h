// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/random_octets.h"

namespace inlet53::server {

/// Returns whether a client that has `own` of `limit` places, of which all clients together have
/// `used`, may have another. It may while it has fewer than eight times as many as are left
/// (dynamic thresholds, Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory
/// Packet Switches", 1998). So a client that is alone gets eight ninths; when places run out, the
/// client with the most is refused first; and some places are left for each that comes later.
[[nodiscard]] constexpr bool may_have_another(uint64_t own, uint64_t used,
                                              uint64_t limit) noexcept {
  constexpr uint64_t kTimesWhatIsLeft = 8;
  return used < limit && own < kTimesWhatIsLeft * (limit - used);
}

/// What each client uses of the parts of something that is limited: a hash table of sums, which has
/// an entry only while a client uses anything of a part.
/// Threads: one. Cost: O(1); memory is that of the most entries that there were at once, and is
/// given back when a quarter of them is left.
class ClientShares {
 public:
  struct Use {
    uint32_t count = 0;
    uint64_t octets = 0;
  };

  ClientShares() : seed_(RandomOctets().u64()) {}

  /// `client` uses one more of `part`, and `octets` of memory for it. Clients are told apart as
  /// addresses: the caller maps networks.
  void add(const IpAddress& client, uint32_t part, uint64_t octets = 0);
  /// It uses `octets` more. Requires: it uses some of `part`.
  void grow(const IpAddress& client, uint32_t part, uint64_t octets);
  /// Takes back one `add`, and `octets` of those that were added. Requires: there were as many.
  void remove(const IpAddress& client, uint32_t part, uint64_t octets = 0);
  [[nodiscard]] Use use_of(const IpAddress& client, uint32_t part) const noexcept;

  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] size_t memory_octets() const noexcept { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    IpAddress client;
    uint32_t part = 0;
    Use use;  // count 0: the slot is free
  };

  [[nodiscard]] size_t home(const IpAddress& client, uint32_t part) const noexcept;
  /// The slot of the pair, or the free one where it belongs. Requires: there is a free one.
  [[nodiscard]] size_t place_of(const IpAddress& client, uint32_t part) const noexcept;
  void resize(size_t slots);
  void free_slot(size_t at) noexcept;

  const uint64_t seed_;      // so that no client can choose addresses that fall together
  std::vector<Slot> slots_;  // a power of two, or none; at most half full
  size_t size_ = 0;
};

}  // namespace inlet53::server
