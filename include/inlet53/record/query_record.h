// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"
#include "inlet53/record/answer_rrset.h"
#include "inlet53/topology/topology.h"

namespace inlet53::record {

/// The transport of a query. The log has `UDP`, `TCP`, `DOH` or `DOT` (the last is not in AWS's
/// logs).
enum class Transport : uint8_t { Udp, Tcp, Doh, Dot };

inline constexpr size_t kTransports = 4;

/// The JSON text that all records of one endpoint IP address share, rendered when the state is
/// built: everything before and after the values of one query.
struct EndpointFragments {
  uint64_t number = 0;  // unique in this process for each rendered object
  std::string head;     // from the opening brace to the opening quote of query_timestamp's value
  /// From the closing quote of srcport's value to the newline, for each Transport.
  std::array<std::string, kTransports> tails;
};

/// Renders the fragments of one endpoint IP address.
/// Requires: a validated topology (its ids and regions need no JSON escapes).
/// Source: Route 53 Developer Guide, "Values that appear in Resolver query logs".
[[nodiscard]] EndpointFragments render_endpoint_fragments(
    const topology::Vpc& vpc, const topology::ResolverEndpoint& endpoint,
    const topology::ResolverEndpointIp& ip);

/// Renders the fields of a query that a DNS Firewall rule matched, in the form that QueryRecord
/// takes:
/// `,"firewall_rule_action":"BLOCK","firewall_rule_group_id":"…","firewall_domain_list_id":"…"`.
/// Requires: `action` is Alert or Block (Allow is not logged); ids need no JSON escapes.
/// Source: Route 53 Developer Guide, "Values that appear in Resolver query logs".
[[nodiscard]] std::string render_firewall_fields(topology::FirewallAction action,
                                                 std::string_view rule_group_id,
                                                 std::string_view domain_list_id);

/// Renders an RRset's elements of `answers`, separated by commas (see AnswerRRset::json).
/// Cost: allocates the text.
[[nodiscard]] std::string render_answers(const dns::RRsetView& rrset);

/// The values of one query. Lifetime: borrows everything while the query is answered.
struct QueryRecord {
  dns::NameView qname;  // lower case
  uint16_t qtype = 0;   // host order
  uint16_t qclass = 1;  // host order
  dns::Rcode rcode = dns::Rcode::NoError;
  std::span<const AnswerRRset> answers;  // the RRsets of the response in its order
  IpAddress source;
  uint16_t source_port = 0;  // host order
  Transport transport = Transport::Udp;
  std::string_view firewall_fields =
      {};  // of render_firewall_fields; empty: no rule blocks or alerts
};

/// Maximum size of a record in bytes, with its newline. Records of all responses up to 64 KiB whose
/// RDATA is not compressed fit. Only thousands of long compressed names could exceed it; the record
/// then omits the last elements of `answers`.
inline constexpr size_t kMaxRoute53Json = size_t{1} << 20;

/// Cache of texts by key. Each text is rendered when its key is first used, and kept until another
/// key needs its slot. A repeated text is then one copy of a fixed size.
/// Threads: one. Cost: about 20 instructions for a kept key; no allocation.
template <class Key, size_t kMaxText, size_t kSlots>
class KeptTexts {
  static_assert((kSlots & (kSlots - 1)) == 0);

 public:
  /// Writes the text of `key` to `out` and returns its end. `hash` selects the slot. `render`
  /// writes a text of 1 to kMaxText bytes to the address it gets and returns its end.
  /// Requires: kMaxText bytes at `out`.
  template <class Render>
  char* put(char* out, const Key& key, uint64_t hash, const Render& render) noexcept {
    constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 divided by the golden ratio
    Kept& kept = kept_[(hash * kSpread >> 32) % kSlots];
    if (kept.size == 0 || kept.key != key) {
      kept.key = key;
      kept.size = static_cast<size_t>(render(kept.text) - kept.text);
    }
    std::memcpy(out, kept.text, kMaxText);
    return out + kept.size;
  }

 private:
  struct Kept {
    size_t size = 0;  // 0: the slot is empty
    Key key{};
    char text[kMaxText]{};
  };
  std::array<Kept, kSlots> kept_;
};

/// Writes the records of one worker, each as one line of Route 53's query-log JSON. Order, spelling
/// and types of the fields are those of AWS's records. Names are converted to presentation form and
/// then escaped for JSON, so that any bytes give valid ASCII JSON.
///
/// Repeated text is kept: the fields before the name while endpoint and second do not change, the
/// fields between name and answers for each type, class and rcode, and the addresses of some
/// clients.
/// Threads: one. Cost of `write`: no allocation; about 350 instructions for a usual record with
/// answers rendered in advance.
/// Source: Route 53 Developer Guide, "Values that appear in Resolver query logs"; field order from
/// AWS's records.
class RecordWriter {
 public:
  /// Sets the endpoint and the second since 1970 of the next records. Costs one comparison when
  /// both are unchanged. Lifetime: `endpoint` until the next call or the last record.
  void set_origin(const EndpointFragments& endpoint, int64_t second) {
    if (endpoint.number != endpoint_number_ || second != second_) render_opening(endpoint, second);
    endpoint_ = &endpoint;
  }

  /// Returns the maximum number of bytes that `write` needs for `record`; never over
  /// kMaxRoute53Json.
  /// Cost: one addition for each RRset.
  [[nodiscard]] size_t max_size(const QueryRecord& record) const noexcept;

  /// Writes the record's line and returns its length.
  /// Requires: set_origin was called; `max_size(record)` bytes at `out`; the function may write to
  /// all of them.
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
  std::string opening_;                            // the text before the name
  KeptTexts<uint64_t, kMaxOutcome, 16> outcomes_;  // by type, class and rcode
  KeptTexts<IpAddress, kMaxClient, 16> clients_;
};

}  // namespace inlet53::record
