// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "client_shares.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/server/forward_refusal.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::server {

/// What clients have of the limits of `[forward]`, and whether one may have more: the queries that
/// wait and their memory, the questions that are asked for them, and of these the ones at the
/// targets of one rule. Each client may have a fair share (`may_have_another`). Clients are
/// networks (`client_network`); 0.0.0.0 stands for what the cache asks for itself. Threads: one.
/// Cost: O(1).
class ForwardShares {
 public:
  /// Octets that a query which waits is taken to need beside its message.
  static constexpr uint64_t kQueryOctets = settings::Forward::kQueryOctets;

  explicit ForwardShares(const settings::Forward& limits) noexcept : limits_(limits) {}

  /// Returns why no query of `client` with a message of so many octets may wait; absent: it may.
  [[nodiscard]] std::optional<ForwardRefusal> refuse_query(const IpAddress& client,
                                                           uint64_t message) const noexcept;
  /// A query waits, and takes `octets` (kQueryOctets included).
  void add_query(const IpAddress& client, uint64_t octets);
  void remove_query(const IpAddress& client, uint64_t octets);
  /// A query that waits takes `octets` more. False: it may not.
  [[nodiscard]] bool grow_query(const IpAddress& client, uint64_t octets);

  /// Questions that wait for some targets, and how many may.
  struct Places {
    uint64_t used = 0;
    uint64_t limit = 0;
  };
  /// Returns why no question of `client` may be asked at the targets with this number, where the
  /// places are so, as one of `questions` in all; absent: it may.
  [[nodiscard]] std::optional<ForwardRefusal> refuse_question(const IpAddress& client,
                                                              uint32_t targets,
                                                              const Places& places,
                                                              uint64_t questions) const noexcept;
  void add_question(const IpAddress& client, uint32_t targets);
  void remove_question(const IpAddress& client, uint32_t targets);

  /// Of all clients.
  [[nodiscard]] uint64_t queries() const noexcept { return queries_; }
  [[nodiscard]] uint64_t octets() const noexcept { return octets_; }

 private:
  // Parts of ClientShares; numbers of targets lie below.
  static constexpr uint32_t kQueries = UINT32_MAX;
  static constexpr uint32_t kQuestions = UINT32_MAX - 1;

  const settings::Forward limits_;
  ClientShares shares_;
  uint64_t queries_ = 0;
  uint64_t octets_ = 0;
};

}  // namespace inlet53::server
