#include "inlet53/record/query_record.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "answers_json.h"
#include "json_text.h"

#include "inlet53/base/text.h"

namespace inlet53::record {

namespace {

// Major and minor, as a string: minor versions add fields, major ones break.
constexpr std::string_view kVersion = "1.100000";

// With the opening and closing quotes around them.
constexpr std::array<std::string_view, 4> kTransports = {R"("UDP")", R"("TCP")", R"("DOH")",
                                                         R"("DOT")"};

// What stands between the fragments: names and quotes of fields, timestamp, type, class, rcode,
// address, port and transport take less than 300 octets.
constexpr size_t kMaxBetween = 512;
// The part of it that follows the answers.
constexpr size_t kMaxAfterAnswers = 256;

char* put_number(char* out, uint16_t number) noexcept {
  constexpr size_t kMaxDigits = 5;
  return std::to_chars(out, out + kMaxDigits, number).ptr;
}

char* put_question(char* at, const QueryRecord& record) noexcept {
  at = put(at, R"(","query_name":")");
  at = put_name(at, record.qname);
  at = put(at, R"(","query_type":")");
  at += dns::write_type(record.qtype, at);
  at = put(at, R"(","query_class":")");
  at += dns::write_class(record.qclass, at);
  return at;
}

char* put_client(char* at, const QueryRecord& record) noexcept {
  at = put(at, R"("srcaddr":")");
  at += record.source.write_text(at);
  at = put(at, R"(","srcport":")");
  at = put_number(at, record.source_port);
  at = put(at, R"(","transport":)");
  return put(at, kTransports[static_cast<size_t>(record.transport)]);
}

}  // namespace

EndpointFragments render_endpoint_fragments(const topology::Vpc& vpc,
                                            const topology::ResolverEndpoint& endpoint,
                                            const topology::ResolverEndpointIp& ip) {
  return {
      concat(R"({"version":")", kVersion, R"(","account_id":")", vpc.account_id, R"(","region":")",
             vpc.region, R"(","vpc_id":")", vpc.id, R"(","query_timestamp":")"),
      concat(R"(,"srcids":{"resolver_endpoint":")", endpoint.id,
             R"(","resolver_network_interface":")", ip.id, "\"}}\n"),
  };
}

std::string render_answers(const dns::RRsetView& rrset) {
  const AnswerRRset answer{rrset, {}};
  std::string out(max_elements(rrset), '\0');
  const char* const end = put_answers(out.data(), out.size(), {&answer, 1});
  out.resize(static_cast<size_t>(end - out.data()));
  return out;
}

size_t max_route53_json(const QueryRecord& record) noexcept {
  size_t octets =
      record.endpoint->head.size() + record.endpoint->tail.size() + kMaxNameJson + kMaxBetween;
  for (const AnswerRRset& answer : record.answers) {
    octets += answer.json.empty() ? max_elements(answer.wire) : answer.json.size() + 1;
  }
  return std::min(octets, kMaxRoute53Json);
}

size_t write_route53_json(const QueryRecord& record, char* out) noexcept {
  const EndpointFragments& endpoint = *record.endpoint;

  char* at = put(out, endpoint.head);
  at = put(at, record.timestamp);
  at = put_question(at, record);
  at = put(at, R"(","rcode":")");
  at = put(at, dns::rcode_text(record.rcode));
  at = put(at, R"(","answers":[)");
  // Of kMaxRoute53Json, not of max_route53_json: a record that keeps below the one is never cut,
  // and keeps to the other by itself.
  const size_t used = static_cast<size_t>(at - out) + endpoint.tail.size() + kMaxAfterAnswers;
  at = put_answers(at, kMaxRoute53Json - used, record.answers);
  at = put(at, "],");
  at = put_client(at, record);
  at = put(at, endpoint.tail);
  return static_cast<size_t>(at - out);
}

}  // namespace inlet53::record
