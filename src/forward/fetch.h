#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "target_query.h"
#include "target_state.h"

#include "inlet53/base/random_octets.h"
#include "inlet53/dns/types.h"
#include "inlet53/forward/forwarder.h"

namespace inlet53::forward {

/// Queries of one fetch, over all transports and targets.
/// Source: the bound that resolvers set against amplification (CVE-2022-3204 and similar).
inline constexpr size_t kMaxAttempts = 16;
/// Queries of one fetch to one target over one transport. Source: RFC 9520 §3.1.
inline constexpr uint8_t kMaxTries = 3;

/// Why a query goes over a stream.
enum class StreamUse : uint8_t { No, Always, Truncated, OtherCase };

/// One query of a fetch.
struct Attempt {
  enum class State : uint8_t {
    Waiting,     // its response is awaited
    Superseded,  // its time is up; its response is still accepted
    Ended,
  };

  uint64_t sent_us = 0;
  SocketAddress from;  // ours; port 0: not known, or not sent yet
  uint8_t place = 0;   // of the target, in the group
  QueryForm form;
  State state = State::Ended;
  StreamUse stream = StreamUse::No;
  bool probe = false;          // sent beside another query, to learn about its target
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
    OtherCase,     // a datagram that repeats the question in other letters
    Malformed,     // no sound response
    Unreachable,   // the network says so
    StreamFailed,  // no connection, or it ended before a response
    NotSent,       // a failure on this host
  };
  Kind kind = Kind::Begun;
  uint8_t attempt = 0;
  dns::Rcode rcode = dns::Rcode::NoError;
  std::optional<uint16_t> ede = {};
  ForwardFailure failure = {};  // of Unreachable, StreamFailed, NotSent
};

/// The data that a fetch decides by.
struct Surroundings {
  uint64_t now = 0;
  std::span<TargetState* const> targets;  // of the group, by place
  uint32_t limit = 0;                     // fetches that may wait for one target
  bool randomize_case = true;
  RandomOctets* random = nullptr;
};

/// Send the query of `attempt`; wait for what comes until `until`.
struct Send {
  uint8_t attempt = 0;
  uint64_t until = 0;
};
/// Wait for what comes until `until`.
struct Await {
  uint64_t until = 0;
};
/// The fetch has ended.
struct Conclude {
  enum class How : uint8_t {
    Answered,  // by `attempt`
    Declined,  // every target that could be asked did; `Fetch::refusal` is the last one's
    Failed,    // `failure` says why
  };
  How how = How::Failed;
  uint8_t attempt = 0;  // answered, or else was the last
  ForwardFailure failure;
};
using Step = std::variant<Await, Send, Conclude>;

/// One question on its way to the targets of one group, as a state machine. Each event gives the
/// one step that the caller executes; an event that the caller cannot execute comes back as another
/// event (NotSent). It has no socket, clock or memory of its own, so that tests are tables.
///
///   Begun ──► Send ──► Answered ──────────────────────────────────► Conclude
///              ▲  ▲      Declined, Malformed, Unreachable, … ──┐        ▲
///              │  └── the next target ─────────────────────────┤        │
///              └───── TimeUp: the next target ─────────────────┴─ none is left, or time is up
///
/// Order of targets: the one that this fetch asked least, then one that answers, then the fastest.
/// A query that is not answered in its target's time goes to the next target, while its response is
/// still accepted. The time doubles with each query to the same target, but leaves room for all
/// queries that may follow (`kMaxTries` for each target) before the deadline.
/// Threads: one.
class Fetch {
 public:
  /// Makes it a new fetch. Requires: `qname` in lower case.
  void begin(dns::NameView qname, uint16_t qtype, uint16_t edns_udp_size, uint64_t now,
             uint64_t deadline, RandomOctets& random) noexcept;

  /// Takes one event and gives the next step.
  [[nodiscard]] Step on(const Event& event, const Surroundings& around) noexcept;
  /// Adds a query to the target at `place` beside the one that is awaited. Absent: it cannot.
  [[nodiscard]] std::optional<uint8_t> probe(size_t place, const Surroundings& around) noexcept;

  [[nodiscard]] const TargetQuery& query() const noexcept { return query_; }
  [[nodiscard]] uint64_t began_us() const noexcept { return began_us_; }
  [[nodiscard]] Attempt& attempt(size_t number) noexcept { return attempts_[number]; }
  [[nodiscard]] const Attempt& attempt(size_t number) const noexcept { return attempts_[number]; }
  [[nodiscard]] uint8_t attempt_count() const noexcept { return attempt_count_; }
  /// The place of the target whose response is awaited; absent: none is.
  [[nodiscard]] std::optional<uint8_t> awaited_place() const noexcept;
  /// The attempt whose time runs.
  [[nodiscard]] const Attempt& current() const noexcept { return attempts_[current_]; }

  /// The response of the last target that declined.
  struct Refusal {
    dns::Rcode rcode = dns::Rcode::ServFail;
    std::optional<uint16_t> ede;
    uint8_t place = 0;
  };
  [[nodiscard]] const Refusal& refusal() const noexcept { return refusal_; }

 private:
  /// State of one target in this fetch.
  struct Asked {
    uint8_t datagrams = 0;   // queries over UDP
    uint8_t streams = 0;     // queries over TCP or TLS
    bool declined = false;   // is asked no more
    bool unsent = false;     // the last query to it could not be sent
    bool no_edns = false;    // is asked without EDNS
    bool responded = false;  // with a response that must be asked for again over a stream
  };
  struct Choice {
    std::optional<uint8_t> place;  // absent: none
    bool full = false;             // some were passed over because too many fetches wait for them
  };

  [[nodiscard]] Step take_decline(const Event& event, const Surroundings& around) noexcept;
  [[nodiscard]] Step take_other_case(uint8_t number, const Surroundings& around) noexcept;
  [[nodiscard]] Step take_stream_failure(const Event& event, const Surroundings& around) noexcept;
  [[nodiscard]] Step take_unsent(const Event& event, const Surroundings& around) noexcept;
  [[nodiscard]] Step take_time_up(const Surroundings& around) noexcept;

  [[nodiscard]] Step ask_next(const Surroundings& around) noexcept;
  [[nodiscard]] Step ask_again(uint8_t place, StreamUse stream,
                               const Surroundings& around) noexcept;
  /// The target of `number` is asked no more: the next is asked if its response was awaited.
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
