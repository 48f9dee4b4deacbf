// SPDX-License-Identifier: Apache-2.0
#include "fetch_runner.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "fetch.h"

namespace inlet53::forward {

namespace {

using dns::Rcode;
using Kind = Event::Kind;

constexpr uint16_t kTc = 0x0200;

bool is_answer(Rcode rcode) noexcept { return rcode == Rcode::NoError || rcode == Rcode::NXDomain; }

bool is_truncated(Bytes message) noexcept { return (load_be16(&message[2]) & kTc) != 0; }

Rcode header_rcode(Bytes message) noexcept { return static_cast<Rcode>(message[3] & 0x0F); }

// Returns whether the latency of a query is typical of its target: it does not repeat a question
// over a stream.
bool is_initial_query(const Attempt& attempt) noexcept {
  return attempt.stream == StreamUse::No || attempt.stream == StreamUse::Always;
}

// Returns the local address and transport of the query of `number`, or of the last one that was
// sent.
std::optional<SentFrom> sent_from(const Fetch& fetch, uint8_t number, const GroupEntry& group) {
  for (size_t last = fetch.attempt_count(); fetch.attempt(number).from.port == 0 && last > 0;) {
    number = static_cast<uint8_t>(--last);
  }
  const Attempt& attempt = fetch.attempt(number);
  const Target& target = group.states[attempt.place]->target;
  if (attempt.from.port == 0) return std::nullopt;
  if (attempt.stream == StreamUse::No) return SentFrom{attempt.from, SentFrom::Via::Udp};
  const bool tls = target.protocol == TargetProtocol::DoT;
  return SentFrom{attempt.from, tls ? SentFrom::Via::Tls : SentFrom::Via::Tcp};
}

ForwardFailure failure_of(const net::SendError& error) noexcept {
  const bool local = net::is_local(error.failure);
  return {local ? dns::Ede::Other : dns::Ede::NetworkError, net::to_text(error.failure)};
}

}  // namespace

FetchRunner::FetchRunner(const settings::Forward& settings, QueryTransport& transport,
                         ForwardOwner& owner, uint64_t now)
    : settings_(settings),
      transport_(transport),
      owner_(owner),
      targets_(transport),
      fetches_(settings.max_in_flight, random_),
      due_(now) {}

//--- Waiters

Submitted FetchRunner::submit(const ForwardQuery& query, uint64_t token, uint64_t now) {
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
    return {Submitted::Outcome::Joined, fetches_.add_waiter(equal, token), {}};
  }
  if (query.joins_only) return {Submitted::Outcome::NotJoined, {}, {}};
  const auto index = fetches_.allocate();
  if (!index) return refused(kTooManyFetches);
  FetchSlot& slot = fetches_[*index];
  slot.group = group;
  slot.scope = query.scope;
  slot.name_hash = query.name_hash;
  slot.hash = hash;
  slot.fetch.begin(query.qname, query.qtype, static_cast<uint16_t>(settings_.edns_udp_size), now,
                   now + uint64_t{settings_.query_timeout_ms} * 1000, random_);
  ++targets_.group(group).fetches;
  fetches_.publish(*index);
  if (const auto failure = begin(*index, now)) {
    fetches_.withdraw(*index);
    release(*index);
    return refused(*failure);
  }
  ++counts_.started;
  return {Submitted::Outcome::Started, fetches_.add_waiter(*index, token), {}};
}

Forwarder::Places FetchRunner::places(const std::shared_ptr<const TargetGroup>& group) {
  Forwarder::Places places;
  const GroupEntry& entry = targets_.group(targets_.find_or_add(group));
  places.silent = true;
  for (const TargetState* target : entry.all_states()) {
    places.used += target->in_flight;
    places.limit += target->places(settings_.max_in_flight_per_target);
    places.silent = places.silent && target->silent();
  }
  return places;
}

void FetchRunner::cancel(WaiterId waiter) {
  const auto index = fetches_.remove_waiter(waiter);
  if (!index) return;
  const FetchSlot& slot = fetches_[*index];
  if (slot.state != FetchSlot::State::Asking || slot.waiters > 0) return;
  fetches_.withdraw(*index);
  release(*index);
}

//--- Events

