// SPDX-License-Identifier: Apache-2.0

// The cost of composing one response in the buffer of its query: two addresses, the same with an
// OPT, and a CNAME whose name is compressed before its address.

#include <initializer_list>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>

#include "inlet53/dns/name.h"
#include "inlet53/dns/query_view.h"
#include "inlet53/dns/response_writer.h"

namespace inlet53::dns {
namespace {

constexpr std::string_view kName = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.";
constexpr std::string_view kTarget = "edge.execute-api.eu-west-1.amazonaws.com.";

void append(std::vector<uint8_t>& octets, Bytes more) {
  octets.insert(octets.end(), more.begin(), more.end());
}

std::vector<uint8_t> query(bool edns) {
  std::vector<uint8_t> message;
  message.reserve(512);
  message.insert(message.end(), {0x53, 0x53, 1, 0, 0, 1, 0, 0, 0, 0, 0});
  message.push_back(edns ? 1 : 0);
  append(message, Name::parse_text(kName)->view().bytes());
  message.insert(message.end(), {0, 1, 0, 1});
  if (edns) message.insert(message.end(), {0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 0});
  return message;
}

std::vector<uint8_t> records(RRType type, std::initializer_list<std::vector<uint8_t>> rdatas) {
  std::vector<uint8_t> octets;
  for (const auto& rdata : rdatas) {
    const uint8_t head[PreparedRecord::kHead] = {0xC0, 0x0C, 0, static_cast<uint8_t>(type),
                                                 0,    1,    0, 0,
                                                 0,    60,   0, static_cast<uint8_t>(rdata.size())};
    append(octets, head);
    append(octets, rdata);
  }
  return octets;
}

void compose(benchmark::State& state, bool edns, bool chain) {
  const Name target = *Name::parse_text(kTarget);
  const Bytes name = target.view().bytes();
  const auto addresses = records(RRType::A, {{10, 0, 12, 179}, {10, 0, 140, 226}});
  const auto cname = records(RRType::CNAME, {{name.begin(), name.end()}});
  std::vector<uint8_t> slot = query(edns);
  const size_t received = slot.size();
  slot.resize(1232);
  for (auto _ : state) {
    // Restores the additional count of the query, which composing has overwritten.
    slot[7] = 0;
    slot[11] = edns ? 1 : 0;
    QueryView view;
    view.id = 0x5353;
    view.flags1 = 1;
    view.has_question = true;
    view.question_end = static_cast<uint32_t>(received - (edns ? 11 : 0));
    view.qname = NameView::from_checked(&slot[12], view.question_end - 16);
    view.edns.present = edns;
    ResponseWriter writer(slot, view, 1232);
    if (chain) {
      writer.add(Section::Answer, {static_cast<uint16_t>(RRType::CNAME), 1, cname});
      writer.add(Section::Answer, target.view(), {static_cast<uint16_t>(RRType::A), 2, addresses});
    } else {
      writer.add(Section::Answer, {static_cast<uint16_t>(RRType::A), 2, addresses});
    }
    benchmark::DoNotOptimize(writer.finish({.recursion_available = true}, Rcode::NoError, {}));
    benchmark::ClobberMemory();
  }
}

BENCHMARK_CAPTURE(compose, two_addresses, false, false);
BENCHMARK_CAPTURE(compose, two_addresses_edns, true, false);
BENCHMARK_CAPTURE(compose, cname_and_two_addresses, false, true);

}  // namespace
}  // namespace inlet53::dns

BENCHMARK_MAIN();
