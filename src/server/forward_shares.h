// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/random.h"
#include "inlet53/resolver/rule_index.h"
#include "inlet53/server/worker_counts.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::server {

/// Returns whether a client that uses `own` of `limit` places may use another; all clients together
/// use `used`. It may while it uses fewer than eight times the number of free places (dynamic
/// thresholds, Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet
/// Switches", 1998). So a single client gets eight ninths of the places. When few places are free,
/// the client with the most places is refused first, and other clients still get some.
[[nodiscard]] constexpr bool may_use_another(uint64_t own, uint64_t used, uint64_t limit) noexcept {
  constexpr uint64_t kTimesFree = 8;
  return used < limit && own < kTimesFree * (limit - used);
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

  ClientShares() : seed_(RandomBytes().u64()) {}

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

/// Shares of clients in the limits of `[forward]`: waiting queries, their memory, their questions,
/// and their questions to the targets of one rule. Each client may have a fair share
/// (`may_use_another`). Clients are networks (`client_network`); 0.0.0.0 stands for refreshes of
/// the cache. Threads: one. Cost: O(1).
class ForwardShares {
 public:
  /// Assumed memory of a waiting query in bytes, without its message.
  static constexpr uint64_t kQueryOctets = settings::Forward::kQueryOctets;

  explicit ForwardShares(const settings::Forward& limits) noexcept : limits_(limits) {}

  /// Returns why a query of `client` with a message of so many bytes may not wait; absent: it may.
  [[nodiscard]] std::optional<ForwardRefusal> refuse_query(const IpAddress& client,
                                                           uint64_t message) const noexcept;
  /// Counts a waiting query that uses `octets` bytes, including kQueryOctets.
  void add_query(const IpAddress& client, uint64_t octets);
  void remove_query(const IpAddress& client, uint64_t octets);
  /// Adds `octets` bytes to a waiting query. Returns false if a limit forbids it.
  [[nodiscard]] bool grow_query(const IpAddress& client, uint64_t octets);

  /// Number of questions that wait for the targets of a rule, and its limit.
  struct Places {
    uint64_t used = 0;
    uint64_t limit = 0;
  };
  /// Returns why a question of `client` may not be sent to the targets with this number; absent: it
  /// may. `places`: those of the targets. `questions`: number of all questions in flight.
  [[nodiscard]] std::optional<ForwardRefusal> refuse_question(const IpAddress& client,
                                                              uint32_t targets,
                                                              const Places& places,
                                                              uint64_t questions) const noexcept;
  void add_question(const IpAddress& client, uint32_t targets);
  void remove_question(const IpAddress& client, uint32_t targets);

  /// Number of waiting queries, and their bytes, of all clients.
  [[nodiscard]] uint64_t queries() const noexcept { return queries_; }
  [[nodiscard]] uint64_t octets() const noexcept { return octets_; }

 private:
  // Parts of ClientShares; smaller values are numbers of targets.
  static constexpr uint32_t kQueries = UINT32_MAX;
  static constexpr uint32_t kQuestions = UINT32_MAX - 1;

  const settings::Forward limits_;
  ClientShares shares_;
  uint64_t queries_ = 0;
  uint64_t octets_ = 0;
};

/// Numbers for the targets of rules. Rules with the same targets and source addresses have the same
/// number, also after a reload, so that the shares of a client count for all of them. Threads: one.
/// Cost: O(n log n) for n rules, at a reload.
class TargetNumbers {
 public:
  void assign(const std::vector<resolver::ForwardRule>& rules);
  /// Returns the number for a rule by its index in the last `assign`.
  [[nodiscard]] uint32_t operator[](uint32_t rule) const noexcept { return numbers_[rule]; }

 private:
  std::map<std::string, uint32_t> known_;
  std::vector<uint32_t> numbers_;
  uint32_t next_ = 0;
};

}  // namespace inlet53::server
