// SPDX-License-Identifier: Apache-2.0
#pragma once

// The only include of ldns in tests, where it is the reference implementation: <ldns/common.h>
// defines `bool`, `true` and `false` as macros in C++ unless <stdbool.h> was included before it.
#include <stdbool.h>
// clang-format off
#include <ldns/ldns.h>
// clang-format on

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/bytes.h"

namespace inlet53::test {

struct LdnsFree {
  void operator()(ldns_rr* rr) const { ldns_rr_free(rr); }
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
  void operator()(ldns_rdf* rdf) const { ldns_rdf_deep_free(rdf); }
  void operator()(ldns_buffer* buffer) const { ldns_buffer_free(buffer); }
  void operator()(char* text) const { std::free(text); }
  void operator()(uint8_t* octets) const { std::free(octets); }
};
template <class T>
using Ldns = std::unique_ptr<T, LdnsFree>;

/// Takes the ownership of a text that ldns allocated.
inline std::string take_text(char* text) {
  const Ldns<char> owned(text);
  return owned ? std::string(owned.get()) : std::string();
}

/// Parses a record from a line of a master file; null if ldns rejects it.
inline Ldns<ldns_rr> rr_from_text(const std::string& line) {
  ldns_rr* rr = nullptr;
  const ldns_status status = ldns_rr_new_frm_str(&rr, line.c_str(), 0, nullptr, nullptr);
  return Ldns<ldns_rr>(status == LDNS_STATUS_OK ? rr : nullptr);
}

/// Parses a name in presentation format; null if ldns rejects it.
inline Ldns<ldns_rdf> name_from_text(const std::string& text) {
  return Ldns<ldns_rdf>(ldns_dname_new_frm_str(text.c_str()));
}

inline std::vector<uint8_t> to_vector(const ldns_buffer* buffer) {
  const uint8_t* begin = ldns_buffer_begin(buffer);
  return {begin, begin + ldns_buffer_position(buffer)};
}

/// Returns a record's RDATA in wire format, without compression.
inline std::vector<uint8_t> rdata_wire(const ldns_rr* rr) {
  const Ldns<ldns_buffer> buffer(ldns_buffer_new(LDNS_MAX_PACKETLEN));
  ldns_rr_rdata2buffer_wire(buffer.get(), rr);
  return to_vector(buffer.get());
}

/// Returns the RDATA of `TYPE presentation-format`, absent if ldns rejects it.
inline std::optional<std::vector<uint8_t>> rdata_from_text(std::string_view type,
                                                           std::string_view rdata) {
  const auto rr = rr_from_text("x. 1 IN " + std::string(type) + " " + std::string(rdata));
  if (!rr) return std::nullopt;
  return rdata_wire(rr.get());
}

/// Parses a message; null if ldns rejects it.
inline Ldns<ldns_pkt> parse_packet(Bytes message) {
  ldns_pkt* packet = nullptr;
  const ldns_status status = ldns_wire2pkt(&packet, message.data(), message.size());
  return Ldns<ldns_pkt>(status == LDNS_STATUS_OK ? packet : nullptr);
}

/// Returns a message in wire format, as ldns composes it.
inline std::vector<uint8_t> packet_wire(const ldns_pkt* packet) {
  uint8_t* octets = nullptr;
  size_t size = 0;
  if (ldns_pkt2wire(&octets, packet, &size) != LDNS_STATUS_OK) return {};
  const Ldns<uint8_t> owned(octets);
  return {octets, octets + size};
}

}  // namespace inlet53::test
