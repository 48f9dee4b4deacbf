#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "due_list.h"
#include "fetch_table.h"
#include "query_transport.h"
#include "target_table.h"

#include "inlet53/base/random_octets.h"
#include "inlet53/dns/answer_chain.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::forward {

/// Executes the steps of fetches. It makes an event of whatever happens (a response, an error, the
/// end of a wait), updates what is known of the target, gives the event to the Fetch, and executes
/// the step: queries leave by a QueryTransport, ends of waits stand in a list, results go to the
/// owner. No socket and no clock: everything comes by a call with the time (microseconds that never
/// jump, above 0), and `next_us` says when `expire` is to be called. So a test can be a script.
///
///   submit, received, undeliverable, stream_failed, expire ──► Event ──► Fetch::on ──► Step
///   Step: Send ──► QueryTransport     Await ──► DueList     Conclude ──► ForwardOwner
///
/// Threads: one.
class FetchRunner {
 public:
  /// Lifetime: transport and owner outlive it.
  FetchRunner(const settings::Forward& settings, QueryTransport& transport, ForwardOwner& owner,
              uint64_t now);

  [[nodiscard]] Submitted submit(const ForwardQuery& query, uint64_t token, uint64_t now);
  void cancel(WaiterId waiter);
  [[nodiscard]] Forwarder::Places places(const std::shared_ptr<const TargetGroup>& group);

  /// A datagram with the id of the query `token` came from where that went. Returns whether it was
  /// waited for; if not, the true one may still come. The question in `message` is put into lower
  /// case, so that names that point into it come out in the letters that clients use.
  [[nodiscard]] bool received(uint64_t token, std::span<uint8_t> message, uint64_t now);
  /// A message came on a stream, with the id of the query `token`.
  void received_on_stream(uint64_t token, Bytes message, const SocketAddress& from, uint64_t now);
  /// The query `token` could not be sent by this host, which says nothing about the target, or the
  /// network says that the target is unreachable.
  void undeliverable(uint64_t token, const net::SendError& error, uint64_t now);
  /// Its connection could not be made, or ended before a response.
  void stream_failed(uint64_t token, uint64_t now);

  /// Does what is due by `now`.
  void expire(uint64_t now);
  /// When that is to be called next; absent: when something else has happened.
  [[nodiscard]] std::optional<uint64_t> next_us() const noexcept { return due_.next_us(); }

  [[nodiscard]] const ForwardCounts& counts() const noexcept { return counts_; }
  [[nodiscard]] size_t in_flight() const noexcept { return fetches_.size(); }

 private:
  /// An attempt of a fetch that is under way.
  struct Found {
    uint32_t index = 0;
    uint8_t number = 0;
    FetchSlot& slot;
    Attempt& attempt;
    TargetState& target;
  };
  [[nodiscard]] std::optional<Found> find(AttemptToken token);

  // Events
  void take_late(AttemptToken token, bool measures, uint64_t now);
  /// `sent`: the question's name in the letters in which it was sent.
  [[nodiscard]] Event read_response(const Found& found, Bytes message, dns::NameView sent,
                                    uint64_t now);
  void decline(const Found& found, dns::Rcode rcode, uint64_t now);
  void count_silence(const FetchSlot& slot, const Attempt& attempt, uint64_t now);

  // Steps
  void advance(uint32_t index, const Event& event, uint64_t now);
  [[nodiscard]] Result<void, ForwardFailure> send(uint32_t index, uint8_t number, uint64_t now);
  [[nodiscard]] std::optional<ForwardFailure> begin(uint32_t index, uint64_t now);
  void send_probe(uint32_t index, uint64_t now);
  void conclude(uint32_t index, const Conclude& end, uint64_t now);
  [[nodiscard]] ForwardResult result_of(const FetchSlot& slot, const Conclude& end, uint64_t now);
  void release(uint32_t index);

  [[nodiscard]] Surroundings surroundings(const FetchSlot& slot, uint64_t now) noexcept;
  void count_wait(FetchSlot& slot) noexcept;

  const settings::Forward settings_;
  QueryTransport& transport_;
  ForwardOwner& owner_;
  RandomOctets random_;
  TargetTable targets_;
  FetchTable fetches_;
  DueList due_;
  dns::AnswerChain chain_;
  ForwardCounts counts_;
};

}  // namespace inlet53::forward