std::optional<FetchRunner::Found> FetchRunner::find(AttemptToken token) {
  const uint32_t index = fetches_.find(token);
  if (index == FetchTable::kNone) return std::nullopt;
  FetchSlot& slot = fetches_[index];
  Attempt& attempt = slot.fetch.attempt(token.attempt());
  TargetState& target = *targets_.group(slot.group).states[attempt.place];
  return Found{index, token.attempt(), slot, attempt, target};
}

// Records a response after its fetch has ended: it shows that its target answers.
void FetchRunner::record_late_response(AttemptToken token, bool measures, uint64_t now) {
  ++counts_.late;
  if (!token.target()) return;
  if (TargetState* target = targets_.target(*token.target()); target != nullptr) {
    target->answered(token.sent_us(now), now, measures);
  }
}

bool FetchRunner::received(uint64_t value, std::span<uint8_t> message, uint64_t now) {
  const AttemptToken token(value);
  const auto found = find(token);
  if (!found) {
    record_late_response(token, true, now);
    return true;
  }
  const TargetQuery& query = found->slot.fetch.query();
  const QueryMatch match = query.match(found->attempt.form, message);
  if (match == QueryMatch::None) {
    ++counts_.mismatched;
    return false;
  }
  if (match == QueryMatch::OtherCase) {
    ++counts_.case_changed;
    advance(found->index, {.kind = Kind::OtherCase, .attempt = found->number}, now);
    return false;
  }
  if (found->attempt.state == Attempt::State::Ended) {
    ++counts_.late;
    return true;
  }
  if (match == QueryMatch::BareError) {
    decline(*found, header_rcode(message), now);
  } else if (is_truncated(message)) {
    found->target.answered(found->attempt.sent_us, now, true);
    advance(found->index, {.kind = Kind::Truncated, .attempt = found->number}, now);
  } else {
    const dns::NameView qname = query.qname();
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the next line writes what is read
    std::array<uint8_t, dns::kMaxName> sent;
    std::memcpy(sent.data(), &message[dns::kHeaderSize], qname.size());
    std::memcpy(&message[dns::kHeaderSize], qname.data(), qname.size());
    advance(
        found->index,
        read_response(*found, message, dns::NameView::from_checked(sent.data(), qname.size()), now),
        now);
  }
  return true;
}

void FetchRunner::received_on_stream(uint64_t value, Bytes message, const SocketAddress& from,
                                     uint64_t now) {
  const AttemptToken token(value);
  const auto found = find(token);
  // A query on a stream may be older than the time range of a token.
  if (!found || found->attempt.state == Attempt::State::Ended)
    return record_late_response(token, false, now);
  found->attempt.from = from;
  const QueryMatch match = found->slot.fetch.query().match(found->attempt.form, message);
  if (match == QueryMatch::BareError) {
    decline(*found, header_rcode(message), now);
  } else if (match == QueryMatch::SameQuestion && !is_truncated(message)) {
    advance(found->index, read_response(*found, message, found->slot.fetch.query().qname(), now),
            now);
  } else {
    ++counts_.malformed;
    advance(found->index, {.kind = Kind::Malformed, .attempt = found->number}, now);
  }
}

void FetchRunner::decline(const Found& found, Rcode rcode, uint64_t now) {
  found.target.answered(found.attempt.sent_us, now, false);
  advance(found.index, {.kind = Kind::Declined, .attempt = found.number, .rcode = rcode}, now);
}

// Also updates the state of the target.
Event FetchRunner::read_response(const Found& found, Bytes message, dns::NameView sent,
                                 uint64_t now) {
  const TargetQuery& query = found.slot.fetch.query();
  const TargetGroup& group = *targets_.group(found.slot.group).group;
  Event event{.kind = Kind::Answered, .attempt = found.number};
  if (!chain_.read(message, query.qname(), query.qtype(), group.apex.view(), sent)) {
    ++counts_.malformed;
    event.kind = Kind::Malformed;
  } else if (!is_answer(chain_.rcode())) {
    event.kind = Kind::Declined;
    event.rcode = chain_.rcode();
    event.ede = chain_.ede();
  }
  const bool answers = event.kind == Kind::Answered;
  found.target.answered(found.attempt.sent_us, now, answers && is_initial_query(found.attempt));
  // The target answers the question without EDNS.
  if (answers && found.attempt.tests_no_edns) found.target.lacks_edns(now);
  return event;
}

