// SPDX-License-Identifier: Apache-2.0
#include "fetch.h"

#include <algorithm>

#include "inlet53/base/check.h"

namespace inlet53::forward {

namespace {

using dns::Rcode;

constexpr uint64_t kStreamTimeoutUs = 900'000;
/// Wait before the next try when too many fetches wait for the targets.
constexpr uint64_t kFullWaitUs = 300'000;
/// Some firewalls drop queries with EDNS. A target that has never answered gets queries without
/// EDNS after this number of queries with it.
constexpr uint8_t kTriesWithEdns = 2;
/// Maximum number of datagrams per target once a target has declined: the others rarely know
/// better.
constexpr uint8_t kTriesOnceDeclined = 2;
/// Targets whose latency exceeds the lowest one by up to a quarter plus this share the queries.
constexpr uint64_t kEqualUs = 1000;

// Returns whether a server answers with this rcode because it does not support EDNS or our version
// of it (RFC 6891 §6.1.3, §7).
bool blames_edns(Rcode rcode) noexcept {
  return rcode == Rcode::FormErr || rcode == Rcode::NotImp || rcode == Rcode::BadVers;
}

bool is_stream_only(const TargetState& state) noexcept {
  return state.target.protocol == TargetProtocol::DoT;
}

}  // namespace

void Fetch::begin(dns::NameView qname, uint16_t qtype, uint16_t edns_udp_size, uint64_t now,
                  uint64_t deadline, RandomBytes& random) noexcept {
  query_.assign(qname, qtype, edns_udp_size, random);
  began_us_ = until_us_ = now;
  deadline_us_ = deadline;
  attempt_count_ = current_ = 0;
  any_declined_ = has_refusal_ = has_failure_ = false;
  asked_ = {};
}

std::optional<uint8_t> Fetch::awaited_place() const noexcept {
  if (attempt_count_ == 0 || current().state != Attempt::State::Waiting) return std::nullopt;
  return current().place;
}

Step Fetch::on(const Event& event, const Surroundings& around) noexcept {
  using Kind = Event::Kind;
  if (event.kind == Kind::Begun) return query_next(around);
  if (event.kind == Kind::TimeUp) return on_time_up(around);
  Attempt& attempt = attempts_[event.attempt];
  // An attacker or the target changes the letter case: the true response may still arrive.
  if (event.kind == Kind::OtherCase) return on_other_case(event.attempt, around);
  if (event.kind == Kind::Truncated) asked_[attempt.place].responded = true;
  attempt.state = Attempt::State::Ended;
  switch (event.kind) {
    case Kind::Answered:
      return Conclude{Conclude::How::Answered, event.attempt, {}};
    case Kind::Declined:
      return on_decline(event, around);
    case Kind::Truncated:
      return query_again(attempt.place, StreamUse::Truncated, around);
    case Kind::StreamFailed:
      return on_stream_failure(event, around);
    case Kind::NotSent:
      return on_unsent(event, around);
    default:
      break;
  }
  failure_ = event.kind == Kind::Malformed ? kMalformed : event.failure;
  has_failure_ = true;
  return go_on_without(event.attempt, around);
}

//--- Events

Step Fetch::on_decline(const Event& event, const Surroundings& around) noexcept {
  const Attempt& attempt = attempts_[event.attempt];
  Asked& asked = asked_[attempt.place];
  if (blames_edns(event.rcode) && attempt.form.edns && !asked.no_edns) {
    asked.no_edns = true;
    return query_again(attempt.place, StreamUse::No, around);
  }
  refusal_ = {event.rcode, event.ede};
  has_refusal_ = true;
  return go_on_without(event.attempt, around);
}

// Queries over a stream once, to distinguish a target that changes letter case from an attacker.
Step Fetch::on_other_case(uint8_t number, const Surroundings& around) noexcept {
  Attempt& attempt = attempts_[number];
  asked_[attempt.place].responded = true;
  if (asked_[attempt.place].streams > 0) return Await{until_us_};
  if (attempt.state == Attempt::State::Waiting) attempt.state = Attempt::State::Superseded;
  return query_again(attempt.place, StreamUse::OtherCase, around);
}

// A target that neither preserves letter case nor accepts connections gets queries in lower case;
// port and id protect them.
Step Fetch::on_stream_failure(const Event& event, const Surroundings& around) noexcept {
  const Attempt& attempt = attempts_[event.attempt];
  if (attempt.stream == StreamUse::OtherCase) {
    return query_again(attempt.place, StreamUse::No, around);
  }
  failure_ = event.failure;
  has_failure_ = true;
  return go_on_without(event.attempt, around);
}

// The target received nothing. Queries another target at once; if there is none, this host may be
// able to send a little later.
Step Fetch::on_unsent(const Event& event, const Surroundings& around) noexcept {
  const Attempt& attempt = attempts_[event.attempt];
  Asked& asked = asked_[attempt.place];
  asked.unsent = true;
  --(attempt.stream == StreamUse::No ? asked.datagrams : asked.streams);
  failure_ = event.failure;
  has_failure_ = true;
  if (event.attempt != current_) return Await{until_us_};
  const Choice next = choose(around);
  if (next.place) return query_next(around);
  const bool sent_any = std::ranges::any_of(
      asked_, [](const Asked& each) { return each.datagrams + each.streams > 0; });
  const bool at_begin = !sent_any && around.now == began_us_;
  if (at_begin || attempt_count_ == kMaxAttempts) return give_up(failure_);
  return Await{until_us_ = std::min(around.now + kFullWaitUs, deadline_us_)};
}

Step Fetch::on_time_up(const Surroundings& around) noexcept {
  Attempt& attempt = attempts_[current_];
  if (attempt.state == Attempt::State::Waiting) {
    attempt.state = Attempt::State::Superseded;
    if (attempt.stream == StreamUse::Truncated || attempt.stream == StreamUse::OtherCase) {
      failure_ = kStreamFailed;
      has_failure_ = true;
    }
  }
  if (around.now >= deadline_us_) return give_up(kNoTime);
  for (Asked& asked : asked_) asked.unsent = false;
  return query_next(around);
}

//--- Queries

Step Fetch::query_next(const Surroundings& around) noexcept {
  const Choice choice = choose(around);
  if (choice.place) {
    const auto number = add_attempt(*choice.place, StreamUse::No, false, around);
    if (number) return Send{*number, until_us_ = wait_end(attempts_[*number], around)};
  }
  if (attempt_count_ == 0) {
    const bool silent =
        std::ranges::all_of(around.targets, [](const TargetState* each) { return each->silent(); });
    return give_up(silent ? kSilent : kTargetsFull);
  }
  if (choice.full) {
    return Await{until_us_ = std::min(around.now + kFullWaitUs, deadline_us_)};
  }
  // All permitted queries are sent; a response may still arrive.
  if (any_declined_) return give_up(kNoTime);
  return Await{until_us_ = deadline_us_};
}

// Queries the same target again or, if that is not possible, the next one.
Step Fetch::query_again(uint8_t place, StreamUse stream, const Surroundings& around) noexcept {
  const Asked& asked = asked_[place];
  const bool over_stream = stream != StreamUse::No || is_stream_only(*around.targets[place]);
  if ((over_stream ? asked.streams : asked.datagrams) < kMaxTries) {
    const auto number = add_attempt(place, stream, false, around);
    if (number) return Send{*number, until_us_ = wait_end(attempts_[*number], around)};
  }
  if (stream == StreamUse::Truncated) {
    failure_ = kStreamFailed;
    has_failure_ = true;
  }
  asked_[place].declined = any_declined_ = true;
  return query_next(around);
}

Step Fetch::go_on_without(uint8_t number, const Surroundings& around) noexcept {
  const Attempt& attempt = attempts_[number];
  asked_[attempt.place].declined = any_declined_ = true;
  const bool waits_for_another =
      current().state == Attempt::State::Waiting && current().place != attempt.place;
  if (waits_for_another) return Await{until_us_};
  return query_next(around);
}

Conclude Fetch::give_up(const ForwardFailure& failure) const noexcept {
  if (has_refusal_) return {Conclude::How::Declined, current_, {}};
  // A target that never responded explains the failure better than one that failed earlier.
  const bool silent =
      std::any_of(attempts_.begin(), attempts_.begin() + attempt_count_, [&](const Attempt& each) {
        const Asked& asked = asked_[each.place];
        return each.state != Attempt::State::Ended && !asked.declined && !asked.responded;
      });
  return {Conclude::How::Failed, current_, has_failure_ && !silent ? failure_ : failure};
}

//--- Attempts

std::optional<uint8_t> Fetch::probe(size_t place, const Surroundings& around) noexcept {
  const auto at = static_cast<uint8_t>(place);
  if (asked_[at].declined || !has_tries(asked_[at], *around.targets[at])) return std::nullopt;
  return add_attempt(at, StreamUse::No, true, around);
}

std::optional<uint8_t> Fetch::add_attempt(uint8_t place, StreamUse stream, bool probe,
                                          const Surroundings& around) noexcept {
  if (attempt_count_ == kMaxAttempts) return std::nullopt;
  const TargetState& state = *around.targets[place];
  Asked& asked = asked_[place];
  if (is_stream_only(state)) stream = StreamUse::Always;
  const bool datagram = stream == StreamUse::No;
  const uint8_t number = attempt_count_++;
  Attempt& attempt = attempts_[number];
  attempt = {};
  attempt.sent_us = around.now;
  attempt.place = place;
  attempt.state = Attempt::State::Waiting;
  attempt.stream = stream;
  attempt.probe = probe;
  if (!state.ever_answered() && asked.datagrams + asked.streams >= kTriesWithEdns) {
    asked.no_edns = true;
  }
  attempt.tests_no_edns = asked.no_edns;
  attempt.form.edns = state.supports_edns(around.now) && !asked.no_edns;
  attempt.form.random_case = datagram && around.randomize_case && state.keeps_case(around.now);
  ++(datagram ? asked.datagrams : asked.streams);
  if (!probe) current_ = number;
  return number;
}

// Limits the other targets to two datagrams once a target has declined.
uint8_t Fetch::most_datagrams() const noexcept {
  return any_declined_ ? kTriesOnceDeclined : kMaxTries;
}

bool Fetch::has_tries(const Asked& asked, const TargetState& state) const noexcept {
  const uint8_t tries = is_stream_only(state) ? asked.streams : asked.datagrams;
  return !asked.declined && !asked.unsent && tries < most_datagrams() && asked.streams < kMaxTries;
}

// Chooses the target with the fewest queries, then one that is not silent, then the fastest.
Fetch::Choice Fetch::choose(const Surroundings& around) const noexcept {
  Choice choice;
  std::array<uint8_t, TargetGroup::kMaxTargets> places{};
  std::array<uint64_t, TargetGroup::kMaxTargets> ranks{};
  size_t count = 0;
  uint64_t least_tries = UINT64_MAX;
  bool only_silent = true;
  for (size_t place = 0; place < around.targets.size(); ++place) {
    const TargetState& state = *around.targets[place];
    const Asked& asked = asked_[place];
    if (!has_tries(asked, state)) continue;
    if (state.in_flight >= state.places(around.limit)) {
      choice.full = true;
      continue;
    }
    const uint64_t tries = uint64_t{asked.datagrams} + asked.streams;
    if (only_silent && !state.silent()) {
      only_silent = false;
      count = 0;
      least_tries = UINT64_MAX;
    }
    if (state.silent() && !only_silent) continue;
    if (tries > least_tries) continue;
    if (tries < least_tries) count = 0;
    least_tries = tries;
    places[count] = static_cast<uint8_t>(place);
    ranks[count++] = state.expected_us();
  }
  if (count == 0) return choice;
  const uint64_t best = *std::min_element(ranks.begin(), ranks.begin() + count);
  size_t equal = 0;
  for (size_t i = 0; i < count; ++i) {
    if (ranks[i] <= best + best / 4 + kEqualUs) places[equal++] = places[i];
  }
  choice.place = places[equal == 1 ? 0 : around.random->below(equal)];
  return choice;
}

// Number of queries that may follow if no target that answers declines.
unsigned Fetch::sends_left(const Surroundings& around) const noexcept {
  unsigned left = 0;
  unsigned left_to_silent = 0;
  for (size_t place = 0; place < around.targets.size(); ++place) {
    const TargetState& state = *around.targets[place];
    if (!has_tries(asked_[place], state) || is_stream_only(state)) continue;
    const auto tries = static_cast<unsigned>(most_datagrams() - asked_[place].datagrams);
    (state.silent() ? left_to_silent : left) += tries;
  }
  return std::min<unsigned>(left > 0 ? left : left_to_silent, kMaxAttempts - attempt_count_);
}

uint64_t Fetch::wait_end(const Attempt& attempt, const Surroundings& around) const noexcept {
  const auto within = [&](uint64_t wait) { return std::min(around.now + wait, deadline_us_); };
  if (attempt.stream != StreamUse::No) return within(kStreamTimeoutUs);
  const unsigned left = sends_left(around);
  const uint64_t timeout = around.targets[attempt.place]->round_trip().timeout();
  if (left == 0) return any_declined_ ? within(timeout) : deadline_us_;
  const unsigned doublings = asked_[attempt.place].datagrams - 1U;
  const uint64_t share = (std::max(deadline_us_, around.now) - around.now) / (left + 1);
  return within(std::max(timeout, std::min(timeout << doublings, share)));
}

}  // namespace inlet53::forward
