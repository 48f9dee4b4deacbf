// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "target_query.h"
#include "target_state.h"

#include "inlet53/base/random.h"
#include "inlet53/dns/types.h"
#include "inlet53/forward/forwarder.h"

/// Failures of forwarding in addition to those of `net/send_error`. Each has one cause, one code
/// and one text. Source: RFC 8914 §4 for the codes.
namespace inlet53::forward {

inline constexpr ForwardFailure kTooManyWaiters{
    dns::Ede::Other, "too many queries wait for the answer to this question",
    ForwardLimit::Waiters};
inline constexpr ForwardFailure kTooManyFetches{
    dns::Ede::Other, "too many questions wait for targets", ForwardLimit::Fetches};
inline constexpr ForwardFailure kTargetsFull{
    dns::Ede::Other, "too many questions wait for the targets of the rule", ForwardLimit::Targets};
inline constexpr ForwardFailure kSilent{dns::Ede::NoReachableAuthority,
                                        "the targets of the rule have not answered for a while"};
inline constexpr ForwardFailure kNoTime{dns::Ede::NoReachableAuthority,
                                        "no target of the rule has answered in time"};
inline constexpr ForwardFailure kStreamFailed{
    dns::Ede::NetworkError, "the connection to the target of the rule has failed"};
inline constexpr ForwardFailure kMalformed{dns::Ede::NetworkError,
                                           "the response of the target is malformed"};

/// Maximum number of queries of one fetch. Source: the limit of resolvers against amplification
/// (CVE-2022-3204 and similar).
inline constexpr size_t kMaxAttempts = 16;
/// Maximum number of queries of one fetch to one target over one transport. Source: RFC 9520 §3.1.
inline constexpr uint8_t kMaxTries = 3;

/// Reason for sending a query over a stream.
enum class StreamUse : uint8_t { No, Always, Truncated, OtherCase };

/// One query of a fetch.
struct Attempt {
  enum class State : uint8_t {
    Waiting,     // its response is awaited
    Superseded,  // its time has ended; its response is still accepted
    Ended,
  };

  uint64_t sent_us = 0;
  SocketAddress from;  // ours; port 0: not known, or not sent yet
  uint8_t place = 0;   // of the target, in the group
  QueryForm form;
  State state = State::Ended;
  StreamUse stream = StreamUse::No;
  bool probe = false;          // sent in addition to another query, to test its target
  bool tests_no_edns = false;  // has no EDNS because the target may not understand it
};

/// An event of a fetch. `attempt` is the number of the query that it concerns.
struct Event {
  enum class Kind : uint8_t {
    Begun,         // nothing has been sent yet
    TimeUp,        // the time of the last step has come
    Answered,      // NOERROR or NXDOMAIN
    Declined,      // `rcode` and `ede` are the target's
    Truncated,     // a datagram with TC
    OtherCase,     // a datagram with the question in other letter case
    Malformed,     // the response is malformed
    Unreachable,   // reported by the network
    StreamFailed,  // no connection, or it ended before a response
    NotSent,       // a failure on this host
  };
  Kind kind = Kind::Begun;
  uint8_t attempt = 0;
  dns::Rcode rcode = dns::Rcode::NoError;
  std::optional<uint16_t> ede = {};
  ForwardFailure failure = {};  // of Unreachable, StreamFailed, NotSent
};

/// Input of the decisions of a fetch.
struct Surroundings {
  uint64_t now = 0;
  std::span<TargetState* const> targets;  // of the group, by place
  uint32_t limit = 0;                     // fetches that may wait for one target
  bool randomize_case = true;
  RandomBytes* random = nullptr;
};

/// Step: send the query of `attempt`; wait for events until `until`.
struct Send {
  uint8_t attempt = 0;
  uint64_t until = 0;
};
/// Step: wait for events until `until`.
struct Await {
  uint64_t until = 0;
};
/// Step: the fetch has ended.
struct Conclude {
  enum class How : uint8_t {
    Answered,  // by `attempt`
    Declined,  // every target that could be asked did; `Fetch::refusal` is the last one's
    Failed,    // because of `failure`
  };
  How how = How::Failed;
  uint8_t attempt = 0;  // answered, or else was the last
  ForwardFailure failure;
};
using Step = std::variant<Await, Send, Conclude>;

/// State machine for one question to the targets of one group. Each event returns the one step that
/// the caller executes; if the caller cannot execute it, it reports another event (NotSent). The
/// class has no socket, clock or allocation, so that tests are tables.
///
///   Begun ──► Send ──► Answered ──────────────────────────────────► Conclude
///              ▲  ▲      Declined, Malformed, Unreachable, … ──┐        ▲
///              │  └── the next target ─────────────────────────┤        │
///              └───── TimeUp: the next target ─────────────────┴─ none is left, or time is up
///
/// Order of targets: fewest queries of this fetch, then not silent, then fastest. When a target's
/// time ends without a response, the next target gets a query, and the first response is still
/// accepted. The time doubles with each query to the same target, but the remaining queries
/// (`kMaxTries` per target) must fit before the deadline. Threads: one.
class Fetch {
 public:
  /// Starts a new fetch. Requires: `qname` in lower case.
  void begin(dns::NameView qname, uint16_t qtype, uint16_t edns_udp_size, uint64_t now,
             uint64_t deadline, RandomBytes& random) noexcept;

