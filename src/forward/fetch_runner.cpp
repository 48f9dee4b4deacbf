#include "fetch_runner.h"

#include <algorithm>
#include <array>

#include "inlet53/base/check.h"

namespace inlet53::forward {

namespace {

using dns::Ede;
using dns::Rcode;

constexpr uint16_t kTc = 0x0200;

constexpr ForwardFailure kTooManyWaiters{Ede::Other, "too many clients wait for this question"};
constexpr ForwardFailure kTooManyFetches{Ede::Other, "too many questions wait for targets"};
constexpr ForwardFailure kTargetsBusy{Ede::Other, "too many questions wait for these targets"};
constexpr ForwardFailure kUnreachable{Ede::NetworkError, "the targets cannot be asked"};
constexpr ForwardFailure kSilent{Ede::NoReachableAuthority, "no target answers"};

bool is_answer(Rcode rcode) noexcept { return rcode == Rcode::NoError || rcode == Rcode::NXDomain; }

// What a server says that does not know EDNS, or our version of it (RFC 6891 §6.1.3, §7).
bool blames_edns(Rcode rcode) noexcept {
  return rcode == Rcode::FormErr || rcode == Rcode::NotImp || rcode == Rcode::BadVers;
}

}  // namespace

FetchRunner::FetchRunner(const settings::Forward& settings, QueryTransport& transport, uint64_t now)
    : settings_(settings),
      transport_(transport),
      targets_(transport),
      fetches_(settings.max_in_flight, random_),
      due_(now) {}

//--- Waiters

Submitted FetchRunner::submit(const ForwardQuery& query, ForwardOwner& owner, uint64_t token,
                              uint64_t now) {
  const auto refused = [&](const ForwardFailure& failure) {
    ++counts_.refused;
    return Submitted{Submitted::Outcome::Refused, {}, failure};
  };
  const uint32_t group = targets_.find_or_add(query.group);
  const uint64_t hash = fetches_.hash(query.qname, query.qtype, group);
  if (const uint32_t equal = fetches_.find(hash, query.qname, query.qtype, group);
      equal != FetchTable::kNone) {
    if (fetches_[equal].waiters >= settings_.max_waiters) return refused(kTooManyWaiters);
    ++counts_.joined;
    return {Submitted::Outcome::Joined, fetches_.add_waiter(equal, owner, token), {}};
  }
  const auto index = fetches_.allocate();
  if (!index) return refused(kTooManyFetches);
  Fetch& fetch = fetches_[*index];
  fetch.query.assign(query.qname, query.qtype, static_cast<uint16_t>(settings_.edns_udp_size),
                     random_);
  fetch.group = group;
  fetch.hash = hash;
  fetch.began_us = now;
  fetch.deadline_us = now + uint64_t{settings_.query_timeout_ms} * 1000;
  ++targets_.group(group).fetches;
  fetches_.publish(*index);
  if (const auto failure = ask(*index, now)) {
    fetches_.withdraw(*index);
    release(*index, now);
    return refused(*failure);
  }
  const auto probed = choose_probe(fetch, targets_, fetch.current_attempt().place, now);
  if (probed) static_cast<void>(send(*index, *probed, Attempt::Stream::No, true, now));
  ++counts_.started;
  return {Submitted::Outcome::Started, fetches_.add_waiter(*index, owner, token), {}};
}

void FetchRunner::cancel(WaiterId waiter, uint64_t now) {
  const auto index = fetches_.remove_waiter(waiter);
  if (!index) return;
  Fetch& fetch = fetches_[*index];
  if (fetch.state != Fetch::State::Asking || fetch.waiters > 0) return;
  fetches_.withdraw(*index);
  linger_or_release(*index, now);
}

//--- Sending

// Sends the next query. Says why there is none to be sent.
std::optional<ForwardFailure> FetchRunner::ask(uint32_t index, uint64_t now) {
  Fetch& fetch = fetches_[index];
  while (fetch.attempt_count < kMaxAttempts) {
    const uint32_t limit = settings_.max_in_flight_per_target;
    const TargetChoice choice = choose_target(fetch, targets_, limit, now, random_);
    if (!choice.place) return failure_of(fetch, choice.busy);
    if (send(index, *choice.place, Attempt::Stream::No, false, now)) return std::nullopt;
    fetch.declined |= Fetch::bit(*choice.place);
    fetch.unreachable = true;
  }
  return failure_of(fetch, false);
}

// Whether silence may be about EDNS: some firewalls drop what has it. Of a target that has answered
// before it is not.
bool FetchRunner::may_drop_edns(const Fetch& fetch, const TargetState& state, size_t place) {
  return !state.ever_answered() && fetch.tries[place] >= kTriesWithEdns;
}

bool FetchRunner::send(uint32_t index, size_t place, Attempt::Stream stream, bool probe,
                       uint64_t now) {
  Fetch& fetch = fetches_[index];
  if (fetch.attempt_count == kMaxAttempts) return false;
  const GroupEntry& group = targets_.group(fetch.group);
  const uint32_t target = group.targets[place];
  TargetState& state = targets_.target(target);
  if (state.target.protocol == TargetProtocol::DoT) stream = Attempt::Stream::Always;
  const bool datagram = stream == Attempt::Stream::No;

  const uint8_t number = fetch.attempt_count++;
  Attempt& attempt = fetch.attempts[number];
  attempt = {now, static_cast<uint8_t>(place), {}, Attempt::State::Ended, stream, {}, probe};
  if (may_drop_edns(fetch, state, place)) fetch.refused_edns |= Fetch::bit(place);
  attempt.form.edns = state.takes_edns(now) && (fetch.refused_edns & Fetch::bit(place)) == 0;
  attempt.form.random_case = datagram && settings_.case_randomization && state.keeps_case(now);
  std::array<uint8_t, TargetQuery::kMaxSize> query;
  const Bytes octets(query.data(), fetch.query.compose(attempt.form, query.data()));
  const uint64_t token = fetches_.token(index, number);
  if (!datagram) {
    transport_.send_stream(target, octets, token);
    ++counts_.over_stream;
  } else {
    const auto from = transport_.send_datagram(target, octets, token);
    if (!from) return false;
    attempt.from = *from;
  }
  ++counts_.attempts;
  ++fetch.tries[place];
  ++state.in_flight;
  attempt.state = Attempt::State::Waiting;
  if (probe || state.dead()) state.probe_sent(now);
  if (!probe) {
    fetch.current = number;
    due_.set(index, std::min(now + patience_us(fetch, attempt), fetch.deadline_us));
  }
  return true;
}

// How long a query is waited for before another is sent: half as long again with each that went to
// the same target.
uint64_t FetchRunner::patience_us(const Fetch& fetch, const Attempt& attempt) {
  if (attempt.stream != Attempt::Stream::No) return kStreamTimeoutUs;
  uint64_t patience = target_of(fetch, attempt).round_trip().timeout();
  for (uint8_t tries = 1; tries < fetch.tries[attempt.place]; ++tries) {
    patience = std::min<uint64_t>(patience * 3 / 2, RoundTrip::kMostTimeout);
  }
  return patience;
}

void FetchRunner::ask_or_conclude(uint32_t index, uint64_t now) {
  if (const auto failure = ask(index, now)) conclude_without(index, *failure, now);
}

// Asks this target once more; when that cannot be, the next.
void FetchRunner::send_or_decline(uint32_t index, size_t place, Attempt::Stream stream,
                                  uint64_t now) {
  if (send(index, place, stream, false, now)) return;
  fetches_[index].declined |= Fetch::bit(place);
  ask_or_conclude(index, now);
}

void FetchRunner::end_attempt(const Fetch& fetch, Attempt& attempt) noexcept {
  if (attempt.state == Attempt::State::Waiting) --target_of(fetch, attempt).in_flight;
  attempt.state = Attempt::State::Ended;
}

//--- What comes back

bool FetchRunner::received(uint64_t token, Bytes message, uint64_t now) {
  const FetchTable::Named named = fetches_.find(token);
  if (named.fetch == FetchTable::kNone) {
    ++counts_.late;
    return true;
  }
  Fetch& fetch = fetches_[named.fetch];
  Attempt& attempt = fetch.attempts[named.attempt];
  switch (fetch.query.match(attempt.form, message)) {
    case QueryMatch::None:
      ++counts_.mismatched;
      return false;
    case QueryMatch::OtherCase:
      ++counts_.case_changed;
      return take_case_change(named.fetch, attempt, now);
    case QueryMatch::BareError:
      if (attempt.state != Attempt::State::Ended) {
        take_error(named.fetch, attempt, static_cast<Rcode>(message[3] & 0x0F), now);
      }
      return true;
    case QueryMatch::SameQuestion:
      break;
  }
  if (attempt.state == Attempt::State::Ended) {
    ++counts_.late;
    return true;
  }
  if ((load_be16(&message[2]) & kTc) != 0) {
    const size_t place = attempt.place;
    target_of(fetch, attempt).answered(attempt.sent_us, now, true);
    end_attempt(fetch, attempt);
    if (fetch.state == Fetch::State::Asking) {
      send_or_decline(named.fetch, place, Attempt::Stream::Truncated, now);
    } else {
      linger_or_release(named.fetch, now);
    }
    return true;
  }
  take_response(named.fetch, attempt, message, now);
  return true;
}

// The target's own doing, or a forger's who guessed the rest: a stream will tell. The wait for the
// right letters goes on.
bool FetchRunner::take_case_change(uint32_t index, Attempt& attempt, uint64_t now) {
  Fetch& fetch = fetches_[index];
  const auto to_same = [&](const Attempt& each) {
    return each.place == attempt.place && each.stream != Attempt::Stream::No;
  };
  const auto end = fetch.attempts.begin() + fetch.attempt_count;
  const bool asked = std::any_of(fetch.attempts.begin(), end, to_same);
  if (fetch.state != Fetch::State::Asking || asked) return false;
  if (attempt.state == Attempt::State::Waiting) {
    --target_of(fetch, attempt).in_flight;
    attempt.state = Attempt::State::Superseded;
  }
  send_or_decline(index, attempt.place, Attempt::Stream::OtherCase, now);
  return false;
}

void FetchRunner::received_on_stream(uint64_t token, Bytes message, const SocketAddress& from,
                                     uint64_t now) {
  const FetchTable::Named named = fetches_.find(token);
  if (named.fetch == FetchTable::kNone) {
    ++counts_.late;
    return;
  }
  Fetch& fetch = fetches_[named.fetch];
  Attempt& attempt = fetch.attempts[named.attempt];
  if (attempt.state == Attempt::State::Ended) {
    ++counts_.late;
    return;
  }
  attempt.from = from;
  const QueryMatch match = fetch.query.match(attempt.form, message);
  if (match == QueryMatch::BareError) {
    take_error(named.fetch, attempt, static_cast<Rcode>(message[3] & 0x0F), now);
  } else if (match == QueryMatch::SameQuestion && (load_be16(&message[2]) & kTc) == 0) {
    take_response(named.fetch, attempt, message, now);
  } else {
    ++counts_.malformed;
    decline_unreachable(named.fetch, attempt, now);
  }
}

void FetchRunner::take_response(uint32_t index, Attempt& attempt, Bytes message, uint64_t now) {
  Fetch& fetch = fetches_[index];
  const GroupEntry& group = targets_.group(fetch.group);
  TargetState& state = target_of(fetch, attempt);
  const bool whole =
      chain_.read(message, fetch.query.qname(), fetch.query.qtype(), group.group->apex.view());
  if (!whole) {
    ++counts_.malformed;
    state.answered(attempt.sent_us, now, false);
    return decline_unreachable(index, attempt, now);
  }
  if (!is_answer(chain_.rcode())) {
    fetch.ede = chain_.ede();
    return take_error(index, attempt, chain_.rcode(), now);
  }
  const bool first_way =
      attempt.stream == Attempt::Stream::No || attempt.stream == Attempt::Stream::Always;
  state.answered(attempt.sent_us, now, first_way);
  // It understood the question without EDNS, so that this was what it minded.
  if (!attempt.form.edns && (fetch.refused_edns & Fetch::bit(attempt.place)) != 0) {
    state.lacks_edns(now);
  }
  end_attempt(fetch, attempt);
  if (fetch.state == Fetch::State::Asking) return conclude_with_answer(index, attempt, now);
  linger_or_release(index, now);
}

void FetchRunner::take_error(uint32_t index, Attempt& attempt, Rcode rcode, uint64_t now) {
  Fetch& fetch = fetches_[index];
  target_of(fetch, attempt).answered(attempt.sent_us, now, false);
  end_attempt(fetch, attempt);
  if (fetch.state != Fetch::State::Asking) return linger_or_release(index, now);
  const uint8_t bit = Fetch::bit(attempt.place);
  if (blames_edns(rcode) && attempt.form.edns && (fetch.refused_edns & bit) == 0) {
    fetch.refused_edns |= bit;
    return send_or_decline(index, attempt.place, Attempt::Stream::No, now);
  }
  fetch.declined |= bit;
  fetch.has_rcode = true;
  fetch.rcode = rcode;
  fetch.rcode_place = attempt.place;
  go_on_without(index, attempt, now);
}

void FetchRunner::undeliverable(uint64_t token, bool local, uint64_t now) {
  const FetchTable::Named named = fetches_.find(token);
  if (named.fetch == FetchTable::kNone) return;
  Fetch& fetch = fetches_[named.fetch];
  Attempt& attempt = fetch.attempts[named.attempt];
  if (attempt.state == Attempt::State::Ended) return;
  if (!local && target_of(fetch, attempt).unanswered(attempt.sent_us, now)) {
    ++counts_.targets_dead;
  }
  decline_unreachable(named.fetch, attempt, now);
}

void FetchRunner::stream_failed(uint64_t token, uint64_t now) {
  const FetchTable::Named named = fetches_.find(token);
  if (named.fetch == FetchTable::kNone) return;
  Fetch& fetch = fetches_[named.fetch];
  Attempt& attempt = fetch.attempts[named.attempt];
  if (attempt.state == Attempt::State::Ended) return;
  TargetState& state = target_of(fetch, attempt);
  if (attempt.stream == Attempt::Stream::Always) {
    if (state.unanswered(attempt.sent_us, now)) ++counts_.targets_dead;
  }
  if (attempt.stream == Attempt::Stream::OtherCase) {
    // It neither repeats letters nor takes connections: what is left are port and id.
    state.changes_case(now);
    end_attempt(fetch, attempt);
    if (fetch.state != Fetch::State::Asking) return linger_or_release(named.fetch, now);
    return send_or_decline(named.fetch, attempt.place, Attempt::Stream::No, now);
  }
  decline_unreachable(named.fetch, attempt, now);
}

void FetchRunner::decline_unreachable(uint32_t index, Attempt& attempt, uint64_t now) {
  Fetch& fetch = fetches_[index];
  end_attempt(fetch, attempt);
  if (fetch.state != Fetch::State::Asking) return linger_or_release(index, now);
  fetch.declined |= Fetch::bit(attempt.place);
  fetch.unreachable = true;
  go_on_without(index, attempt, now);
}

// The target of `attempt` has declined. If it was the one that is waited for, the next is asked.
void FetchRunner::go_on_without(uint32_t index, const Attempt& attempt, uint64_t now) {
  Fetch& fetch = fetches_[index];
  const Attempt& current = fetch.current_attempt();
  const bool awaited = &current == &attempt || current.place == attempt.place;
  if (awaited || current.state != Attempt::State::Waiting) ask_or_conclude(index, now);
}

//--- Time

void FetchRunner::expire(uint64_t now) {
  while (const auto index = due_.expire(now)) {
    if (fetches_[*index].state == Fetch::State::Lingering) {
      release(*index, now);
    } else {
      time_out(*index, now);
    }
  }
}

void FetchRunner::time_out(uint32_t index, uint64_t now) {
  Fetch& fetch = fetches_[index];
  Attempt& attempt = fetch.current_attempt();
  if (attempt.state == Attempt::State::Waiting) {
    TargetState& state = target_of(fetch, attempt);
    ++counts_.timeouts;
    if (state.unanswered(attempt.sent_us, now)) ++counts_.targets_dead;
    --state.in_flight;
    attempt.state = Attempt::State::Superseded;
  }
  if (now >= fetch.deadline_us) return conclude_without(index, failure_of(fetch, false), now);
  const auto failure = ask(index, now);
  if (!failure) return;
  // Others wait for its targets, which may still answer what was sent.
  if (failure->text == kTargetsBusy.text) {
    return due_.set(index, std::min(now + RoundTrip::kFirstTimeout, fetch.deadline_us));
  }
  conclude_without(index, *failure, now);
}

//--- Ending

ForwardFailure FetchRunner::failure_of(const Fetch& fetch, bool busy) noexcept {
  if (busy) return kTargetsBusy;
  return fetch.unreachable ? kUnreachable : kSilent;
}

void FetchRunner::conclude_with_answer(uint32_t index, const Attempt& attempt, uint64_t now) {
  const Fetch& fetch = fetches_[index];
  TargetResponse response;
  response.rcode = chain_.rcode();
  response.ede = chain_.ede();
  response.answer = chain_.rrsets();
  response.soa = chain_.soa();
  response.end = chain_.end();
  response.last_name = chain_.last_name();
  response.target = &targets_.target(targets_.group(fetch.group), attempt.place).target;
  response.elapsed_us = static_cast<uint32_t>(now - fetch.began_us);
  response.attempts = fetch.attempt_count;
  ++counts_.answered;
  tell(index, response, attempt, now);
}

void FetchRunner::conclude_without(uint32_t index, const ForwardFailure& failure, uint64_t now) {
  const Fetch& fetch = fetches_[index];
  const Attempt& last = fetch.attempts[fetch.current];
  if (!fetch.has_rcode) {
    ++counts_.failed;
    return tell(index, Unexpected(failure), last, now);
  }
  TargetResponse response;
  response.rcode = fetch.rcode;
  response.ede = fetch.ede;
  response.last_name = fetch.query.qname();
  response.target = &targets_.target(targets_.group(fetch.group), fetch.rcode_place).target;
  response.elapsed_us = static_cast<uint32_t>(now - fetch.began_us);
  response.attempts = fetch.attempt_count;
  ++counts_.declined;
  tell(index, response, last, now);
}

std::optional<SentFrom> FetchRunner::sent_from(uint32_t index, const Attempt& attempt) {
  if (attempt.from.port == 0) return std::nullopt;
  if (attempt.stream == Attempt::Stream::No) return SentFrom{attempt.from, SentFrom::Via::Udp};
  const bool tls = target_of(fetches_[index], attempt).target.protocol == TargetProtocol::DoT;
  return SentFrom{attempt.from, tls ? SentFrom::Via::Tls : SentFrom::Via::Tcp};
}

void FetchRunner::tell(uint32_t index, const ForwardResult& result, const Attempt& attempt,
                       uint64_t now) {
  // Whoever asks again within the call begins anew.
  fetches_.withdraw(index);
  fetches_[index].state = Fetch::State::Concluding;
  due_.clear(index);
  FetchNotes notes{true, sent_from(index, attempt)};
  while (const auto waiter = fetches_.take_waiter(index)) {
    waiter->owner->forwarded(waiter->token, result, notes);
    notes.first = false;
  }
  linger_or_release(index, now);
}

// A probe may still be out: what becomes of it says something of its target.
void FetchRunner::linger_or_release(uint32_t index, uint64_t now) {
  Fetch& fetch = fetches_[index];
  fetch.state = Fetch::State::Lingering;
  uint64_t until = 0;
  for (size_t i = 0; i < fetch.attempt_count; ++i) {
    Attempt& attempt = fetch.attempts[i];
    if (attempt.probe && attempt.state == Attempt::State::Waiting) {
      until = std::max(until, attempt.sent_us + RoundTrip::kMostTimeout);
    } else {
      end_attempt(fetch, attempt);
    }
  }
  if (until <= now) return release(index, now);
  due_.set(index, until);
}

void FetchRunner::release(uint32_t index, uint64_t now) {
  Fetch& fetch = fetches_[index];
  due_.clear(index);
  for (size_t i = 0; i < fetch.attempt_count; ++i) {
    Attempt& attempt = fetch.attempts[i];
    const bool unanswered = attempt.probe && attempt.state == Attempt::State::Waiting;
    end_attempt(fetch, attempt);
    if (!unanswered) continue;
    ++counts_.timeouts;
    if (target_of(fetch, attempt).unanswered(attempt.sent_us, now)) {
      ++counts_.targets_dead;
    }
  }
  --targets_.group(fetch.group).fetches;
  fetches_.release(index);
}

}  // namespace inlet53::forward
