// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace inlet53::server {

/// Reason why a query is not forwarded, or why its response is not kept for it: a limit of
/// `[forward]`, or a failure of this host. Each reason has its own counter and its own text for the
/// extended error.
enum class ForwardRefusal : uint8_t {
  QueriesFull,       // max_waiting
  MemoryFull,        // max_waiting_size
  ClientLimit,       // max_waiting_per_client
  ClientShare,       // the client uses its share of the queries that may wait
  ClientMemory,      // … of their memory
  ClientQuestions,   // … of the questions
  ClientAtTargets,   // … of the questions that may wait for the targets of the rule
  QuestionFull,      // max_waiters
  QuestionsFull,     // max_in_flight
  TargetsFull,       // max_in_flight_per_target
  TooManyQuestions,  // one query has caused too many questions
  NotSent,           // this host could not send any query to the targets
};
inline constexpr size_t kForwardRefusals = 12;

/// Returns the name of a reason in the statistics, such as `client_share`.
[[nodiscard]] std::string_view name_of(ForwardRefusal refusal) noexcept;
/// Returns the EXTRA-TEXT for the extended error Other (RFC 8914). Empty for NotSent: its
/// ForwardFailure has the text.
[[nodiscard]] std::string_view text_of(ForwardRefusal refusal) noexcept;

}  // namespace inlet53::server
