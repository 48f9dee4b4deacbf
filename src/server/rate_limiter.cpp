// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <sodium.h>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/server/query_limits.h"

namespace inlet53::server {

namespace {

constexpr uint64_t kNanosecondsInSecond = 1'000'000'000;
constexpr uint64_t kNanosecondsInMillisecond = 1'000'000;

}  // namespace

RateLimiter::RateLimiter() : rows_(std::make_unique<std::array<Row, kRows>>()) {
  static_assert(sizeof secret_ == crypto_shorthash_KEYBYTES);
  INLET53_CHECK(getentropy(secret_.data(), secret_.size()) == 0);
}

bool RateLimiter::allow(Bytes key, Rate rate, uint64_t now_ms) noexcept {
  uint64_t hash = 0;
  static_assert(sizeof hash == crypto_shorthash_BYTES);
  crypto_shorthash(reinterpret_cast<uint8_t*>(&hash), key.data(), key.size(), secret_.data());

  std::array<std::atomic<uint64_t>*, kRows> places{};
  uint64_t emptiest = UINT64_MAX;
  for (size_t row = 0; row < kRows; ++row) {
    places[row] = &(*rows_)[row][hash >> (16 * row) & (kPlaces - 1)];
    emptiest = std::min(emptiest, places[row]->load(std::memory_order_relaxed));
  }
  const uint64_t interval = kNanosecondsInSecond / rate.per_second;
  const uint64_t now = now_ms * kNanosecondsInMillisecond;
  const uint64_t begins = std::max(emptiest, now);
  if (begins - now > (rate.burst - uint64_t{1}) * interval) return false;
  for (std::atomic<uint64_t>* place : places) {
    if (place->load(std::memory_order_relaxed) < begins + interval) {
      place->store(begins + interval, std::memory_order_relaxed);
    }
  }
  return true;
}

}  // namespace inlet53::server
