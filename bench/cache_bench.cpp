// SPDX-License-Identifier: Apache-2.0

// The cost of the cache for each question: a hit including the caller's reads, a miss, storing a
// response in place of the previous one, and storing one that evicts another. With a cache that
// fits into the processor's cache and with one that does not.

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "inlet53/cache/cache.h"
#include "inlet53/dns/types.h"

namespace inlet53::cache {
namespace {

constexpr std::string_view kBelow = ".execute-api.eu-west-1.amazonaws.com.";
constexpr std::string_view kText =
    R"({"Rdata":"10.0.12.179","Type":"A","Class":"IN"},{"Rdata":"10.0.140.226","Type":"A","Class":"IN"})";
constexpr uint16_t kA = static_cast<uint16_t>(dns::RRType::A);

/// Packed keys of names of equal size, as in a batch of datagrams.
class Keys {
 public:
  explicit Keys(uint32_t names) : hashes_(names) {
    uint64_t state = 53;
    for (uint32_t i = 0; i < names; ++i) {
      std::string digits = std::to_string(i);
      digits.insert(0, 9 - std::min<size_t>(9, digits.size()), '0');
      const dns::Name name = *dns::Name::parse_text("a" + digits + std::string(kBelow));
      const Bytes octets = name.view().bytes();
      octets_.insert(octets_.end(), octets.begin(), octets.end());
      size_ = octets.size();
      state = state * 0x5851F42D4C957F2D + 0x14057B7EF767814F;
      hashes_[i] = state ^ (state >> 32);
    }
  }
  [[nodiscard]] CacheKey get(size_t index, uint32_t scope) const {
    return {dns::NameView::from_checked(&octets_[index * size_], size_), kA, scope, hashes_[index]};
  }
  [[nodiscard]] size_t count() const { return hashes_.size(); }

 private:
  std::vector<uint8_t> octets_;
  std::vector<uint64_t> hashes_;
  size_t size_ = 0;
};

/// Two addresses with their log text.
class Addresses {
 public:
  explicit Addresses(dns::NameView owner) {
    static constexpr uint8_t kRecords[] = {
        0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 10, 0, 12,  179,  //
        0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 10, 0, 140, 226};
    answer_ = {owner, {kA, 2, kRecords}, kText};
  }
  [[nodiscard]] ReceivedResponse get() const {
    ReceivedResponse response;
    response.answers = {&answer_, 1};
    return response;
  }

 private:
  CachedRRset answer_;
};

void fill(Cache& cache, const Keys& keys) {
  for (size_t i = 0; i < keys.count(); ++i) {
    const CacheKey key = keys.get(i, 1);
    cache.insert(key, Addresses(key.name).get(), 0);
  }
}

void find(benchmark::State& state, uint32_t scope) {
  const Keys keys(static_cast<uint32_t>(state.range(0)));
  Cache cache({.octets = keys.count() * 512});
  fill(cache, keys);
  size_t next = 0;
  size_t hits = 0;
  for (auto _ : state) {
    const CacheKey key = keys.get(next, scope);
    if (const auto hit = cache.find(key, 1000)) {
      ++hits;
      benchmark::DoNotOptimize(hit->response.rcode());
      benchmark::DoNotOptimize(hit->response.answer(0, key.name).wire.records.data());
    }
    next = next + 7919 < keys.count() ? next + 7919 : next + 7919 - keys.count();
  }
  state.counters["hits"] = static_cast<double>(hits) / static_cast<double>(state.iterations());
  state.counters["octets/entry"] =
      static_cast<double>(cache.counts().octets) /
      static_cast<double>(std::max<uint64_t>(cache.counts().entries, 1));
}

void insert(benchmark::State& state, size_t octets) {
  const Keys keys(static_cast<uint32_t>(state.range(0)));
  Cache cache({.octets = octets});
  fill(cache, keys);
  size_t next = 0;
  for (auto _ : state) {
    const CacheKey key = keys.get(next, 1);
    benchmark::DoNotOptimize(cache.insert(key, Addresses(key.name).get(), 1000));
    next = next + 1 < keys.count() ? next + 1 : 0;
  }
  state.counters["evicted"] = static_cast<double>(cache.counts().evicted);
}

void flush_subtree(benchmark::State& state) {
  const Keys keys(static_cast<uint32_t>(state.range(0)));
  Cache cache({.octets = size_t{512} << 20});
  fill(cache, keys);
  const dns::Name apex = *dns::Name::parse_text("corp.internal.");
  for (auto _ : state) benchmark::DoNotOptimize(cache.flush_subtree(apex.view()));
}

BENCHMARK_CAPTURE(find, hit, 1)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(find, miss, 2)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(insert, replacing, size_t{512} << 20)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(insert, evicting, size_t{64} << 20)->Arg(1'000'000);
BENCHMARK(flush_subtree)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace inlet53::cache

BENCHMARK_MAIN();
