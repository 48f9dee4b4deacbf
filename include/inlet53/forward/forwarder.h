#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/answer_chain.h"
#include "inlet53/dns/extended_error.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"
#include "inlet53/forward/target.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/settings/dns_daemon.h"

/// Forwarding: one worker asks the targets of rules.
///
///   target      the DNS server of a rule that is asked, by its address and protocol
///   fetch       one question on its way to the targets of one group, however many queries it takes
///   attempt     one query of a fetch to one target, over UDP or a stream
///   waiter      one that waits for a fetch's result; equal questions are one fetch
namespace inlet53::forward {

/// What is to be asked. Sent with RD, without CD and DO, whatever the client set: as at AWS,
/// nothing here is validated, and an answer serves every client.
/// Lifetime: of the call.
struct ForwardQuery {
  dns::NameView qname;  // in lower case, at or below the group's apex
  uint16_t qtype = 0;
  const std::shared_ptr<const TargetGroup>& group;
  /// The owner's own, handed back with the result; equal for equal questions of one group.
  uint64_t name_hash = 0;
  uint32_t scope = 0;
  /// Only waits for an equal question that is under way; no new one is asked.
  bool joins_only = false;
};

/// What a target said, checked: it came from where the question went, with its id and its question
/// octet for octet. The rcode is NoError or NXDomain; or, when every target that could be reached
/// declined, the last one's own (ServFail, Refused, …), and the chain is empty.
/// Lifetime: of the call that brings it.
struct TargetResponse {
  dns::Rcode rcode = dns::Rcode::NoError;
  std::optional<uint16_t> ede;  // the target's own
  std::span<const dns::ChainRRset> answer;
  const dns::ChainRRset* soa = nullptr;  // of a negative answer; null: there was none
  dns::ChainEnd end = dns::ChainEnd::NoData;
  dns::NameView last_name;  // where the chain ended; the caller goes on from there when `end` is
                            // Outside
  const Target* target = nullptr;
  uint32_t elapsed_us = 0;  // since the fetch began
  uint32_t attempts = 0;    // queries that it took, of 16 at most
};

/// A limit of `[forward]` that a question has met.
enum class ForwardLimit : uint8_t {
  None,
  Waiters,  // max_waiters
  Fetches,  // max_in_flight
  Targets,  // max_in_flight_per_target
};

/// Why there is no response: the client gets SERVFAIL with this extended error.
struct ForwardFailure {
  /// NoReachableAuthority: no target answered in time.
  /// NetworkError: a target cannot be reached, or what it sends is no sound response.
  /// Other: a limit or a failure of this host, which says nothing about the targets.
  dns::Ede ede = dns::Ede::Other;
  std::string_view text;  // for EXTRA-TEXT; static
  ForwardLimit limit = ForwardLimit::None;

  [[nodiscard]] bool is_ours() const noexcept { return ede == dns::Ede::Other; }
  [[nodiscard]] dns::ExtendedError error() const noexcept { return {ede, text}; }
};

using ForwardResult = Result<TargetResponse, ForwardFailure>;

/// Where a query left from.
struct SentFrom {
  enum class Via : uint8_t { Udp, Tcp, Tls };
  SocketAddress address;  // ours
  Via via = Via::Udp;
};

/// A fetch that has ended. Lifetime: of the call that brings it.
struct EndedFetch {
  ForwardQuery query;
  /// Of the query that was answered, or else of the last one; absent: none has left.
  std::optional<SentFrom> sent_from;
};

/// Receives the results of a forwarder. It may submit and cancel within these calls, but not
/// destroy the forwarder. Never called within `submit` or `cancel`. Lifetime: outlives it.
class ForwardOwner {
 public:
  /// A fetch has ended. Called once for each, before `resume` for each of its waiters. Returns
  /// whether the owner has stored the result where all waiters find it; `resume` gets that back.
  virtual bool concluded(const EndedFetch& fetch, const ForwardResult& result) = 0;
  /// The wait with `token`, as it was submitted, has ended with `result`.
  virtual void resume(uint64_t token, const ForwardResult& result, bool stored) = 0;