  /// Handles an event and returns the next step.
  [[nodiscard]] Step on(const Event& event, const Surroundings& around) noexcept;
  /// Adds a query to the target at `place` in addition to the current one. Absent when it is not
  /// possible.
  [[nodiscard]] std::optional<uint8_t> probe(size_t place, const Surroundings& around) noexcept;

  [[nodiscard]] const TargetQuery& query() const noexcept { return query_; }
  [[nodiscard]] Attempt& attempt(size_t number) noexcept { return attempts_[number]; }
  [[nodiscard]] const Attempt& attempt(size_t number) const noexcept { return attempts_[number]; }
  [[nodiscard]] uint8_t attempt_count() const noexcept { return attempt_count_; }
  /// Place of the target whose response is awaited; absent: none.
  [[nodiscard]] std::optional<uint8_t> awaited_place() const noexcept;
  /// Returns the attempt whose time is running.
  [[nodiscard]] const Attempt& current() const noexcept { return attempts_[current_]; }

  /// The response of the last target that declined.
  struct Refusal {
    dns::Rcode rcode = dns::Rcode::ServFail;
    std::optional<uint16_t> ede;
  };
  [[nodiscard]] const Refusal& refusal() const noexcept { return refusal_; }

 private:
  /// State of one target in this fetch.
  struct Asked {
    uint8_t datagrams = 0;   // queries over UDP
    uint8_t streams = 0;     // queries over TCP or TLS
    bool declined = false;   // gets no more queries
    bool unsent = false;     // the last query to it could not be sent
    bool no_edns = false;    // gets queries without EDNS
    bool responded = false;  // with a response that needs a stream
  };
  struct Choice {
    std::optional<uint8_t> place;  // absent: none
    bool full = false;             // too many fetches wait for some targets
  };

  [[nodiscard]] Step on_decline(const Event& event, const Surroundings& around) noexcept;
  [[nodiscard]] Step on_other_case(uint8_t number, const Surroundings& around) noexcept;
  [[nodiscard]] Step on_stream_failure(const Event& event, const Surroundings& around) noexcept;
  [[nodiscard]] Step on_unsent(const Event& event, const Surroundings& around) noexcept;
  [[nodiscard]] Step on_time_up(const Surroundings& around) noexcept;

  [[nodiscard]] Step query_next(const Surroundings& around) noexcept;
  [[nodiscard]] Step query_again(uint8_t place, StreamUse stream,
                                 const Surroundings& around) noexcept;
  /// Excludes the target of `number`; queries the next one if its response was awaited.
  [[nodiscard]] Step go_on_without(uint8_t number, const Surroundings& around) noexcept;
  [[nodiscard]] Conclude give_up(const ForwardFailure& failure) const noexcept;

  [[nodiscard]] std::optional<uint8_t> add_attempt(uint8_t place, StreamUse stream, bool probe,
                                                   const Surroundings& around) noexcept;
  [[nodiscard]] Choice choose(const Surroundings& around) const noexcept;
  [[nodiscard]] uint64_t wait_end(const Attempt& attempt,
                                  const Surroundings& around) const noexcept;
  [[nodiscard]] uint8_t most_datagrams() const noexcept;
  [[nodiscard]] unsigned sends_left(const Surroundings& around) const noexcept;
  [[nodiscard]] bool has_tries(const Asked& asked, const TargetState& state) const noexcept;

  TargetQuery query_;
  uint64_t began_us_ = 0;
  uint64_t deadline_us_ = 0;
  uint64_t until_us_ = 0;  // of the last step
  uint8_t attempt_count_ = 0;
  uint8_t current_ = 0;
  bool any_declined_ = false;
  bool has_refusal_ = false;
  Refusal refusal_;
  ForwardFailure failure_;  // why the last target that declined was no help, unless it answered
  bool has_failure_ = false;
  std::array<Asked, TargetGroup::kMaxTargets> asked_{};
  std::array<Attempt, kMaxAttempts> attempts_;
};

}  // namespace inlet53::forward
