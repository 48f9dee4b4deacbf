// SPDX-License-Identifier: Apache-2.0

// The cost of parsing one query: a plain query, one with an OPT, and one with a truncated question.

#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "inlet53/dns/name.h"
#include "inlet53/dns/query_view.h"

namespace inlet53::dns {
namespace {

constexpr std::string_view kName = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.";

std::vector<uint8_t> query(bool edns) {
  std::vector<uint8_t> message;
  message.reserve(512);
  message.insert(message.end(), {0x53, 0x53, 1, 0, 0, 1, 0, 0, 0, 0, 0});
  message.push_back(edns ? 1 : 0);
  const Name name = *Name::parse_text(kName);
  const Bytes octets = name.view().bytes();
  message.insert(message.end(), octets.begin(), octets.end());
  message.insert(message.end(), {0, 1, 0, 1});
  // The root, type OPT, 1232 bytes, DO, and a cookie (RFC 7873).
  const uint8_t opt[] = {0,  0, 41, 4,   0xD0, 0,   0,   0x80, 0,   0,   12, 0,
                         10, 0, 8,  'c', 'l',  'i', 'e', 'n',  't', '5', '3'};
  if (edns) message.insert(message.end(), std::begin(opt), std::end(opt));
  return message;
}

void parse(benchmark::State& state, const std::vector<uint8_t>& message, QueryVerdict expected) {
  for (auto _ : state) {
    QueryView view;
    Bytes octets(message);
    benchmark::DoNotOptimize(octets);
    const QueryVerdict verdict = parse_query(octets, view);
    benchmark::DoNotOptimize(view);
    if (verdict != expected) state.SkipWithError("another verdict");
  }
}

void parse_plain(benchmark::State& state) { parse(state, query(false), QueryVerdict::Accept); }
void parse_edns(benchmark::State& state) { parse(state, query(true), QueryVerdict::Accept); }
void parse_cut_off(benchmark::State& state) {
  std::vector<uint8_t> message = query(false);
  message.resize(30);
  parse(state, message, QueryVerdict::FormErr);
}

BENCHMARK(parse_plain);
BENCHMARK(parse_edns);
BENCHMARK(parse_cut_off);

}  // namespace
}  // namespace inlet53::dns

BENCHMARK_MAIN();
