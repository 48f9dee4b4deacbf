#pragma once

#include <cstdint>
#include <optional>

#include "due_list.h"
#include "fetch_table.h"
#include "query_transport.h"
#include "target_choice.h"
#include "target_table.h"

#include "inlet53/base/random_octets.h"
#include "inlet53/dns/answer_chain.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/settings/settings.h"

namespace inlet53::forward {

/// Runs every fetch from its first query to its result: chooses targets, judges what they say,
/// tries again. No socket and no clock: queries leave by a QueryTransport, what happens comes in by
/// a call with the time (microseconds that never jump, above 0), and `next_us` says when `expire`
/// is to be called. So a test can be a script.
///
///   submit ──► ask ──► QueryTransport ──► received ──► take ──► conclude ──► waiters
///               ▲                         undeliverable │
///               └────────── expire ◄────────────────────┘ (the next target)
///
/// Threads: one.
class FetchRunner {
 public:
  FetchRunner(const settings::Forward& settings, QueryTransport& transport, uint64_t now);

  [[nodiscard]] Submitted submit(const ForwardQuery& query, ForwardOwner& owner, uint64_t token,
                                 uint64_t now);
  void cancel(WaiterId waiter, uint64_t now);

  /// A datagram with the id of the query `token` came from where that went. Returns whether it was
  /// waited for; if not, the true one may still come.
  [[nodiscard]] bool received(uint64_t token, Bytes message, uint64_t now);
  /// A message came on a stream, with the id of the query `token`.
  void received_on_stream(uint64_t token, Bytes message, const SocketAddress& from, uint64_t now);
  /// The query `token` could not be delivered. `local`: this host did not send it, which says
  /// nothing about the target.
  void undeliverable(uint64_t token, bool local, uint64_t now);
  /// Its connection could not be made, or broke before a response.
  void stream_failed(uint64_t token, uint64_t now);

  /// Does what is due by `now`.
  void expire(uint64_t now);
  /// When that is to be called next; absent: when something else has happened.
  [[nodiscard]] std::optional<uint64_t> next_us() const noexcept { return due_.next_us(); }

  [[nodiscard]] const ForwardCounts& counts() const noexcept { return counts_; }
  [[nodiscard]] size_t in_flight() const noexcept { return fetches_.size(); }

 private:
  static constexpr uint64_t kStreamTimeoutUs = 900'000;
  static constexpr uint8_t kTriesWithEdns = 2;  // at a target that has never answered

  // Sending
  [[nodiscard]] std::optional<ForwardFailure> ask(uint32_t index, uint64_t now);
  [[nodiscard]] bool send(uint32_t index, size_t place, Attempt::Stream stream, bool probe,
                          uint64_t now);
  [[nodiscard]] static bool may_drop_edns(const Fetch& fetch, const TargetState& state,
                                          size_t place);
  [[nodiscard]] uint64_t patience_us(const Fetch& fetch, const Attempt& attempt);
  void ask_or_conclude(uint32_t index, uint64_t now);
  void send_or_decline(uint32_t index, size_t place, Attempt::Stream stream, uint64_t now);

  // Judging
  bool take_case_change(uint32_t index, Attempt& attempt, uint64_t now);
  void take_response(uint32_t index, Attempt& attempt, Bytes message, uint64_t now);
  void take_error(uint32_t index, Attempt& attempt, dns::Rcode rcode, uint64_t now);
  void decline_unreachable(uint32_t index, Attempt& attempt, uint64_t now);
  void go_on_without(uint32_t index, const Attempt& attempt, uint64_t now);
  void time_out(uint32_t index, uint64_t now);

  // Ending
  [[nodiscard]] static ForwardFailure failure_of(const Fetch& fetch, bool busy) noexcept;
  void conclude_with_answer(uint32_t index, const Attempt& attempt, uint64_t now);
  void conclude_without(uint32_t index, const ForwardFailure& failure, uint64_t now);
  /// `attempt`: which has answered, or else the last.
  void tell(uint32_t index, const ForwardResult& result, const Attempt& attempt, uint64_t now);
  [[nodiscard]] std::optional<SentFrom> sent_from(uint32_t index, const Attempt& attempt);
  void linger_or_release(uint32_t index, uint64_t now);
  void release(uint32_t index, uint64_t now);

  [[nodiscard]] TargetState& target_of(const Fetch& fetch, const Attempt& attempt) noexcept {
    return targets_.target(targets_.group(fetch.group), attempt.place);
  }
  void end_attempt(const Fetch& fetch, Attempt& attempt) noexcept;

  const settings::Forward settings_;
  QueryTransport& transport_;
  RandomOctets random_;
  TargetTable targets_;
  FetchTable fetches_;
  DueList due_;
  dns::AnswerChain chain_;
  ForwardCounts counts_;
};

}  // namespace inlet53::forward
