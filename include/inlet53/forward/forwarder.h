// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/answer_chain.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/settings/dns_daemon.h"

/// Forwarding: one worker queries the targets of rules.
///
///   target      DNS server of a rule, with its address and protocol
///   fetch       one question to the targets of one group, with all its queries
///   attempt     one query of a fetch to one target, over UDP or a stream
///   waiter      a call of `submit` that waits for the result of a fetch; equal questions share one
namespace inlet53::forward {

/// Protocol of a target. AWS's TargetAddress has `Do53`, `DoT` and `DoH`; forwarding does not
/// support `DoH`.
enum class TargetProtocol : uint8_t {
  Do53,  // UDP, and TCP for larger responses
  DoT,   // DNS over TLS (RFC 7858)
};

/// Target address of a rule.
struct Target {
  SocketAddress address;
  TargetProtocol protocol = TargetProtocol::Do53;
  /// DoT: name that the certificate must have, sent as SNI. Empty: any name of a certificate that a
  /// trusted authority signed.
  std::string server_name;

  friend bool operator==(const Target&, const Target&) = default;
};

/// Targets of one rule; an immutable value that queries share.
struct TargetGroup {
  /// Equals AWS's limit.
  static constexpr size_t kMaxTargets = 6;

  std::string id;                  // the rule's
  dns::Name apex;                  // the rule's domain in lower case: the bailiwick of the answers
  std::vector<Target> targets;     // 1 to kMaxTargets
  std::vector<IpAddress> sources;  // of the outbound endpoint; empty: the kernel's choice
};

/// Question to forward. It is sent with RD, without CD and DO, independent of the client's flags:
/// as at AWS, answers are not validated, and one answer serves all clients. Lifetime: of the call.
struct ForwardQuery {
  dns::NameView qname;  // in lower case, at or below the group's apex
  uint16_t qtype = 0;
  const std::shared_ptr<const TargetGroup>& group;
  /// Value of the owner that comes back with the result; equal for equal questions of one group.
  uint64_t name_hash = 0;
  uint32_t scope = 0;
  /// Only joins an equal question in progress; starts no fetch.
  bool joins_only = false;
};

/// Checked response of a target: it came from the address of the target, with the query's id and
/// exact question. The rcode is NoError or NXDomain; if all reachable targets declined, it is the
/// rcode of the last one (ServFail, Refused, …), and the chain is empty. Lifetime: of the call that
/// passes it.
struct TargetResponse {
  dns::Rcode rcode = dns::Rcode::NoError;
  std::optional<uint16_t> ede;  // code of the target's extended error
  std::span<const dns::ChainRRset> answer;
  const dns::ChainRRset* soa = nullptr;  // of a negative answer; null: none
};

/// Limit of `[forward]` that a question has reached.
enum class ForwardLimit : uint8_t {
  None,
  Waiters,  // max_waiters
  Fetches,  // max_in_flight
  Targets,  // max_in_flight_per_target
};

/// Reason for a missing response: the client gets SERVFAIL with this extended error.
struct ForwardFailure {
  /// NoReachableAuthority: no target answered in time. NetworkError: a target cannot be reached, or
  /// its response is malformed. Other: a limit or a failure of this host; it does not count against
  /// the targets.
  dns::Ede ede = dns::Ede::Other;
  std::string_view text;  // for EXTRA-TEXT; static
  ForwardLimit limit = ForwardLimit::None;

  [[nodiscard]] bool is_ours() const noexcept { return ede == dns::Ede::Other; }
  [[nodiscard]] dns::ExtendedError error() const noexcept { return {ede, text}; }
};

using ForwardResult = Result<TargetResponse, ForwardFailure>;

/// Local address and transport of a query.
struct SentFrom {
  enum class Via : uint8_t { Udp, Tcp, Tls };
  SocketAddress address;  // ours
  Via via = Via::Udp;
};

/// Completed fetch. Lifetime: of the call that passes it.
struct EndedFetch {
  ForwardQuery query;
  /// Of the answered query, or of the last one if none was answered; absent: no query was sent.
  std::optional<SentFrom> sent_from;
};

/// Receives the results of a forwarder. It may call `submit` and `cancel` within these calls, but
/// must not destroy the forwarder. `submit` and `cancel` never call it. Lifetime: outlives the
/// forwarder.
class ForwardOwner {
 public:
  /// Reports a completed fetch, once, before `resume` for each of its waiters. Returns whether the
  /// owner stored the result where all waiters find it; `resume` gets this value.
  virtual bool concluded(const EndedFetch& fetch, const ForwardResult& result) = 0;
  /// Ends the wait with the `token` of `submit`.
  virtual void resume(uint64_t token, const ForwardResult& result, bool stored) = 0;

