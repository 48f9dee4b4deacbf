// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "fetch_table.h"
#include "target_state.h"

#include "inlet53/base/random.h"
#include "inlet53/dns/answer_chain.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::forward {

/// Executes the steps of fetches. It makes an event of each response, error and timeout, updates
/// the state of the target, passes the event to the Fetch, and executes the step: it sends queries
/// by a QueryTransport, keeps timeouts in a DueList, and passes results to the owner. It has no
/// socket and no clock: callers pass the time (monotonic microseconds, greater than 0), and
/// `next_us` returns the time of the next `expire`. So a test can be a script.
///
///   submit, received, undeliverable, stream_failed, expire ──► Event ──► Fetch::on ──► Step
///   Step: Send ──► QueryTransport     Await ──► DueList     Conclude ──► ForwardOwner
///
/// Threads: one.
class FetchRunner {
 public:
  /// Lifetime: transport and owner outlive this object.
  FetchRunner(const settings::Forward& settings, QueryTransport& transport, ForwardOwner& owner,
              uint64_t now);

  [[nodiscard]] Submitted submit(const ForwardQuery& query, uint64_t token, uint64_t now);
  void cancel(WaiterId waiter);
  [[nodiscard]] Forwarder::Places places(const std::shared_ptr<const TargetGroup>& group);

  /// Handles a datagram with the id of the query `token` from the query's target. Returns false if
  /// it is no response to the query; the true response may still arrive. Writes the question of
  /// `message` in lower case, so that names that refer to it are in the letter case of clients.
  [[nodiscard]] bool received(uint64_t token, std::span<uint8_t> message, uint64_t now);
  /// Handles a message on a stream with the id of the query `token`.
  void received_on_stream(uint64_t token, Bytes message, const SocketAddress& from, uint64_t now);
  /// Handles an error of the query `token`: this host could not send it, which does not count
  /// against the target, or the network reports the target as unreachable.
  void undeliverable(uint64_t token, const net::SendError& error, uint64_t now);
  /// Handles a connection that failed or ended before a response.
  void stream_failed(uint64_t token, uint64_t now);

  /// Handles timeouts until `now`.
  void expire(uint64_t now);
  /// Returns the time of the next call of `expire`; absent: after the next event.
  [[nodiscard]] std::optional<uint64_t> next_us() const noexcept { return due_.next_us(); }

  [[nodiscard]] const ForwardCounts& counts() const noexcept { return counts_; }
  [[nodiscard]] size_t in_flight() const noexcept { return fetches_.size(); }

 private:
  /// Attempt of a fetch in progress.
  struct Found {
    uint32_t index = 0;
    uint8_t number = 0;
    FetchSlot& slot;
    Attempt& attempt;
    TargetState& target;
  };
  [[nodiscard]] std::optional<Found> find(AttemptToken token);

  // Events
  void record_late_response(AttemptToken token, bool measures, uint64_t now);
  /// `sent`: the question's name in the letter case of the query.
  [[nodiscard]] Event read_response(const Found& found, Bytes message, dns::NameView sent,
                                    uint64_t now);
  void decline(const Found& found, dns::Rcode rcode, uint64_t now);
  void count_silence(const FetchSlot& slot, const Attempt& attempt, uint64_t now);

  // Steps
  void advance(uint32_t index, const Event& event, uint64_t now);
  [[nodiscard]] Result<void, ForwardFailure> send(uint32_t index, uint8_t number, uint64_t now);
  [[nodiscard]] std::optional<ForwardFailure> begin(uint32_t index, uint64_t now);
  void send_probe(uint32_t index, uint64_t now);
  void conclude(uint32_t index, const Conclude& end);
  [[nodiscard]] ForwardResult result_of(const Fetch& fetch, const Conclude& end) const;
  void release(uint32_t index);

  [[nodiscard]] Surroundings surroundings(const FetchSlot& slot, uint64_t now) noexcept;
  void count_wait(FetchSlot& slot) noexcept;

  const settings::Forward settings_;
  QueryTransport& transport_;
  ForwardOwner& owner_;
  RandomBytes random_;
  TargetTable targets_;
  FetchTable fetches_;
  DueList due_;
  dns::AnswerChain chain_;
  ForwardCounts counts_;
};

}  // namespace inlet53::forward
