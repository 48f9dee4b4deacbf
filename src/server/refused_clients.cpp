// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/refused_clients.h"

#include <cstring>
#include <utility>

#include "inlet53/base/random.h"

namespace inlet53::server {

RefusedClients::RefusedClients(std::function<void()> on_new)
    : on_new_(std::move(on_new)), seed_(RandomBytes().u64()) {
  unreported_.reserve(kMaxClients);
}

void RefusedClients::record(const IpAddress& client, const resolver::EndpointAddress& address,
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

RefusedClients::Report RefusedClients::collect() {
  Report report;
  report.clients.reserve(kMaxClients);
  const std::lock_guard lock(mutex_);
  report.clients.swap(unreported_);
  report.is_full = std::exchange(full_unreported_, false);
  return report;
}

void RefusedClients::clear() {
  const std::lock_guard lock(mutex_);
  for (auto& slot : slots_) slot.store(0, std::memory_order_relaxed);
  recorded_ = 0;
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

// Allocates nothing, because `unreported_` has enough capacity.
void RefusedClients::add(const RefusedClient& client) {
  {
    const std::lock_guard lock(mutex_);
    if (recorded_ == kMaxClients || unreported_.size() == unreported_.capacity()) return;
    unreported_.push_back(client);
    if (++recorded_ == kMaxClients) {
      is_full_.store(true, std::memory_order_relaxed);
      full_unreported_ = true;
    }
  }
  on_new_();
}

}  // namespace inlet53::server