 protected:
  ~ForwardOwner() = default;
};

/// Identifies a wait for `cancel`. An ended wait is recognized and ignored.
struct WaiterId {
  uint32_t index = UINT32_MAX;
  uint32_t generation = 0;
};

struct Submitted {
  enum class Outcome : uint8_t {
    Started,
    Joined,     // an equal question is in progress
    Refused,    // because of `failure`; there is no wait and no call
    NotJoined,  // `joins_only` without an equal question; no wait and no call
  };
  Outcome outcome = Outcome::Refused;
  WaiterId waiter;
  ForwardFailure failure;
};

/// Counters of a forwarder.
struct ForwardCounts {
  uint64_t started = 0;
  uint64_t joined = 0;
  uint64_t refused = 0;       // by `submit`
  uint64_t answered = 0;      // fetches that ended with a response
  uint64_t declined = 0;      // … with a target's ServFail, Refused, …
  uint64_t failed = 0;        // … without one
  uint64_t attempts = 0;      // queries to targets
  uint64_t timeouts = 0;      // of them, not answered in time
  uint64_t over_stream = 0;   // of them, over TCP or TLS
  uint64_t late = 0;          // responses after the end of the fetch or attempt
  uint64_t mismatched = 0;    // responses with another question
  uint64_t case_changed = 0;  // … with the question in other letter case
  uint64_t malformed = 0;
  uint64_t targets_silent = 0;  // times that a target became silent
};

/// Returns how many UDP sockets one of `workers` forwarders may open: `max_sockets`, or its part of
/// a quarter of the process's limit of descriptors if that is less.
[[nodiscard]] uint32_t available_sockets(const settings::Forward& settings,
                                         uint32_t workers) noexcept;

/// Forwards one worker's queries.
///
///  * Targets are chosen by their smoothed latency; targets with a similar latency share the
///    queries. A target that does not answer is queried after the others. Sometimes it also gets a
///    copy of a query to another target, which delays no client. If there is no other target, it is
///    queried anyway: it may answer this name.
///  * If a target does not answer a query in time (RFC 6298; 250 to 900 ms), the next target gets a
///    query from another port and with another id; the first target may still answer. One target
///    gets one question at most three times over UDP and three times over TCP or TLS (RFC 9520
///    §3.1). After `query_timeout` the fetch fails.
///  * Any response, also a late one, shows that its target answers.
///  * After a truncated response, or a response with the question in other letter case, the query
///    is repeated over TCP. Connections are reused and shared (RFC 7766 §6).
///  * After ServFail, Refused and similar rcodes, the next target is queried. If all targets
///    declined, the result is the response of the last one.
///  * After FormErr, NotImp and BadVers, the same target is queried without EDNS, for ten minutes.
///  * The number of waiting questions is limited per target and in total.
///
/// Threads: the loop's. Lifetime: the loop outlives it; groups live as long as queries use them.
/// Cost: an answered fetch allocates no memory in steady state; a fetch uses about 1,500 bytes.
/// Source: RFC 5452, RFC 6298, RFC 7766, RFC 7858, RFC 9715; draft-vixie-dnsext-dns0x20.
class Forwarder {
 public:
  /// `tls` verifies DoT targets; null: DoT targets cannot be used. It outlives this object.
  /// `workers`: number of forwarders that share a quarter of the process's limit of descriptors.
  Forwarder(net::Loop& loop, const settings::Forward& settings, ForwardOwner& owner,
            const net::TlsClientContext* tls, uint32_t workers = 1);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  /// Starts a fetch, or joins one with the same question and group. The owner gets the result with
  /// `token`. Cost: O(1). Datagrams are sent at the end of the loop's turn; a new port costs system
  /// calls at once, and a new group costs more once.
  [[nodiscard]] Submitted submit(const ForwardQuery& query, uint64_t token);
  /// Ends a wait without a call of the owner. A fetch without waiters is cancelled.
  void cancel(WaiterId waiter);

  /// Number of fetches that wait for the targets of a group (fetches of all groups with these
  /// targets), and their limit. A silent target has a low limit.
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
