// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"
#include "inlet53/record/answer_rrset.h"
#include "inlet53/record/kept_texts.h"
#include "inlet53/topology/topology.h"

namespace inlet53::record {

/// How a query came. The log says `UDP`, `TCP`, `DOH`, `DOT` (the last is ours).
enum class Transport : uint8_t { Udp, Tcp, Doh, Dot };

inline constexpr size_t kTransports = 4;

/// What every record of one endpoint IP address has in common, as JSON text made when the state is
/// built: all that stands before and after what one query changes.
struct EndpointFragments {
  uint64_t number = 0;  // of this process's: another for each that is rendered
  std::string head;     // from the opening brace to the opening quote of query_timestamp's value
  /// From the closing quote of srcport's value to the newline, for each Transport.
  std::array<std::string, kTransports> tails;
};

/// Renders the fragments of one endpoint IP address.
/// Requires: a validated topology (its ids and regions hold nothing that JSON would escape).
/// Source: Route 53 Developer Guide, "Values that appear in Resolver query logs".
[[nodiscard]] EndpointFragments render_endpoint_fragments(
    const topology::Vpc& vpc, const topology::ResolverEndpoint& endpoint,
    const topology::ResolverEndpointIp& ip);

/// Renders the fields of a query that a DNS Firewall rule matched, as QueryRecord takes them:
/// `,"firewall_rule_action":"BLOCK","firewall_rule_group_id":"…","firewall_domain_list_id":"…"`.
/// Requires: `action` is Alert or Block (Allow is not logged); ids that JSON need not escape.
/// Source: Route 53 Developer Guide, "Values that appear in Resolver query logs".
[[nodiscard]] std::string render_firewall_fields(topology::FirewallAction action,
                                                 std::string_view rule_group_id,
                                                 std::string_view domain_list_id);

/// Renders an RRset's elements of `answers`, joined by commas (see AnswerRRset::json).
/// Cost: allocates the text.
[[nodiscard]] std::string render_answers(const dns::RRsetView& rrset);

/// What one query adds. Borrows everything; lives while one query is answered.
struct QueryRecord {
  dns::NameView qname;  // lower case
  uint16_t qtype = 0;   // host order
  uint16_t qclass = 1;  // host order
  dns::Rcode rcode = dns::Rcode::NoError;
  std::span<const AnswerRRset> answers;  // what the response carries, in its order
  IpAddress source;
  uint16_t source_port = 0;  // host order
  Transport transport = Transport::Udp;
  std::string_view firewall_fields =
      {};  // of render_firewall_fields; empty: no rule blocks or alerts
};

/// The longest record in octets, newline included. Every response of 64 KiB whose RDATA is not
/// compressed stays below it; only thousands of long names that compression made short could pass
/// it, and then the last elements of `answers` are left out.
inline constexpr size_t kMaxRoute53Json = size_t{1} << 20;

/// Writes the records of one worker, each as one line of Route 53's query-log JSON with its
/// newline. Field order, spelling and types are those of real records; names are in presentation
/// form first and JSON-escaped second, so that any octets make valid ASCII JSON.
///
/// What repeats from record to record is kept as text: the fields before the name while endpoint
/// and second stay the same, those between name and answers for each type, class and rcode, the
/// client's address for some clients.
/// Threads: one. Cost of `write`: no allocation; for a usual record whose answers were rendered
/// ahead some 350 instructions.
/// Source: Route 53 Developer Guide, "Values that appear in Resolver query logs"; field order from
/// real records.
class RecordWriter {
 public:
  /// The next records are of queries that came to `endpoint` in this second since 1970. Costs a
  /// comparison where it is as before. Lifetime: `endpoint` until the next call or the last record.
  void set_origin(const EndpointFragments& endpoint, int64_t second) {
    if (endpoint.number != endpoint_number_ || second != second_) render_opening(endpoint, second);
    endpoint_ = &endpoint;
  }

  /// The most octets that `write` can need for `record`; never over kMaxRoute53Json.
  /// Cost: one addition for each RRset.
  [[nodiscard]] size_t max_size(const QueryRecord& record) const noexcept;

  /// Writes the record's line and returns its length. Requires: set_origin was called;
  /// `max_size(record)` octets at `out`, the whole of which may be written to.
  size_t write(const QueryRecord& record, char* out) noexcept;

 private:
  void render_opening(const EndpointFragments& endpoint, int64_t second);
  [[nodiscard]] char* put_outcome(char* out, const QueryRecord& record) noexcept;
  [[nodiscard]] char* put_client(char* out, const IpAddress& source) noexcept;

  static constexpr size_t kMaxOutcome = 96;
  static constexpr size_t kMaxClient = 80;

  const EndpointFragments* endpoint_ = nullptr;
  uint64_t endpoint_number_ = 0;
  int64_t second_ = INT64_MIN;
  std::string opening_;                            // all that stands before the name
  KeptTexts<uint64_t, kMaxOutcome, 16> outcomes_;  // by type, class and rcode
  KeptTexts<IpAddress, kMaxClient, 16> clients_;
};

}  // namespace inlet53::record
