// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/dns/types.h"
#include "inlet53/zone/zone_table.h"

namespace inlet53::zone {

inline constexpr HashSeed kTestSeed = 0x1234'5678'9ABC'DEF0;

using Octets = std::vector<uint8_t>;
using Rdata = std::vector<Octets>;  // of an RRset, in its order

inline dns::Name name(std::string_view text) {
  const auto parsed = dns::Name::parse_text(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(dns::Name());
}

inline Octets octets(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

inline Octets wire(std::string_view name_text) { return octets(name(name_text).view().bytes()); }

/// Records in test form, and the table made from them. Owners are absolute names.
class TestZone {
 public:
  explicit TestZone(std::string_view apex) : data_(name(apex).view()) {}

  TestZone& add(std::string_view owner, dns::RRType type, const Octets& rdata, uint32_t ttl = 300) {
    data_.add(name(owner).view(), static_cast<uint16_t>(type), ttl, rdata);
    return *this;
  }
  /// 192.0.2.`last`
  TestZone& a(std::string_view owner, uint8_t last, uint32_t ttl = 300) {
    return add(owner, dns::RRType::A, {192, 0, 2, last}, ttl);
  }
  TestZone& txt(std::string_view owner, std::string_view text) {
    Octets rdata = octets(as_bytes(text));
    rdata.insert(rdata.begin(), static_cast<uint8_t>(text.size()));
    return add(owner, dns::RRType::TXT, rdata);
  }
  /// Adds an NS, CNAME or DNAME.
  TestZone& points(std::string_view owner, dns::RRType type, std::string_view target) {
    return add(owner, type, wire(target));
  }
  TestZone& soa(uint32_t ttl = 900, uint32_t minimum = 86400) {
    Octets rdata = wire("ns.invalid.");
    const Octets mailbox = wire("hostmaster.invalid.");
    rdata.insert(rdata.end(), mailbox.begin(), mailbox.end());
    rdata.resize(rdata.size() + 20);
    store_be32(&rdata[rdata.size() - 4], minimum);
    data_.add(data_.apex(), static_cast<uint16_t>(dns::RRType::SOA), ttl, rdata);
    return *this;
  }

  [[nodiscard]] ZoneData& data() { return data_; }
  [[nodiscard]] std::shared_ptr<const ZoneTable> build(const ZoneTableOptions& options = {}) const {
    return ZoneTable::build(data_, kTestSeed, options);
  }

 private:
  ZoneData data_;
};

inline NameKey key(std::string_view text) {
  NameKey made;
  made.assign(name(text).view(), kTestSeed);
  return made;
}

/// A LookupResult as plain values.
struct Outcome {
  Found found = Found::NotCovered;
  uint16_t type = 0;
  uint32_t ttl = 0;
  Rdata rdata;
  std::string owner;  // empty for negatives
  std::string json;
  uint32_t soa_ttl = 0;
  std::string apex;
};

inline Rdata rdata_of(const dns::RRsetView& rrset) {
  Rdata all;
  Bytes left = rrset.records;
  for (size_t i = 0; i < rrset.count; ++i) {
    const size_t octets_of_record = dns::PreparedRecord::kHead + load_be16(&left[10]);
    EXPECT_EQ(load_be16(&left[0]), 0xC00C);
    EXPECT_EQ(load_be16(&left[2]), rrset.type);
    EXPECT_EQ(load_be16(&left[4]), 1);
    all.push_back(octets(left.subspan(12, octets_of_record - 12)));
    left = left.subspan(octets_of_record);
  }
  EXPECT_TRUE(left.empty());
  return all;
}

inline Outcome outcome_of(const LookupResult& lookup) {
  Outcome outcome;
  outcome.found = lookup.found;
  if (lookup.rrset.wire.count == 0) return outcome;
  if (lookup.found == Found::NoData || lookup.found == Found::NXDomain) {
    EXPECT_EQ(rdata_of(lookup.rrset.wire).size(), 1U);
    outcome.soa_ttl = load_be32(&lookup.rrset.wire.records[6]);
    outcome.apex = lookup.owner.to_text();
  } else {
    outcome.type = lookup.rrset.wire.type;
    outcome.ttl = load_be32(&lookup.rrset.wire.records[6]);
    outcome.rdata = rdata_of(lookup.rrset.wire);
    outcome.owner = lookup.owner.to_text();
    outcome.json = lookup.rrset.json;
  }
  return outcome;
}

/// Looks a name up in a ZoneTable or a ZoneIndex with a new LookupResult.
template <class Zones>
LookupResult find_in(const Zones& zones, const NameKey& key, uint16_t qtype, uint16_t rotation = 0,
                     bool refer = false) {
  LookupResult lookup;
  zones.find(key, qtype, rotation, refer, lookup);
  return lookup;
}

struct Ask {
  uint16_t rotation = 0;
  bool refer = false;
};

inline Outcome find(const ZoneTable& table, std::string_view qname, dns::RRType qtype,
                    Ask ask = {}) {
  const NameKey made = key(qname);
  return outcome_of(find_in(table, made, static_cast<uint16_t>(qtype), ask.rotation, ask.refer));
}

}  // namespace inlet53::zone
