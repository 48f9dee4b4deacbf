// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/refused_clients.h"

#include <cstring>
#include <utility>

#include "inlet53/base/random_octets.h"

namespace inlet53::server {

RefusedClients::RefusedClients(std::function<void()> news)
    : news_(std::move(news)), seed_(RandomOctets().u64()) {
  untaken_.reserve(kMaxClients);
}

void RefusedClients::note(const IpAddress& client, const resolver::EndpointAddress& address,
                          bool over_tcp) noexcept {
  const uint64_t key = key_of(client);
  for (size_t probe = 0; probe < kProbes; ++probe) {
    std::atomic<uint64_t>& slot = slots_[(key + probe) % kSlots];
    uint64_t found = slot.load(std::memory_order_relaxed);
    if (found == 0) {
      if (is_full_.load(std::memory_order_relaxed)) return;
      if (slot.compare_exchange_strong(found, key, std::memory_order_relaxed)) {
        return add({client, address.listen, address.protocol, over_tcp});
      }
    }
    if (found == key) return;
  }
}

RefusedClients::News RefusedClients::take() {
  News news;
  news.clients.reserve(kMaxClients);
  const std::lock_guard lock(mutex_);
  news.clients.swap(untaken_);
  news.is_full = std::exchange(full_untaken_, false);
  return news;
}

void RefusedClients::forget() {
  const std::lock_guard lock(mutex_);
  for (auto& slot : slots_) slot.store(0, std::memory_order_relaxed);
  noted_ = 0;
  is_full_.store(false, std::memory_order_relaxed);
}

// The secret seed prevents clients from choosing addresses that collide.
uint64_t RefusedClients::key_of(const IpAddress& client) const noexcept {
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
  std::array<uint64_t, 2> halves{};
  const Bytes octets = client.bytes();
  std::memcpy(halves.data(), octets.data(), octets.size());
  uint64_t key = seed_;
  for (const uint64_t half : halves) {
    key = (key ^ half) * kOdd;
    key ^= key >> 32;
  }
  return key == 0 ? 1 : key;
}

// Allocates nothing, because `untaken_` has enough capacity.
void RefusedClients::add(const RefusedClient& client) {
  {
    const std::lock_guard lock(mutex_);
    if (noted_ == kMaxClients || untaken_.size() == untaken_.capacity()) return;
    untaken_.push_back(client);
    if (++noted_ == kMaxClients) {
      is_full_.store(true, std::memory_order_relaxed);
      full_untaken_ = true;
    }
  }
  news_();
}

}  // namespace inlet53::server
