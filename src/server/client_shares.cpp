// SPDX-License-Identifier: Apache-2.0
#include "client_shares.h"

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

}  // namespace inlet53::server
