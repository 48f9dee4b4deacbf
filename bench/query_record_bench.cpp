// SPDX-License-Identifier: Apache-2.0

// The cost of writing one query's JSON: two addresses with preformatted text, the same without it,
// and a name without an answer.

#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "inlet53/record/query_record.h"

namespace inlet53::record {
namespace {

constexpr uint8_t kAddresses[] = {0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 12,  179,
                                  0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 140, 226};

EndpointFragments fragments() {
  topology::Vpc vpc;
  vpc.id = "vpc-0c00ca6aa29c8472f";
  vpc.region = "eu-west-1";
  vpc.account_id = "123456789012";
  topology::ResolverEndpoint endpoint;
  endpoint.id = "rslvr-in-a7dd746257784e148";
  topology::ResolverEndpointIp ip;
  ip.id = "rni-3a4a0caca1d0412ab";
  return render_endpoint_fragments(vpc, endpoint, ip);
}

void write(benchmark::State& state, const std::vector<AnswerRRset>& answers) {
  const EndpointFragments endpoint = fragments();
  const dns::Name name = *dns::Name::parse_text("dligg9dxuk.execute-api.eu-west-1.amazonaws.com.");
  QueryRecord record;
  record.qname = name.view();
  record.qtype = 1;
  record.rcode = answers.empty() ? dns::Rcode::NXDomain : dns::Rcode::NoError;
  record.answers = answers;
  record.source = *IpAddress::parse("127.0.0.1");
  record.source_port = 50463;
  RecordWriter writer;
  writer.set_origin(endpoint, 1795349924);
  const auto out = std::make_unique<char[]>(writer.max_size(record));
  size_t octets = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(writer.max_size(record));
    octets = writer.write(record, out.get());
    benchmark::ClobberMemory();
  }
  state.counters["octets"] = static_cast<double>(octets);
}

const dns::RRsetView kRRset{1, 2, kAddresses};

void write_rendered_ahead(benchmark::State& state) {
  const std::string json = render_answers(kRRset);
  write(state, {{kRRset, json}});
}
void write_rendered_now(benchmark::State& state) { write(state, {{kRRset, {}}}); }
void write_no_answer(benchmark::State& state) { write(state, {}); }

BENCHMARK(write_rendered_ahead);
BENCHMARK(write_rendered_now);
BENCHMARK(write_no_answer);

}  // namespace
}  // namespace inlet53::record

BENCHMARK_MAIN();
