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

/// Limits the queries per second of each endpoint IP address, as AWS does, and of each client, as a
/// protection. A query over a limit is dropped before it is parsed: it gets no response and no
/// record. At AWS, the network interface drops it. Threads: any; all workers share one object.
/// Source: Route 53 Developer Guide, "Best practices for Resolver", on scaling endpoints: 10,000
/// queries per second for an address, 1,500 if its security groups track connections.
class QueryLimits {
 public:
  static constexpr uint32_t kAwsQueries = 10'000;
  static constexpr uint32_t kAwsTrackedQueries = 1'500;
  /// Divisor of the rate: a tenth of the queries of one second may arrive at once. AWS does not
  /// document bursts.
  static constexpr uint32_t kAwsBursts = 10;

  /// Returns null if `settings` have no limit; queries then have no cost.
  [[nodiscard]] static std::shared_ptr<QueryLimits> make(const settings::Limits& settings);
  explicit QueryLimits(const settings::Limits& settings);

  /// Counts one query of `client` to `address` and returns whether it is within the limits. A query
  /// over the client's limit does not count for the address. `now_ms`: as for RateLimiter::admit.
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