 protected:
  ~ForwardOwner() = default;
};

/// A wait, for `cancel`. One that has ended is known as such, and nothing happens.
struct WaiterId {
  uint32_t index = UINT32_MAX;
  uint32_t generation = 0;
};

struct Submitted {
  enum class Outcome : uint8_t {
    Started,
    Joined,   // an equal question is on its way
    Refused,  // `failure` says why; there is no wait and will be no call
    Alone,    // `joins_only`, and no equal question is under way; the same
  };
  Outcome outcome = Outcome::Refused;
  WaiterId waiter;
  ForwardFailure failure;
};

/// What a forwarder did, for statistics.
struct ForwardCounts {
  uint64_t started = 0;
  uint64_t joined = 0;
  uint64_t refused = 0;       // by `submit`
  uint64_t answered = 0;      // fetches that ended with a response
  uint64_t declined = 0;      // … with a target's ServFail, Refused, …
  uint64_t failed = 0;        // … without one
  uint64_t attempts = 0;      // queries to targets
  uint64_t timeouts = 0;      // of them, not answered when another was tried
  uint64_t over_stream = 0;   // of them, over TCP or TLS
  uint64_t late = 0;          // responses to what was not awaited any more
  uint64_t mismatched = 0;    // responses with another question
  uint64_t case_changed = 0;  // … with the question in other letters
  uint64_t malformed = 0;
  uint64_t targets_silent = 0;  // times that a target was found not to answer
};

/// Returns how many UDP sockets one of `workers` forwarders may open: `max_sockets`, or its part of
/// a quarter of the process's limit of descriptors if that is less.
[[nodiscard]] uint32_t available_sockets(const settings::Forward& settings,
                                         uint32_t workers) noexcept;

/// Forwards one worker's queries.
///
///  * Targets are chosen by their smoothed latency; those about as fast share the queries. One that
///    does not answer is asked after the others, and from time to time with a query that goes to
///    another target as well, so that it costs no client time. Where no other target is left, it
///    is asked all the same: it may answer this name.
///  * A query that is not answered in its target's time (RFC 6298; 250 to 900 ms) goes to the next
///    target, from another port and with another id, while the first may still answer. One
///    question goes to one target at most three times over UDP and three times over TCP or TLS
///    (RFC 9520 §3.1). After `query_timeout` the fetch fails.
///  * Any response, however late, shows that its target answers.
///  * A truncated response, and one whose question came back in other letters, is asked for again
///    over TCP. Connections are kept and shared (RFC 7766 §6).
///  * ServFail, Refused and the like make the next target be asked; when all have declined, the
///    last one's word is passed on.
///  * FormErr, NotImp and BadVers make the same target be asked without EDNS, and for ten minutes
///    from then on.
///  * The questions that may wait are bounded, for each target and in all.
///
/// Threads: the loop's. Lifetime: the loop outlives it; groups live as long as queries use them.
/// Cost: a fetch that is answered allocates nothing after a while, and takes some 1,500 bytes.
/// Source: RFC 5452, RFC 6298, RFC 7766, RFC 7858, RFC 9715; draft-vixie-dnsext-dns0x20.
class Forwarder {
 public:
  /// `tls`: how DoT targets are verified; null: none can be asked. It outlives this. `workers`: how
  /// many forwarders share the process's limit of descriptors, of which they take a quarter.
  Forwarder(net::Loop& loop, const settings::Forward& settings, ForwardOwner& owner,
            const net::TlsClientContext* tls, uint32_t workers = 1);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  /// Begins a fetch, or joins one with the same question and the same group. The owner gets the
  /// result with `token`. Cost: O(1). Datagrams leave at the end of the loop's turn; a new port
  /// costs system calls at once, and a new group costs more once.
  [[nodiscard]] Submitted submit(const ForwardQuery& query, uint64_t token);
  /// Ends a wait without a call. A fetch without a waiter is given up.
  void cancel(WaiterId waiter);

  /// Fetches that wait for the targets of a group, of all groups that have these targets, and how
  /// many may. A target that does not answer has few places.
  struct Places {
    uint64_t used = 0;
    uint64_t limit = 0;
    bool silent = false;  // all targets are
  };
  [[nodiscard]] Places places(const std::shared_ptr<const TargetGroup>& group);

  [[nodiscard]] const ForwardCounts& counts() const noexcept;
  [[nodiscard]] size_t in_flight() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::forward
