// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "client_shares.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/server/forward_refusal.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::server {

/// Shares of clients in the limits of `[forward]`: waiting queries, their memory, their questions,
/// and their questions to the targets of one rule. Each client may have a fair share
/// (`may_have_another`). Clients are networks (`client_network`); 0.0.0.0 stands for refreshes of
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

}  // namespace inlet53::server