void FetchRunner::undeliverable(uint64_t value, const net::SendError& error, uint64_t now) {
  const auto found = find(AttemptToken(value));
  if (!found || found->attempt.state == Attempt::State::Ended) return;
  const bool local = net::is_local(error.failure);
  if (!local) count_silence(found->slot, found->attempt, now);
  if (local && found->attempt.probe) found->target.probe_unsent(found->slot.hash);
  advance(found->index,
          {.kind = local ? Kind::NotSent : Kind::Unreachable,
           .attempt = found->number,
           .failure = failure_of(error)},
          now);
}

void FetchRunner::stream_failed(uint64_t value, uint64_t now) {
  const auto found = find(AttemptToken(value));
  if (!found || found->attempt.state == Attempt::State::Ended) return;
  if (found->attempt.stream == StreamUse::Always) {
    count_silence(found->slot, found->attempt, now);
  }
  if (found->attempt.stream == StreamUse::OtherCase) found->target.changes_case(now);
  advance(found->index,
          {.kind = Kind::StreamFailed, .attempt = found->number, .failure = kStreamFailed}, now);
}

void FetchRunner::expire(uint64_t now) {
  while (const auto index = due_.expire(now)) {
    const FetchSlot& slot = fetches_[*index];
    const Attempt& attempt = slot.fetch.current();
    if (attempt.state == Attempt::State::Waiting) {
      ++counts_.timeouts;
      if (is_initial_query(attempt)) count_silence(slot, attempt, now);
      // The target accepts no connection in time: from now on, port and id protect queries.
      if (attempt.stream == StreamUse::OtherCase) {
        targets_.group(slot.group).states[attempt.place]->changes_case(now);
      }
    }
    advance(*index, {.kind = Kind::TimeUp}, now);
  }
}

void FetchRunner::count_silence(const FetchSlot& slot, const Attempt& attempt, uint64_t now) {
  TargetState& target = *targets_.group(slot.group).states[attempt.place];
  if (target.unanswered(slot.hash, attempt.sent_us, now)) ++counts_.targets_silent;
}

//--- Steps

Surroundings FetchRunner::surroundings(const FetchSlot& slot, uint64_t now) noexcept {
  return {now, targets_.group(slot.group).all_states(), settings_.max_in_flight_per_target,
          settings_.case_randomization, &random_};
}

void FetchRunner::advance(uint32_t index, const Event& event, uint64_t now) {
  FetchSlot& slot = fetches_[index];
  const Surroundings around = surroundings(slot, now);
  Step step = slot.fetch.on(event, around);
  while (const auto* to_send = std::get_if<Send>(&step)) {
    const auto sent = send(index, to_send->attempt, now);
    if (sent) {
      due_.set(index, to_send->until);
      return count_wait(slot);
    }
    step = slot.fetch.on(
        {.kind = Kind::NotSent, .attempt = to_send->attempt, .failure = sent.error()}, around);
  }
  if (const auto* end = std::get_if<Conclude>(&step)) return conclude(index, *end);
  due_.set(index, std::get<Await>(step).until);
  count_wait(slot);
}

// Starts a fetch. Returns the failure if it ends at once; the caller then releases it.
std::optional<ForwardFailure> FetchRunner::begin(uint32_t index, uint64_t now) {
  // While targets answer in time, no timeout occurs and `expire` is not called.
  due_.catch_up(now);
  FetchSlot& slot = fetches_[index];
  for (TargetState* target : targets_.group(slot.group).all_states()) {
    if (target->expire_probes(now)) ++counts_.targets_silent;
  }
  const Surroundings around = surroundings(slot, now);
  Step step = slot.fetch.on({.kind = Kind::Begun}, around);
  while (const auto* to_send = std::get_if<Send>(&step)) {
    const auto sent = send(index, to_send->attempt, now);
    if (sent) {
      due_.set(index, to_send->until);
      count_wait(slot);
      send_probe(index, now);
      return std::nullopt;
    }
    step = slot.fetch.on(
        {.kind = Kind::NotSent, .attempt = to_send->attempt, .failure = sent.error()}, around);
  }
  return std::get<Conclude>(step).failure;
}

