#include "in_flight.h"

#include <bit>
#include <span>

#include "inlet53/base/check.h"

namespace inlet53::loadgen {

InFlightTable::InFlightTable(size_t channels, size_t slots)
    : slots_per_channel_(slots), channels_(channels), slots_(channels * slots) {
  INLET53_CHECK(std::has_single_bit(slots) && slots <= 65536 && slots_.size() < kNone);
  // Each channel begins elsewhere, so that an answer on the wrong one is noticed by its id too.
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

}  // namespace inlet53::loadgen
