// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/random_octets.h"

namespace inlet53::server {

/// Returns whether a client that uses `own` of `limit` places may use another; all clients together
/// use `used`. It may while it uses fewer than eight times the number of free places (dynamic
/// thresholds, Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet
/// Switches", 1998). So a single client gets eight ninths of the places. When few places are free,
/// the client with the most places is refused first, and other clients still get some.
[[nodiscard]] constexpr bool may_have_another(uint64_t own, uint64_t used,
                                              uint64_t limit) noexcept {
  constexpr uint64_t kTimesWhatIsLeft = 8;
  return used < limit && own < kTimesWhatIsLeft * (limit - used);
}

/// Use of limited resources ("parts") by each client: a hash table of sums. A client has an entry
/// only while it uses a part. Threads: one. Cost: O(1). The table grows with the entries and
/// shrinks when an eighth of its slots is in use.
class ClientShares {
 public:
  struct Use {
    uint32_t count = 0;
    uint64_t octets = 0;
  };

  ClientShares() : seed_(RandomOctets().u64()) {}

  /// Adds one use of `part` with `octets` bytes of memory. Each address is one client: the caller
  /// maps addresses to networks.
  void add(const IpAddress& client, uint32_t part, uint64_t octets = 0);
  /// Adds `octets` bytes to a use. Requires: the client uses `part`.
  void grow(const IpAddress& client, uint32_t part, uint64_t octets);
  /// Removes one use and `octets` bytes. Requires: they were added.
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
  /// Returns the slot of the pair, or the free slot for it. Requires: there is a free slot.
  [[nodiscard]] size_t place_of(const IpAddress& client, uint32_t part) const noexcept;
  void resize(size_t slots);
  void free_slot(size_t at) noexcept;

  const uint64_t seed_;      // secret: clients cannot choose addresses that collide
  std::vector<Slot> slots_;  // a power of two, or none; at most half are in use
  size_t size_ = 0;
};

}  // namespace inlet53::server
