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

/// Forwarding: each worker queries the targets of rules.
///
///   target      DNS server of a rule: its address and protocol
///   fetch       one question to the targets of one group, until it has a result
///   attempt     one query of a fetch to one target, over UDP or a stream
///   waiter      one call of `submit`, which waits for the result of a fetch; the waiters with the
///               same question share one fetch
namespace inlet53::forward {

/// Protocol of a target. AWS's TargetAddress also has `DoH`, which inlet53 does not support for
/// targets.
enum class TargetProtocol : uint8_t {
  Do53,  // UDP, and TCP for larger responses
  DoT,   // DNS over TLS (RFC 7858)
};

/// Target address of a rule.
struct Target {
  SocketAddress address;
  TargetProtocol protocol = TargetProtocol::Do53;
  /// DoT: the name in the certificate of the target, also sent as SNI. Empty: any name, if a
  /// trusted authority has signed the certificate.
  std::string server_name;

  friend bool operator==(const Target&, const Target&) = default;
};

/// Targets of one rule. It never changes; queries share it.
struct TargetGroup {
  /// Maximum number of targets of a rule. Source: AWS's quota.
  static constexpr size_t kMaxTargets = 6;

  std::string id;                  // the rule's
  dns::Name apex;                  // the rule's domain in lower case: the bailiwick of the answers
  std::vector<Target> targets;     // 1 to kMaxTargets
  std::vector<IpAddress> sources;  // of the outbound endpoint; empty: the kernel chooses
};

/// Question to forward. Its queries have RD, without CD and DO, whatever the client's query has: as
/// at AWS, answers are not validated, so one answer serves all clients. Lifetime: of the call.
struct ForwardQuery {
  dns::NameView qname;  // in lower case, at or below the group's apex
  uint16_t qtype = 0;
  const std::shared_ptr<const TargetGroup>& group;
  /// `name_hash` and `scope`: values of the owner, which it gets back with the result. They must be
  /// equal for equal questions of one group.
  uint64_t name_hash = 0;
  uint32_t scope = 0;
  /// Joins an equal question in progress, but starts no fetch if there is none.
  bool joins_only = false;
};

/// Response of a target that has been checked: it came from the target's address, and has the
/// query's id and exact question. The rcode is NoError or NXDomain. If all targets that could be
/// reached declined, it is the rcode of the last one (ServFail, Refused, …), and there are no
/// records. Lifetime: of the call that passes it.
struct TargetResponse {
  dns::Rcode rcode = dns::Rcode::NoError;
  std::optional<uint16_t> ede;  // code of the target's extended error
  std::span<const dns::ChainRRset> answer;
  const dns::ChainRRset* soa = nullptr;  // of a negative answer; null: there is none
};

/// Limit of `[forward]` that a question has reached.
enum class ForwardLimit : uint8_t {
  None,
  Waiters,  // max_waiters
  Fetches,  // max_in_flight
  Targets,  // max_in_flight_per_target
};

/// Reason why a fetch has no response. The client gets SERVFAIL with this extended error.
struct ForwardFailure {
  /// NoReachableAuthority: no target answered in time. NetworkError: a target cannot be reached, or
  /// its response is malformed. Other: a limit, or a failure of this host; it is no failure of the
  /// targets.
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

/// Fetch that has ended. Lifetime: of the call that passes it.
struct EndedFetch {
  ForwardQuery query;
  /// Where the answered query was sent from, or the last query if none was answered; absent: no
  /// query was sent.
  std::optional<SentFrom> sent_from;
};

/// Receiver of the results of a forwarder. Its functions may call `submit` and `cancel`, but must
/// not destroy the forwarder. `submit` and `cancel` never call them. Lifetime: outlives the
/// forwarder.
class ForwardOwner {
 public:
  /// Receives the result of a fetch, once, before `resume` for each waiter. Returns true if the
  /// owner has stored the result where all waiters find it; `resume` gets this value as `stored`.
  virtual bool concluded(const EndedFetch& fetch, const ForwardResult& result) = 0;
  /// Passes the result to the waiter that `submit` added with `token`, and ends its wait.
  virtual void resume(uint64_t token, const ForwardResult& result, bool stored) = 0;

