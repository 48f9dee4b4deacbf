// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

/// Builds messages byte by byte, also malformed ones.
class WireBytes {
 public:
  WireBytes& u8(unsigned value) {
    octets_.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  WireBytes& u16(unsigned value) { return u8(value >> 8).u8(value & 0xFF); }
  WireBytes& u32(uint32_t value) { return u16(value >> 16).u16(value & 0xFFFF); }
  WireBytes& raw(Bytes octets) {
    octets_.insert(octets_.end(), octets.begin(), octets.end());
    return *this;
  }
  WireBytes& name(std::string_view text) {
    return raw(Name::parse_text(text).value().view().bytes());
  }

  struct Counts {
    unsigned questions = 1, answers = 0, authorities = 0, additionals = 0;
  };
  WireBytes& header(unsigned flags, Counts counts) {
    u16(0x1234).u16(flags).u16(counts.questions).u16(counts.answers);
    return u16(counts.authorities).u16(counts.additionals);
  }
  WireBytes& question(std::string_view qname, RRType qtype, unsigned qclass = 1) {
    return name(qname).u16(static_cast<uint16_t>(qtype)).u16(qclass);
  }
  /// Appends the part of a record after its owner.
  WireBytes& record(RRType type, unsigned rrclass, uint32_t ttl, Bytes rdata) {
    u16(static_cast<uint16_t>(type)).u16(rrclass).u32(ttl);
    return u16(static_cast<unsigned>(rdata.size())).raw(rdata);
  }
  /// Appends an OPT with its owner. `ttl`: extended rcode, version, DO.
  WireBytes& opt(unsigned udp_size, uint32_t ttl = 0, Bytes options = {}) {
    return u8(0).record(RRType::OPT, udp_size, ttl, options);
  }

  [[nodiscard]] Bytes bytes() const { return octets_; }
  [[nodiscard]] const std::vector<uint8_t>& vector() const { return octets_; }

 private:
  std::vector<uint8_t> octets_;
};

inline constexpr unsigned kRd = 0x0100;

/// Returns a plain query with RD: header, one question; the caller appends `additionals` records.
inline WireBytes plain_query(std::string_view qname, RRType qtype, unsigned additionals = 0) {
  WireBytes out;
  out.header(kRd, {.additionals = additionals}).question(qname, qtype);
  return out;
}

}  // namespace inlet53::dns
