#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"
#include "inlet53/record/answer_rrset.h"
#include "inlet53/topology/topology.h"

namespace inlet53::record {

/// How a query came. The log says `UDP`, `TCP`, `DOH`, `DOT` (the last is ours).
enum class Transport : uint8_t { Udp, Tcp, Doh, Dot };

/// What every record of one endpoint IP address has in common, as JSON text made when the state is
/// built: all that stands before and after what one query changes.
struct EndpointFragments {
  std::string head;  // from the opening brace to the opening quote of query_timestamp's value
  std::string tail;  // from `,"srcids":` to the newline
};

/// Renders the fragments of one endpoint IP address.
/// Requires: a validated topology (its ids and regions hold nothing that JSON would escape).
/// Source: Route 53 Developer Guide, "Values that appear in Resolver query logs".
[[nodiscard]] EndpointFragments render_endpoint_fragments(
    const topology::Vpc& vpc, const topology::ResolverEndpoint& endpoint,
    const topology::ResolverEndpointIp& ip);

/// Renders an RRset's elements of `answers`, joined by commas (see AnswerRRset::json).
/// Cost: allocates the text.
[[nodiscard]] std::string render_answers(const dns::RRsetView& rrset);

/// One query's record. Borrows everything; lives while one query is answered.
struct QueryRecord {
  const EndpointFragments* endpoint = nullptr;
  std::string_view timestamp;  // UtcSecond's text
  dns::NameView qname;         // lower case
  uint16_t qtype = 0;          // host order
  uint16_t qclass = 1;         // host order
  dns::Rcode rcode = dns::Rcode::NoError;
  std::span<const AnswerRRset> answers;  // what the response carries, in its order
  IpAddress source;
  uint16_t source_port = 0;  // host order
  Transport transport = Transport::Udp;
};

/// The longest record in octets, newline included. Every response of 64 KiB whose RDATA is not
/// compressed stays below it; only thousands of long names that compression made short could pass
/// it, and then the last elements of `answers` are left out.
inline constexpr size_t kMaxRoute53Json = size_t{1} << 20;

/// The most octets that `write_route53_json` can need for `record`; never over kMaxRoute53Json.
/// Cost: one addition for each RRset.
[[nodiscard]] size_t max_route53_json(const QueryRecord& record) noexcept;

/// Writes the record as one line of Route 53's query-log JSON, newline included, and returns its
/// length. Field order, spelling and types are those of real records; names are in presentation
/// form first and JSON-escaped second, so that any octets make valid ASCII JSON.
/// Requires: `max_route53_json(record)` octets at `out`; the whole of them may be written to.
/// Threads: any. Cost: no allocation; for a usual record whose answers were rendered ahead some 700
/// instructions, 60 ns.
/// Source: Route 53 Developer Guide, "Values that appear in Resolver query logs"; field order from
/// real records.
size_t write_route53_json(const QueryRecord& record, char* out) noexcept;

}  // namespace inlet53::record
