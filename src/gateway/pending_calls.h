// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

#include "integrations.h"

#include "inlet53/net/loop.h"

namespace inlet53::gateway {

/// The calls that wait for their integrations. Each has one deadline: the integration's timeout.
/// Threads: the loop's. Lifetime: the loop and the integrations outlive it.
class PendingCalls {
 public:
  /// Receives a call whose deadline has passed. Its integration has forgotten it already.
  using Overdue = std::function<void(std::unique_ptr<Call>)>;

  PendingCalls(net::Loop& loop, Overdue overdue);
  PendingCalls(const PendingCalls&) = delete;
  PendingCalls& operator=(const PendingCalls&) = delete;

  /// Adds a call that `call->integration` has started under `ticket`.
  void add(std::unique_ptr<Call> call, Integration::Ticket ticket);
  /// Removes the call, whose integration is done. Null when it is not here (any more).
  [[nodiscard]] std::unique_ptr<Call> remove(CallId id);
  /// The client has left. Removes and returns the call if its integration ends it, otherwise null.
  [[nodiscard]] std::unique_ptr<Call> cancel(CallId id);

  [[nodiscard]] size_t size() const noexcept { return calls_.size(); }

 private:
  struct Hash {
    size_t operator()(const CallId& id) const noexcept {
      return std::hash<uint64_t>{}(id.connection * 0x9e3779b97f4a7c15ULL + id.stream);
    }
  };
  using Deadlines = std::multimap<uint64_t, CallId>;  // in the loop's milliseconds
  struct Pending {
    std::unique_ptr<Call> call;
    Integration::Ticket ticket = 0;
    Deadlines::iterator deadline;
  };
  using Calls = std::unordered_map<CallId, Pending, Hash>;

  [[nodiscard]] std::unique_ptr<Call> erase(Calls::iterator found);
  void end_overdue();
  void watch_earliest();

  net::Loop& loop_;
  const Overdue overdue_;
  Calls calls_;
  Deadlines deadlines_;
  uint64_t watched_ms_ = UINT64_MAX;  // when the timer fires; UINT64_MAX: it is stopped
  net::Timer timer_;
};

}  // namespace inlet53::gateway
