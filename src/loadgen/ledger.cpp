// SPDX-License-Identifier: Apache-2.0
#include "ledger.h"

#include <bit>
#include <cstring>
#include <span>

#include "inlet53/base/check.h"

namespace inlet53::loadgen {

InFlightTable::InFlightTable(size_t channels, size_t slots)
    : slots_per_channel_(slots), channels_(channels), slots_(channels * slots) {
  INLET53_CHECK(std::has_single_bit(slots) && slots <= 65536 && slots_.size() < kNone);
  // Each channel starts with another id, so that an answer on the wrong channel also has a wrong
  // id.
  for (size_t i = 0; i < channels; ++i) {
    channels_[i].next_id = static_cast<uint16_t>(i * 40503);
  }
}

bool InFlightTable::is_usable(const Channel& channel, const Slot& slot) const noexcept {
  if (slot.state == State::Free) return true;
  return slot.state == State::Expired && channel.expired * 2 > slots_per_channel_;
}

std::optional<uint16_t> InFlightTable::add(size_t channel, const Query& query) noexcept {
  Channel& owner = channels_[channel];
  if (owner.in_flight == slots_per_channel_) return std::nullopt;
  for (size_t tries = 0; tries < slots_per_channel_; ++tries) {
    const uint16_t id = owner.next_id++;
    const size_t index = slot_of(channel, id);
    Slot& slot = slots_[index];
    if (!is_usable(owner, slot)) continue;
    if (slot.state == State::Expired) --owner.expired;
    slot.query = query;
    slot.id = id;
    slot.state = State::InFlight;
    append(static_cast<uint32_t>(index));
    ++owner.in_flight;
    ++in_flight_;
    return id;
  }
  return std::nullopt;
}

InFlightTable::Found InFlightTable::find(size_t channel, uint16_t id) const noexcept {
  const Slot& slot = slots_[slot_of(channel, id)];
  if (slot.state == State::Free || slot.id != id) return {};
  return {slot.state, slot.query};
}

void InFlightTable::remove(size_t channel, uint16_t id) noexcept {
  release(channels_[channel], slots_[slot_of(channel, id)]);
}

size_t InFlightTable::expire_before(uint64_t ns) noexcept {
  size_t count = 0;
  while (oldest_ != kNone && slots_[oldest_].query.sent_ns < ns) {
    Channel& channel = channels_[oldest_ / slots_per_channel_];
    Slot& slot = slots_[oldest_];
    release(channel, slot);
    slot.state = State::Expired;
    ++channel.expired;
    ++count;
  }
  return count;
}

size_t InFlightTable::clear(size_t channel) noexcept {
  const size_t count = channels_[channel].in_flight;
  const std::span own(&slots_[channel * slots_per_channel_], slots_per_channel_);
  for (Slot& slot : own) release(channels_[channel], slot);
  return count;
}

void InFlightTable::append(uint32_t index) noexcept {
  slots_[index].previous = newest_;
  slots_[index].next = kNone;
  if (newest_ != kNone) {
    slots_[newest_].next = index;
  } else {
    oldest_ = index;
  }
  newest_ = index;
}

void InFlightTable::unlink(const Slot& slot) noexcept {
  (slot.previous != kNone ? slots_[slot.previous].next : oldest_) = slot.next;
  (slot.next != kNone ? slots_[slot.next].previous : newest_) = slot.previous;
}

void InFlightTable::release(Channel& channel, Slot& slot) noexcept {
  if (slot.state == State::InFlight) {
    unlink(slot);
    --channel.in_flight;
    --in_flight_;
  } else if (slot.state == State::Expired) {
    --channel.expired;
  }
  slot.state = State::Free;
}

namespace {

// Number of queries by which a question is prefetched: some hundred nanoseconds at full speed.
constexpr uint64_t kAhead = 4;

// Id to be filled in; QUERY with RD; one question.
constexpr uint8_t kQueryHeader[dns::kHeaderSize] = {0, 0, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0};

// QR is set, the opcode is QUERY, there is one question.
bool is_response(Bytes message) noexcept {
  return message.size() > dns::kHeaderSize && (message[2] & 0xF8) == 0x80 &&
         load_be16(&message[4]) == 1;
}

}  // namespace

Ledger::Ledger(const Workload& workload, const Options& options)
    : workload_(workload), options_(options), table_(options.channels, options.slots) {}

Ledger::Composed Ledger::compose(size_t channel, uint64_t now, uint8_t* out) noexcept {
  const uint64_t serial = tally_.sent;
  const auto id = table_.add(channel, {serial, now});
  if (!id) return {};
  workload_.prefetch(serial + kAhead);
  std::memcpy(out, kQueryHeader, sizeof kQueryHeader);
  store_be16(out, *id);
  const size_t question = workload_.write_question(serial, out + dns::kHeaderSize);
  if (is_behind(serial, now)) ++tally_.behind;
  ++tally_.sent;
  return {dns::kHeaderSize + question, *id};
}

void Ledger::withdraw(size_t channel, uint16_t id) noexcept {
  const InFlightTable::Found found = table_.find(channel, id);
  if (is_behind(found.query.serial, found.query.sent_ns)) --tally_.behind;
  table_.remove(channel, id);
  --tally_.sent;
}

void Ledger::settle(size_t channel, Bytes message, uint64_t now) noexcept {
  if (!is_response(message)) {
    ++tally_.wrong;
    return;
  }
  const uint16_t id = load_be16(message.data());
  const InFlightTable::Found found = table_.find(channel, id);
  if (found.state == InFlightTable::State::Free ||
      !workload_.matches(found.query.serial, message.subspan(dns::kHeaderSize))) {
    ++tally_.wrong;
    return;
  }
  table_.remove(channel, id);
  if (found.state == InFlightTable::State::Expired) {
    ++tally_.late;
  } else {
    count_answer(found.query, message, now);
  }
}

void Ledger::count_answer(const InFlightTable::Query& query, Bytes message, uint64_t now) noexcept {
  const uint64_t start =
      pace_ ? pace_->latency_start_ns(query.serial, query.sent_ns) : query.sent_ns;
  tally_.latency.record(now > start ? now - start : 0);
  ++tally_.answered;
  ++tally_.rcodes[message[3] & 0x0F];
  if ((message[2] & 0x02) != 0) ++tally_.truncated;
  last_answer_ns_ = now;
}

void Ledger::expire(uint64_t now) noexcept {
  if (now > options_.timeout_ns) tally_.lost += table_.expire_before(now - options_.timeout_ns);
}

void Ledger::end_channel(size_t channel) noexcept { tally_.lost += table_.clear(channel); }

}  // namespace inlet53::loadgen
