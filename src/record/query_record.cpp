// SPDX-License-Identifier: Apache-2.0
#include "inlet53/record/query_record.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstring>

#include "answers_json.h"

#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"

namespace inlet53::record {

namespace {

// Major and minor version, as a string: minor versions add fields, major versions are incompatible.
constexpr std::string_view kVersion = "1.100000";

constexpr std::array<std::string_view, kTransports> kTransportTexts = {"UDP", "TCP", "DOH", "DOT"};

// Size of the text around the name and the answers: outcome, client and port.
constexpr size_t kMaxAround = 256;
// Size of the part after the answers.
constexpr size_t kMaxAfterAnswers = 128;

// The end of every record. The firewall's fields are before it.
constexpr std::string_view kRecordEnd = "}\n";

constexpr auto kDigitPairs = [] {
  std::array<std::array<char, 2>, 100> pairs{};
  for (size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  }
  return pairs;
}();

char* put_port(char* out, uint16_t port) noexcept {
  constexpr size_t kMaxDigits = 5;
  // Nearly all source ports are ephemeral ports, which have five digits.
  if (port < 10'000) return std::to_chars(out, out + kMaxDigits, port).ptr;
  const unsigned pairs = port % 10'000U;
  *out = static_cast<char>('0' + port / 10'000);
  std::memcpy(out + 1, kDigitPairs[pairs / 100].data(), 2);
  std::memcpy(out + 3, kDigitPairs[pairs % 100].data(), 2);
  return out + kMaxDigits;
}

}  // namespace

EndpointFragments render_endpoint_fragments(const topology::Vpc& vpc,
                                            const topology::ResolverEndpoint& endpoint,
                                            const topology::ResolverEndpointIp& ip) {
  static std::atomic<uint64_t> last_number{0};
  EndpointFragments out;
  out.number = ++last_number;
  out.head =
      concat(R"({"version":")", kVersion, R"(","account_id":")", vpc.account_id, R"(","region":")",
             vpc.region, R"(","vpc_id":")", vpc.id, R"(","query_timestamp":")");
  for (size_t i = 0; i < kTransports; ++i) {
    out.tails[i] =
        concat(R"(","transport":")", kTransportTexts[i], R"(","srcids":{"resolver_endpoint":")",
               endpoint.id, R"(","resolver_network_interface":")", ip.id, "\"}", kRecordEnd);
  }
  return out;
}

std::string render_firewall_fields(topology::FirewallAction action, std::string_view rule_group_id,
                                   std::string_view domain_list_id) {
  const std::string_view word = action == topology::FirewallAction::Block ? "BLOCK" : "ALERT";
  return concat(R"(,"firewall_rule_action":")", word, R"(","firewall_rule_group_id":")",
                rule_group_id, R"(","firewall_domain_list_id":")", domain_list_id, '"');
}

std::string render_answers(const dns::RRsetView& rrset) {
  const AnswerRRset answer{rrset, {}};
  std::string out(max_elements(rrset), '\0');
  const char* const end = put_answers(out.data(), out.size(), {&answer, 1});
  out.resize(static_cast<size_t>(end - out.data()));
  return out;
}

void RecordWriter::render_opening(const EndpointFragments& endpoint, int64_t second) {
  endpoint_number_ = endpoint.number;
  second_ = second;
  UtcSecond timestamp;
  timestamp.set(second);
  opening_.assign(endpoint.head);
  opening_.append(timestamp.text());
  opening_.append(R"(","query_name":")");
}

size_t RecordWriter::max_size(const QueryRecord& record) const noexcept {
  size_t octets = opening_.size() + endpoint_->tails[static_cast<size_t>(record.transport)].size() +
                  kMaxNameJson + kMaxAround + record.firewall_fields.size();
  for (const AnswerRRset& answer : record.answers) {
    octets += answer.json.empty() ? max_elements(answer.wire) : answer.json.size() + 1;
  }
  return std::min(octets, kMaxRoute53Json);
}

size_t RecordWriter::write(const QueryRecord& record, char* out) noexcept {
  const std::string_view tail = endpoint_->tails[static_cast<size_t>(record.transport)];
  char* at = put(out, opening_);
  at = put_name(at, record.qname);
  at = put_outcome(at, record);
  // The limit is kMaxRoute53Json and not max_size: a record within the former is never cut, and is
  // always within the latter.
  const size_t used = static_cast<size_t>(at - out) + tail.size() + record.firewall_fields.size() +
                      kMaxAfterAnswers;
  at = put_answers(at, kMaxRoute53Json - used, record.answers);
  at = put_client(at, record.source);
  at = put_port(at, record.source_port);
  at = put(at, tail);
  if (!record.firewall_fields.empty())
    at = put(put(at - kRecordEnd.size(), record.firewall_fields), kRecordEnd);
  return static_cast<size_t>(at - out);
}

// Writes the text from the closing quote of the name to the opening bracket of the answers.
char* RecordWriter::put_outcome(char* out, const QueryRecord& record) noexcept {
  const auto rcode = static_cast<uint16_t>(record.rcode);
  const uint64_t key = uint64_t{record.qtype} << 32 | uint64_t{record.qclass} << 16 | rcode;
  return outcomes_.put(out, key, key, [&](char* at) {
    at = put(at, R"(","query_type":")");
    at += dns::write_type(record.qtype, at);
    at = put(at, R"(","query_class":")");
    at += dns::write_class(record.qclass, at);
    at = put(at, R"(","rcode":")");
    at = put(at, dns::rcode_text(record.rcode));
    return put(at, R"(","answers":[)");
  });
}

// Writes the text from the closing bracket of the answers to the opening quote of the port.
char* RecordWriter::put_client(char* out, const IpAddress& source) noexcept {
  return clients_.put(out, source, load_be32(source.bytes().last(4).data()), [&](char* at) {
    at = put(at, R"(],"srcaddr":")");
    at += source.write_text(at);
    return put(at, R"(","srcport":")");
  });
}

}  // namespace inlet53::record
