#include "fetch_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "inlet53/base/check.h"

namespace inlet53::forward {

namespace {

// Both halves of a product, folded: every bit of it depends on every bit of the factors.
uint64_t mix(uint64_t a, uint64_t b) noexcept {
  __extension__ using Product = unsigned __int128;
  const Product product = static_cast<Product>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

FetchTable::FetchTable(uint32_t limit, RandomOctets& random)
    : limit_(std::min(limit, kMaxFetches)),
      secrets_{random.u64() | 1, random.u64() | 1},
      buckets_(std::bit_ceil(size_t{limit_}), kNone) {}

uint64_t FetchTable::hash(dns::NameView qname, uint16_t qtype, uint32_t group) const noexcept {
  uint64_t value = mix(secrets_[0] ^ (uint64_t{group} << 16 | qtype), secrets_[1] + qname.size());
  const uint8_t* data = qname.data();
  for (size_t at = 0; at < qname.size(); at += sizeof value) {
    uint64_t word = 0;
    std::memcpy(&word, data + at, std::min(sizeof word, qname.size() - at));
    value = mix(value ^ word, secrets_[1]) + secrets_[0];
  }
  return mix(value, secrets_[0]);
}

uint32_t FetchTable::find(uint64_t hash, dns::NameView qname, uint16_t qtype,
                          uint32_t group) const noexcept {
  uint32_t index = buckets_[hash & (buckets_.size() - 1)];
  for (; index != kNone; index = fetches_[index].next) {
    const Fetch& fetch = fetches_[index];
    if (fetch.hash == hash && fetch.group == group && fetch.query.qtype() == qtype &&
        fetch.query.qname().equals(qname)) {
      return index;
    }
  }
  return kNone;
}

std::optional<uint32_t> FetchTable::allocate() {
  uint32_t index = 0;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else if (fetches_.size() < limit_) {
    index = static_cast<uint32_t>(fetches_.size());
    fetches_.emplace_back();
  } else {
    return std::nullopt;
  }
  Fetch& fetch = fetches_[index];
  fetch.state = Fetch::State::Asking;
  fetch.attempt_count = fetch.current = 0;
  fetch.tries = {};
  fetch.declined = fetch.refused_edns = 0;
  fetch.unreachable = fetch.has_rcode = false;
  fetch.ede.reset();
  return index;
}

void FetchTable::publish(uint32_t index) noexcept {
  uint32_t& bucket = buckets_[fetches_[index].hash & (buckets_.size() - 1)];
  fetches_[index].next = bucket;
  bucket = index;
}

void FetchTable::withdraw(uint32_t index) noexcept {
  uint32_t* link = &buckets_[fetches_[index].hash & (buckets_.size() - 1)];
  while (*link != kNone && *link != index) link = &fetches_[*link].next;
  if (*link == index) *link = fetches_[index].next;
}

void FetchTable::release(uint32_t index) {
  Fetch& fetch = fetches_[index];
  INLET53_CHECK(fetch.first_waiter == kNone && fetch.state != Fetch::State::Free);
  fetch.state = Fetch::State::Free;
  ++fetch.generation;
  free_.push_back(index);
}

WaiterId FetchTable::add_waiter(uint32_t fetch_index, ForwardOwner& owner, uint64_t token) {
  uint32_t index = 0;
  if (free_waiters_.empty()) {
    index = static_cast<uint32_t>(waiters_.size());
    waiters_.emplace_back();
  } else {
    index = free_waiters_.back();
    free_waiters_.pop_back();
  }
  Fetch& fetch = fetches_[fetch_index];
  Waiter& waiter = waiters_[index];
  waiter.owner = &owner;
  waiter.token = token;
  waiter.fetch = fetch_index;
  waiter.previous = kNone;
  waiter.next = fetch.first_waiter;
  if (waiter.next != kNone) waiters_[waiter.next].previous = index;
  fetch.first_waiter = index;
  ++fetch.waiters;
  return {index, waiter.generation};
}

void FetchTable::unlink(uint32_t index) {
  Waiter& waiter = waiters_[index];
  Fetch& fetch = fetches_[waiter.fetch];
  (waiter.previous != kNone ? waiters_[waiter.previous].next : fetch.first_waiter) = waiter.next;
  if (waiter.next != kNone) waiters_[waiter.next].previous = waiter.previous;
  --fetch.waiters;
  waiter.owner = nullptr;
  ++waiter.generation;
  free_waiters_.push_back(index);
}

std::optional<uint32_t> FetchTable::remove_waiter(WaiterId id) {
  if (id.index >= waiters_.size()) return std::nullopt;
  const Waiter& waiter = waiters_[id.index];
  if (waiter.owner == nullptr || waiter.generation != id.generation) return std::nullopt;
  const uint32_t fetch = waiter.fetch;
  unlink(id.index);
  return fetch;
}

std::optional<Waiter> FetchTable::take_waiter(uint32_t fetch) {
  const uint32_t index = fetches_[fetch].first_waiter;
  if (index == kNone) return std::nullopt;
  const Waiter taken = waiters_[index];
  unlink(index);
  return taken;
}

FetchTable::Named FetchTable::find(uint64_t token) const noexcept {
  const auto index = static_cast<uint32_t>(token >> 8) & (kMaxFetches - 1);
  const auto attempt = static_cast<uint8_t>(token);
  if (index >= fetches_.size()) return {};
  const Fetch& fetch = fetches_[index];
  if (fetch.state == Fetch::State::Free || fetch.generation != token >> 32) return {};
  if (attempt >= fetch.attempt_count) return {};
  return {index, attempt};
}

}  // namespace inlet53::forward
