// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace inlet53::server {

/// Why a query is not forwarded, or its response is not kept for it: a limit of `[forward]`, or a
/// failure of this host. Each is counted by itself, and has an extended error text of its own.
enum class ForwardRefusal : uint8_t {
  QueriesFull,       // max_waiting
  MemoryFull,        // max_waiting_size
  ClientLimit,       // max_waiting_per_client
  ClientShare,       // the client has its share of the queries that may wait
  ClientMemory,      // … of their memory
  ClientQuestions,   // … of the questions
  ClientAtTargets,   // … of the places at the targets of the rule
  QuestionFull,      // max_waiters
  QuestionsFull,     // max_in_flight
  TargetsFull,       // max_in_flight_per_target
  TooManyQuestions,  // one query has led to so many questions
  NotSent,           // this host could not send any query to the targets
};
inline constexpr size_t kForwardRefusals = 12;

/// Names a reason in the statistics: `client_share`.
[[nodiscard]] std::string_view name_of(ForwardRefusal refusal) noexcept;
/// The text beside the extended error (RFC 8914: Other). Empty for NotSent, whose failure has one.
[[nodiscard]] std::string_view text_of(ForwardRefusal refusal) noexcept;

}  // namespace inlet53::server
