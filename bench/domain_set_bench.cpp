// SPDX-License-Identifier: Apache-2.0

// The cost of DNS Firewall for a query, by the length of a list: names in the list, names below a
// domain of it, and names outside; and the cost of building such a list.

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "inlet53/resolver/domain_set.h"

namespace inlet53::resolver {
namespace {

constexpr zone::HashSeed kSeed = 53;
constexpr size_t kQueries = 1 << 14;

enum class Job { Exact, Below, Miss };

std::string domain(uint32_t number) { return "host" + std::to_string(number) + ".ads.example.com"; }

/// Each domain with all names below it, as in blocklists.
std::string list_text(uint32_t domains) {
  std::string text;
  for (uint32_t i = 0; i < domains / 2; ++i) text += domain(i) + "\n*." + domain(i) + '\n';
  return text;
}

const DomainSet& set_of(uint32_t domains) {
  static std::map<uint32_t, std::shared_ptr<const DomainSet>> built;
  auto& set = built[domains];
  if (set == nullptr) set = load_domain_list_text(list_text(domains), "list")->build(kSeed);
  return *set;
}

std::vector<zone::NameKey> keys_of(Job job, uint32_t domains) {
  std::mt19937 random(1);
  std::vector<zone::NameKey> keys(kQueries);
  for (zone::NameKey& key : keys) {
    const auto number = static_cast<uint32_t>(random() % (domains / 2));
    const std::string name = job == Job::Exact   ? domain(number)
                             : job == Job::Below ? "a.b." + domain(number)
                                                 : "www." + domain(number + domains);
    key.assign(dns::Name::parse_text(name)->view(), kSeed);
  }
  return keys;
}

void contains(benchmark::State& state, Job job) {
  const auto domains = static_cast<uint32_t>(state.range(0));
  const DomainSet& set = set_of(domains);
  const std::vector<zone::NameKey> keys = keys_of(job, domains);
  size_t next = 0;
  size_t found = 0;
  for (auto _ : state) {
    found += set.contains(keys[next]) ? 1 : 0;
    next = (next + 1) % kQueries;
  }
  if ((found > 0) == (job == Job::Miss)) state.SkipWithError("not the answer");
  state.counters["octets/domain"] = static_cast<double>(set.memory_octets()) / domains;
}

void load(benchmark::State& state) {
  const std::string text = list_text(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(load_domain_list_text(text, "list")->build(kSeed)->size());
  }
}

void lengths(benchmark::internal::Benchmark* bench) {
  for (const int64_t domains : {10, 1'000, 100'000, 1'000'000}) bench->Arg(domains);
}

BENCHMARK_CAPTURE(contains, exact, Job::Exact)->Apply(lengths);
BENCHMARK_CAPTURE(contains, below, Job::Below)->Apply(lengths);
BENCHMARK_CAPTURE(contains, miss, Job::Miss)->Apply(lengths);
BENCHMARK(load)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace inlet53::resolver

BENCHMARK_MAIN();
