#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "fetch.h"

#include "inlet53/base/random_octets.h"
#include "inlet53/forward/forwarder.h"

namespace inlet53::forward {

/// The fetches that are under way, by question and by number, and who waits for them.
/// References to fetches stay while they are under way. Questions are hashed with a secret, so that
/// nobody can choose names that fall together.
/// Threads: one. Cost: O(1); memory is taken as it is first needed, and kept.
class FetchTable {
 public:
  /// `limit`: fetches at once, those that only linger included.
  FetchTable(uint32_t limit, RandomOctets& random);

  static constexpr uint32_t kNone = UINT32_MAX;

  [[nodiscard]] uint64_t hash(dns::NameView qname, uint16_t qtype, uint32_t group) const noexcept;
  /// The fetch with this question that can be joined; kNone when there is none.
  [[nodiscard]] uint32_t find(uint64_t hash, dns::NameView qname, uint16_t qtype,
                              uint32_t group) const noexcept;
  /// A fetch in state Asking, not yet to be found. Absent when there are as many as may be.
  [[nodiscard]] std::optional<uint32_t> allocate();
  /// Makes it be found. Requires: its query, group and hash are set.
  void publish(uint32_t index) noexcept;
  /// The contrary.
  void withdraw(uint32_t index) noexcept;
  /// Requires: withdrawn, no waiters.
  void release(uint32_t index);

  [[nodiscard]] Fetch& operator[](uint32_t index) noexcept { return fetches_[index]; }
  [[nodiscard]] size_t size() const noexcept { return fetches_.size() - free_.size(); }

  WaiterId add_waiter(uint32_t fetch, ForwardOwner& owner, uint64_t token);
  /// Takes a waiter off its fetch and says which one that was; absent when it is no more.
  std::optional<uint32_t> remove_waiter(WaiterId waiter);
  /// Takes the first waiter off a fetch; absent when there is none.
  [[nodiscard]] std::optional<Waiter> take_waiter(uint32_t fetch);

  /// Names one attempt of a fetch; it stays what it is when the fetch is gone.
  [[nodiscard]] uint64_t token(uint32_t index, size_t attempt) const noexcept {
    return uint64_t{fetches_[index].generation} << 32 | index << 8 | attempt;
  }
  static constexpr uint32_t kMaxFetches = 1U << 24;
  struct Named {
    uint32_t fetch = kNone;  // kNone: it is gone
    uint8_t attempt = 0;
  };
  [[nodiscard]] Named find(uint64_t token) const noexcept;

 private:
  void unlink(uint32_t index);

  const uint32_t limit_;
  const uint64_t secrets_[2];
  std::deque<Fetch> fetches_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> buckets_;
  std::deque<Waiter> waiters_;
  std::vector<uint32_t> free_waiters_;
};

}  // namespace inlet53::forward
