// SPDX-License-Identifier: Apache-2.0

// The cost of one lookup, including the key, in a zone of ten thousand and of a million names:
// names that exist, names that a wildcard answers, names that do not exist.

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "inlet53/dns/types.h"
#include "inlet53/zone/zone_index.h"

namespace inlet53::zone {
namespace {

constexpr HashSeed kSeed = 53;
constexpr std::string_view kApex = "execute-api.eu-west-1.amazonaws.com.";
constexpr size_t kQueries = 1 << 16;

enum class Job { Hit, Wildcard, Miss };

dns::Name api_name(uint32_t number, std::string_view below) {
  std::string digits = std::to_string(number);
  digits.insert(0, 9 - std::min<size_t>(9, digits.size()), '0');
  return *dns::Name::parse_text("a" + digits + "." + std::string(below) + std::string(kApex));
}

std::shared_ptr<const ZoneTable> build_zone(uint32_t names) {
  ZoneData data(dns::Name::parse_text(kApex)->view());
  const auto a = static_cast<uint16_t>(dns::RRType::A);
  for (uint32_t i = 0; i < names; ++i) {
    uint8_t address[4];
    store_be32(address, 0x0A000000 + i);
    data.add(api_name(i, "").view(), a, 60, address);
  }
  const uint8_t first[4] = {10, 0, 12, 179};
  const uint8_t second[4] = {10, 0, 140, 226};
  const std::string wildcard = "*.w." + std::string(kApex);
  data.add(dns::Name::parse_text(wildcard)->view(), a, 60, first);
  data.add(dns::Name::parse_text(wildcard)->view(), a, 60, second);
  return ZoneTable::build(data, kSeed, {});
}

const ZoneIndex& index_of(uint32_t names) {
  static std::map<uint32_t, ZoneIndex> built;
  const auto at = built.find(names);
  if (at != built.end()) return at->second;
  const ZoneIndex index({{ZoneKind::HostedZone, build_zone(names)}}, kSeed);
  return built.emplace(names, index).first->second;
}

/// Packed names of equal size, so that reading them costs as little as in a batch of datagrams.
struct Queries {
  std::vector<uint8_t> octets;
  size_t size = 0;

  [[nodiscard]] dns::NameView operator[](size_t index) const {
    return dns::NameView::from_checked(&octets[index * size], size);
  }
};

Queries queries_of(Job job, uint32_t names) {
  std::mt19937 random(1);
  Queries queries;
  for (size_t i = 0; i < kQueries; ++i) {
    const auto number = static_cast<uint32_t>(random() % names + (job == Job::Miss ? names : 0));
    const dns::Name name = api_name(number, job == Job::Wildcard ? "w." : "");
    const Bytes octets = name.view().bytes();
    queries.octets.insert(queries.octets.end(), octets.begin(), octets.end());
    queries.size = octets.size();
  }
  return queries;
}

void find(benchmark::State& state, Job job) {
  const auto names = static_cast<uint32_t>(state.range(0));
  const ZoneIndex& index = index_of(names);
  const Queries queries = queries_of(job, names);
  NameKey key;
  size_t next = 0;
  for (auto _ : state) {
    key.assign(queries[next], kSeed);
    LookupResult lookup;
    index.find(key, 1, static_cast<uint16_t>(next), false, lookup);
    benchmark::DoNotOptimize(lookup.rrset.wire.count);
    next = (next + 1) % kQueries;
  }
  state.counters["octets/name"] =
      static_cast<double>(index.entries()[0].table->memory_octets()) / names;
}

void build(benchmark::State& state) {
  const auto names = static_cast<uint32_t>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(build_zone(names));
}

void assign_key(benchmark::State& state) {
  const dns::Name query = api_name(7, "");
  NameKey key;
  for (auto _ : state) {
    key.assign(query.view(), kSeed);
    benchmark::DoNotOptimize(key.hash(0, key.label_count()));
  }
}

BENCHMARK(assign_key);
BENCHMARK_CAPTURE(find, hit, Job::Hit)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(find, wildcard, Job::Wildcard)->Arg(10'000)->Arg(1'000'000);
BENCHMARK_CAPTURE(find, miss, Job::Miss)->Arg(10'000)->Arg(1'000'000);
BENCHMARK(build)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace inlet53::zone

BENCHMARK_MAIN();
