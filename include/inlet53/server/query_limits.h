// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "inlet53/base/bytes.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/resolver/state.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::server {

/// Rate limit of one key: `per_second` on average, `burst` at once.
struct Rate {
  uint32_t per_second = 0;  // at least 1
  uint32_t burst = 1;       // at least 1
};

/// Checks the rates of any number of keys in 512 KiB of memory.
///
/// A table with one leaky bucket per key could be filled by a client with many addresses. Here each
/// key has a place in each of four rows, which a secret hash selects. A place stores the time at
/// which a bucket is empty, and several keys share it. The emptiest of its four places is the
/// bucket of a key. So other keys affect a key only if all its four places are shared with busy
/// keys: one key in 80,000 while a thousand keys are busy.
///
/// Threads: any, at the same time. Queries that two threads check at the same moment may count as
/// one. Cost: a hash, four loads and four stores; no allocation, no lock.
/// Source: GCRA (ITU-T I.371); count-min sketch with conservative update (Estan, Varghese 2002).
class RateLimiter {
 public:
  RateLimiter();

  /// Counts one event of `key` and returns whether it is within `rate`. An event over the rate does
  /// not count. `key`: at most 64 bytes. `now_ms`: of any monotonic clock.
  [[nodiscard]] bool allow(Bytes key, Rate rate, uint64_t now_ms) noexcept;

 private:
  static constexpr size_t kRows = 4;
  static constexpr size_t kPlaces = 16384;  // a row; a power of two
  using Row = std::array<std::atomic<uint64_t>, kPlaces>;

  std::array<uint8_t, 16> secret_;
  std::unique_ptr<std::array<Row, kRows>> rows_;  // nanoseconds of the clock
};

/// Returns the network that counts as one client: an IPv4 address itself, or the /56 of an IPv6
/// address, because one host may use any number of its addresses.
inline IpAddress client_network(const IpAddress& client) noexcept {
  constexpr size_t kIpv6Network = 56 / 8;
  if (client.is_v4()) return client;
  std::array<uint8_t, 16> octets{};
  std::copy_n(client.bytes().begin(), kIpv6Network, octets.begin());
  return IpAddress::from_bytes(octets);
}

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
  /// over the client's limit does not count for the address. `now_ms`: as for RateLimiter::allow.
  [[nodiscard]] bool allow(const resolver::EndpointAddress& address, const IpAddress& client,
                           uint64_t now_ms) noexcept;

 private:
  const bool aws_quotas_;
  const Rate client_rate_;  // per_second 0: none
  const CidrSet unlimited_clients_;
  RateLimiter addresses_;
  RateLimiter clients_;
};

}  // namespace inlet53::server
