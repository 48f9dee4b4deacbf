// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "support/ldns.h"
#include "wire_bytes.h"

#include "inlet53/dns/query_view.h"
#include "inlet53/dns/rrset_view.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

/// An RRset in prepared wire form, made from RDATA in presentation form by ldns.
class PreparedRRset {
 public:
  PreparedRRset(std::string_view type, uint32_t ttl, const std::vector<std::string>& rdatas)
      : type_(parse_type(type).value()), count_(static_cast<uint16_t>(rdatas.size())) {
    for (const std::string& text : rdatas) {
      const auto rdata = test::rdata_from_text(type, text).value();
      octets_.u16(0xC00C).record(static_cast<RRType>(type_), 1, ttl, rdata);
    }
  }

  [[nodiscard]] RRsetView view() const { return {type_, count_, octets_.bytes()}; }

 private:
  uint16_t type_;
  uint16_t count_;
  WireBytes octets_;
};

/// A query parsed from a buffer in which the response is then composed.
class Slot {
 public:
  explicit Slot(const WireBytes& query, size_t capacity = kMaxMessage) : octets_(query.vector()) {
    const size_t size = octets_.size();
    octets_.resize(std::max(capacity, size), 0xEE);
    verdict_ = parse_query(Bytes(octets_).first(size), query_);
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  [[nodiscard]] const QueryView& query() const { return query_; }
  [[nodiscard]] QueryVerdict verdict() const { return verdict_; }
  [[nodiscard]] MutableBytes buffer() { return octets_; }
  [[nodiscard]] Bytes first(size_t size) const { return Bytes(octets_).first(size); }

 private:
  std::vector<uint8_t> octets_;
  QueryView query_;
  QueryVerdict verdict_;
};

}  // namespace inlet53::dns