 protected:
  ~ForwardOwner() = default;
};

/// Identifies a waiter for `cancel`, which ignores a waiter that has ended.
struct WaiterId {
  uint32_t index = UINT32_MAX;
  uint32_t generation = 0;
};

/// Result of `submit`.
struct Submitted {
  enum class Outcome : uint8_t {
    Started,
    Joined,     // an equal question is in progress
    Refused,    // `failure` has the reason; there is no waiter, and the owner gets no call
    NotJoined,  // `joins_only`, and no equal question is in progress; the same
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
  uint64_t timeouts = 0;      // attempts that were not answered in time
  uint64_t over_stream = 0;   // attempts over TCP or TLS
  uint64_t late = 0;          // responses after the end of the fetch or attempt
  uint64_t mismatched = 0;    // responses with another question
  uint64_t case_changed = 0;  // … with the question in other letter case
  uint64_t malformed = 0;
  uint64_t targets_silent = 0;  // times that a target became silent
};

/// Returns the maximum number of UDP sockets of one forwarder: `max_sockets`, but at most a quarter
/// of the process's descriptor limit divided by `workers`.
[[nodiscard]] uint32_t available_sockets(const settings::Forward& settings,
                                         uint32_t workers) noexcept;

/// Forwards the queries of one worker.
///
///  * The forwarder chooses the target by its smoothed latency; targets with a similar latency
///    share the queries. A target that does not answer comes last. It is still queried if there is
///    no other target, because it may answer this name. To test it, the forwarder also sends it
///    copies of some queries to other targets; they delay no client.
///  * If a target does not answer a query in time (RFC 6298; 250 to 900 ms), the next target gets a
///    query from another port and with another id; the first target may still answer. One target
///    gets one question at most three times over UDP and three times over TCP or TLS (RFC 9520
///    §3.1). The fetch fails after `query_timeout`.
///  * Any response shows that its target answers, even if it is late.
///  * If a response is truncated, or has the question in other letter case, the query is repeated
///    over TCP. Connections are reused and shared (RFC 7766 §6).
///  * If a target declines (ServFail, Refused and similar rcodes), the next target is queried. If
///    all targets decline, the result is the response of the last one.
///  * If a target responds FormErr, NotImp or BadVers, it is queried again without EDNS. It then
///    gets no EDNS for ten minutes.
///  * The numbers of fetches and waiters are limited: the fetches in total and for each target, the
///    waiters for each fetch.
///
/// Threads: the loop's. Lifetime: the loop outlives it; a group lives as long as queries use it.
/// Cost: an answered fetch allocates no memory in steady state; a fetch uses about 1,500 bytes.
/// Source: RFC 5452, RFC 6298, RFC 7766, RFC 7858, RFC 9715; draft-vixie-dnsext-dns0x20.
class Forwarder {
 public:
  /// `tls`: verifies DoT targets; null: DoT targets cannot be used. It outlives this object.
  /// `workers`: see available_sockets.
  Forwarder(net::Loop& loop, const settings::Forward& settings, ForwardOwner& owner,
            const net::TlsClientContext* tls, uint32_t workers = 1);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  /// Starts a fetch, or joins one with the same question and group. The owner gets the result with
  /// `token`. Cost: O(1). The datagrams of one turn of the loop are sent together at its end.
  /// Opening a port costs system calls at once; the first query of a group costs more.
  [[nodiscard]] Submitted submit(const ForwardQuery& query, uint64_t token);
  /// Ends a wait; the owner gets no call for it. Cancels the fetch if it has no other waiter.
  void cancel(WaiterId waiter);

  /// Number of fetches that wait for the targets of a group, those of other groups with the same
  /// targets included, and its limit. The limit is low while all targets are silent.
  struct Places {
    uint64_t used = 0;
    uint64_t limit = 0;
    bool silent = false;  // no target of the group answers
  };
  [[nodiscard]] Places places(const std::shared_ptr<const TargetGroup>& group);

  [[nodiscard]] const ForwardCounts& counts() const noexcept;
  [[nodiscard]] size_t in_flight() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace inlet53::forward
