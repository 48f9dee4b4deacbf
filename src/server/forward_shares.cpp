// SPDX-License-Identifier: Apache-2.0
#include "forward_shares.h"

#include <cstring>
#include <utility>

#include "inlet53/base/check.h"

namespace inlet53::server {

namespace {

constexpr size_t kLeastSlots = 64;

// Hashes two words: the XOR of both halves of their product depends on every bit of both.
uint64_t mix(uint64_t a, uint64_t b) noexcept {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Makes a text that is equal for equal targets and source addresses.
std::string targets_text(const resolver::ForwardRule& rule) {
  std::string text;
  for (const topology::TargetAddress& target : rule.targets) {
    text += target.address.to_text() + '/' + std::to_string(static_cast<int>(target.protocol)) +
            '/' + target.server_name_indication + ' ';
  }
  for (const IpAddress& source : rule.sources) text += source.to_text() + ' ';
  return text;
}

}  // namespace

size_t ClientShares::home(const IpAddress& client, uint32_t part) const noexcept {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio
  const Bytes octets = client.bytes();
  uint64_t words[2] = {0, 0};
  std::memcpy(words, octets.data(), octets.size());
  const uint64_t first = mix(words[0] ^ seed_, kOdd ^ (uint64_t{part} << 8 | octets.size()));
  return static_cast<size_t>(mix(first ^ words[1], seed_ | 1)) & (slots_.size() - 1);
}

size_t ClientShares::place_of(const IpAddress& client, uint32_t part) const noexcept {
  size_t at = home(client, part);
  while (slots_[at].use.count != 0 && !(slots_[at].part == part && slots_[at].client == client)) {
    at = (at + 1) & (slots_.size() - 1);
  }
  return at;
}

void ClientShares::add(const IpAddress& client, uint32_t part, uint64_t octets) {
  if (2 * (size_ + 1) > slots_.size()) resize(slots_.empty() ? kLeastSlots : 2 * slots_.size());
  Slot& slot = slots_[place_of(client, part)];
  if (slot.use.count == 0) {
    slot.client = client;
    slot.part = part;
    ++size_;
  }
  ++slot.use.count;
  slot.use.octets += octets;
}

void ClientShares::grow(const IpAddress& client, uint32_t part, uint64_t octets) {
  INLET53_CHECK(!slots_.empty());
  Use& use = slots_[place_of(client, part)].use;
  INLET53_CHECK(use.count > 0);
  use.octets += octets;
}

void ClientShares::remove(const IpAddress& client, uint32_t part, uint64_t octets) {
  INLET53_CHECK(!slots_.empty());
  const size_t at = place_of(client, part);
  Use& use = slots_[at].use;
  INLET53_CHECK(use.count > 0 && use.octets >= octets);
  use.octets -= octets;
  if (--use.count > 0) return;
  free_slot(at);
  --size_;
  if (slots_.size() > kLeastSlots && 8 * size_ < slots_.size()) resize(slots_.size() / 4);
}

ClientShares::Use ClientShares::use_of(const IpAddress& client, uint32_t part) const noexcept {
  if (slots_.empty()) return {};
  return slots_[place_of(client, part)].use;
}

// Moves later entries of the probe sequence, so that no search ends at the free slot.
void ClientShares::free_slot(size_t at) noexcept {
  const size_t mask = slots_.size() - 1;
  slots_[at].use = {};
  for (size_t next = (at + 1) & mask; slots_[next].use.count != 0; next = (next + 1) & mask) {
    const size_t from_home = (next - home(slots_[next].client, slots_[next].part)) & mask;
    if (from_home < ((next - at) & mask)) continue;
    slots_[at] = slots_[next];
    slots_[next].use = {};
    at = next;
  }
}

void ClientShares::resize(size_t slots) {
  std::vector<Slot> before(slots < kLeastSlots ? kLeastSlots : slots);
  before.swap(slots_);
  for (const Slot& each : before) {
    if (each.use.count != 0) slots_[place_of(each.client, each.part)] = each;
  }
}

std::optional<ForwardRefusal> ForwardShares::refuse_query(const IpAddress& client,
                                                          uint64_t message) const noexcept {
  const ClientShares::Use own = shares_.use_of(client, kQueries);
  const uint64_t octets = kQueryOctets + message;
  if (queries_ >= limits_.max_waiting) return ForwardRefusal::QueriesFull;
  if (octets_ + octets > limits_.max_waiting_octets) return ForwardRefusal::MemoryFull;
  if (own.count >= limits_.max_waiting_per_client) return ForwardRefusal::ClientLimit;
  if (!may_use_another(own.count, queries_, limits_.max_waiting)) {
    return ForwardRefusal::ClientShare;
  }
  if (!may_use_another(own.octets, octets_ + octets - 1, limits_.max_waiting_octets)) {
    return ForwardRefusal::ClientMemory;
  }
  return std::nullopt;
}

void ForwardShares::add_query(const IpAddress& client, uint64_t octets) {
  shares_.add(client, kQueries, octets);
  ++queries_;
  octets_ += octets;
}

void ForwardShares::remove_query(const IpAddress& client, uint64_t octets) {
  shares_.remove(client, kQueries, octets);
  --queries_;
  octets_ -= octets;
}

bool ForwardShares::grow_query(const IpAddress& client, uint64_t octets) {
  const uint64_t limit = limits_.max_waiting_octets;
  const ClientShares::Use own = shares_.use_of(client, kQueries);
  if (octets_ + octets > limit || !may_use_another(own.octets, octets_ + octets - 1, limit)) {
    return false;
  }
  shares_.grow(client, kQueries, octets);
  octets_ += octets;
  return true;
}

std::optional<ForwardRefusal> ForwardShares::refuse_question(const IpAddress& client,
                                                             uint32_t targets, const Places& places,
                                                             uint64_t questions) const noexcept {
  if (questions >= limits_.max_in_flight) return ForwardRefusal::QuestionsFull;
  if (places.used >= places.limit) return ForwardRefusal::TargetsFull;
  const uint64_t own = shares_.use_of(client, kQuestions).count;
  if (!may_use_another(own, questions, limits_.max_in_flight)) {
    return ForwardRefusal::ClientQuestions;
  }
  const uint64_t own_there = shares_.use_of(client, targets).count;
  if (!may_use_another(own_there, places.used, places.limit)) {
    return ForwardRefusal::ClientAtTargets;
  }
  return std::nullopt;
}

void ForwardShares::add_question(const IpAddress& client, uint32_t targets) {
  shares_.add(client, kQuestions);
  shares_.add(client, targets);
}

void ForwardShares::remove_question(const IpAddress& client, uint32_t targets) {
  shares_.remove(client, kQuestions);
  shares_.remove(client, targets);
}

void TargetNumbers::assign(const std::vector<resolver::ForwardRule>& rules) {
  std::map<std::string, uint32_t> known;
  numbers_.clear();
  for (const resolver::ForwardRule& rule : rules) {
    const std::string text = targets_text(rule);
    const auto before = known_.find(text);
    const uint32_t number = before != known_.end() ? before->second : next_;
    const auto [held, is_new] = known.emplace(text, number);
    if (is_new && number == next_) ++next_;
    numbers_.push_back(held->second);
  }
  known_ = std::move(known);
}

}  // namespace inlet53::server
