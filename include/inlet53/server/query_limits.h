// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "inlet53/base/cidr.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/rate_limiter.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::server {

/// How many queries a second are answered: of each endpoint IP address, as AWS has it, and of each
/// client, for protection. What is over is dropped before it is read, as at AWS, where the network
/// interface drops it: no answer, no record.
/// Threads: any; one serves all workers.
/// Source: Route 53 Developer Guide, "Best practices for Resolver", on scaling endpoints: 10,000
/// queries a second for an address, 1,500 where security groups make connections tracked.
class QueryLimits {
 public:
  static constexpr uint32_t kAwsQueries = 10'000;
  static constexpr uint32_t kAwsTrackedQueries = 1'500;
  /// AWS says nothing of bursts: a tenth of a second's queries may come at once.
  static constexpr uint32_t kAwsBursts = 10;

  /// Null where `settings` limit nothing, so that queries pay nothing.
  [[nodiscard]] static std::shared_ptr<QueryLimits> make(const settings::Limits& settings);
  explicit QueryLimits(const settings::Limits& settings);

  /// Counts one query of `client` to `address`; false: it is over a limit. One that the client has
  /// used up does not count for the address. `now_ms`: as RateLimiter::admit.
  [[nodiscard]] bool admit(const resolver::EndpointAddress& address, const IpAddress& client,
                           uint64_t now_ms) noexcept;

 private:
  const bool aws_quotas_;
  const Rate client_rate_;  // per_second 0: none
  const CidrSet unlimited_clients_;
  RateLimiter addresses_;
  RateLimiter clients_;
};

}  // namespace inlet53::server