Result<void, ForwardFailure> FetchRunner::send(uint32_t index, uint8_t number, uint64_t now) {
  FetchSlot& slot = fetches_[index];
  Attempt& attempt = slot.fetch.attempt(number);
  const uint32_t target = targets_.group(slot.group).targets[attempt.place];
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): the next line writes what is read
  std::array<uint8_t, TargetQuery::kMaxSize> query;
  const Bytes octets(query.data(), slot.fetch.query().compose(attempt.form, query.data()));
  const uint64_t token = AttemptToken(index, fetches_.uses(index), number, target, now).value();
  if (attempt.stream == StreamUse::No) {
    const auto from = transport_.send_datagram(target, octets, token);
    if (!from) return Unexpected(failure_of(from.error()));
    attempt.from = *from;
  } else {
    transport_.send_stream(target, octets, token);
    ++counts_.over_stream;
  }
  ++counts_.attempts;
  return {};
}

// Sends a probe in addition to the first query to a target whose state is uncertain.
void FetchRunner::send_probe(uint32_t index, uint64_t now) {
  FetchSlot& slot = fetches_[index];
  const auto states = targets_.group(slot.group).all_states();
  const size_t asked = slot.fetch.current().place;
  for (size_t place = 0; place < states.size(); ++place) {
    if (place == asked || !states[place]->wants_probe(now)) continue;
    const auto number = slot.fetch.probe(place, surroundings(slot, now));
    if (!number) continue;
    states[place]->probe_sent(slot.hash, now);
    if (!send(index, *number, now)) {
      states[place]->probe_unsent(slot.hash);
      slot.fetch.attempt(*number).state = Attempt::State::Ended;
    }
    return;
  }
}

// Counts the fetch at the target that it waits for.
void FetchRunner::count_wait(FetchSlot& slot) noexcept {
  const auto place =
      slot.state == FetchSlot::State::Asking ? slot.fetch.awaited_place() : std::nullopt;
  if (place == slot.counted_place) return;
  const GroupEntry& group = targets_.group(slot.group);
  if (slot.counted_place) --group.states[*slot.counted_place]->in_flight;
  if (place) ++group.states[*place]->in_flight;
  slot.counted_place = place;
}

//--- Ending

ForwardResult FetchRunner::result_of(const Fetch& fetch, const Conclude& end) const {
  if (end.how == Conclude::How::Failed) return Unexpected(end.failure);
  TargetResponse response;
  if (end.how == Conclude::How::Declined) {
    response.rcode = fetch.refusal().rcode;
    response.ede = fetch.refusal().ede;
    return response;
  }
  response.rcode = chain_.rcode();
  response.ede = chain_.ede();
  response.answer = chain_.rrsets();
  response.soa = chain_.soa();
  return response;
}

void FetchRunner::conclude(uint32_t index, const Conclude& end) {
  switch (end.how) {
    case Conclude::How::Answered:
      ++counts_.answered;
      break;
    case Conclude::How::Declined:
      ++counts_.declined;
      break;
    case Conclude::How::Failed:
      ++counts_.failed;
      break;
  }
  // An equal question that is submitted from here on starts another fetch.
  fetches_.withdraw(index);
  FetchSlot& slot = fetches_[index];
  slot.state = FetchSlot::State::Concluding;
  due_.clear(index);
  const GroupEntry& group = targets_.group(slot.group);
  const ForwardResult result = result_of(slot.fetch, end);
  const EndedFetch ended{{slot.fetch.query().qname(), slot.fetch.query().qtype(), group.group,
                          slot.name_hash, slot.scope},
                         sent_from(slot.fetch, end.attempt, group)};
  const bool stored = owner_.concluded(ended, result);
  while (const auto token = fetches_.pop_waiter(index)) owner_.resume(*token, result, stored);
  release(index);
}

void FetchRunner::release(uint32_t index) {
  FetchSlot& slot = fetches_[index];
  due_.clear(index);
  slot.state = FetchSlot::State::Concluding;
  count_wait(slot);
  --targets_.group(slot.group).fetches;
  fetches_.release(index);
}

}  // namespace inlet53::forward
