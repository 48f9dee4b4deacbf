// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "inlet53/settings/dns_daemon.h"

/// Dependencies between the limits of `[forward]`: UDP sockets, the questions that wait for
/// targets, and the queries that are sent for them.
namespace inlet53::settings {

/// Queries of one question to one target. Source: RFC 9520 §3.1.
inline constexpr uint32_t kSendsPerTarget = 3;
/// Maximum of queries that wait on one socket when sockets run out.
inline constexpr uint32_t kQueriesPerSocket = 64;
/// Time that a query waits for a late response after its question has failed, in milliseconds.
inline constexpr uint32_t kLateMs = 1000;
/// One target gets two thirds of the sockets.
inline constexpr uint32_t kTargetShareParts = 2;
inline constexpr uint32_t kTargetShareOf = 3;

/// Returns how many UDP sockets are necessary for as many questions as the limits allow, at one
/// target and in all, when no target responds: each question sends `kSendsPerTarget` queries within
/// `query_timeout`, and their sockets wait for `kLateMs` longer. At most 65536.
[[nodiscard]] constexpr uint32_t sockets_for(const Forward& forward) noexcept {
  constexpr uint64_t kMost = 65'536;
  const auto sockets = [&](uint64_t questions) {
    const uint64_t timeout = forward.query_timeout_ms;
    const uint64_t waits = questions * kSendsPerTarget * (timeout + kLateMs) / timeout;
    return (waits + kQueriesPerSocket - 1) / kQueriesPerSocket;
  };
  const uint64_t at_one_target =
      (sockets(forward.max_in_flight_per_target) * kTargetShareOf + kTargetShareParts - 1) /
      kTargetShareParts;
  const uint64_t needed = std::max(at_one_target, sockets(forward.max_in_flight));
  return static_cast<uint32_t>(std::min(needed, kMost));
}

}  // namespace inlet53::settings
