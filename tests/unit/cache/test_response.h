// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/cache/cache.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::cache {

constexpr uint64_t kSecond = 1000;

inline dns::Name name(std::string_view text) { return dns::Name::parse_text(text).value(); }

constexpr uint16_t type(dns::RRType type) { return static_cast<uint16_t>(type); }

/// A key that owns its name; the hash is FNV-1a.
class TestKey {
 public:
  explicit TestKey(std::string_view text, dns::RRType qtype = dns::RRType::A, uint32_t scope = 1)
      : name_(cache::name(text)), qtype_(type(qtype)), scope_(scope) {}

  [[nodiscard]] CacheKey get() const {
    uint64_t hash = 0xCBF29CE484222325;
    for (const uint8_t octet : name_.view().bytes()) hash = (hash ^ octet) * 0x100000001B3;
    hash ^= hash >> 29;
    hash *= 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
    return {name_.view(), qtype_, scope_, hash};
  }
  [[nodiscard]] dns::NameView name() const { return name_.view(); }

 private:
  dns::Name name_;
  uint16_t qtype_;
  uint32_t scope_;
};

/// Response that owns its data. Not copied or moved, because its views refer to it.
class TestResponse {
 public:
  explicit TestResponse(dns::Rcode rcode = dns::Rcode::NoError) { response_.rcode = rcode; }
  TestResponse(const TestResponse&) = delete;
  TestResponse& operator=(const TestResponse&) = delete;

  /// Adds records of one TTL with the raw bytes of their RDATA.
  TestResponse& answer(std::string_view owner, dns::RRType rrtype,
                       const std::vector<std::pair<uint32_t, std::string>>& records,
                       std::string_view text = {}) {
    answers_.push_back(rrset(owner, rrtype, records, text));
    return *this;
  }
  TestResponse& a(std::string_view owner, uint32_t ttl, std::string_view rdata = "\x0A\1\2\3",
                  std::string_view text = {}) {
    return answer(owner, dns::RRType::A, {{ttl, std::string(rdata)}}, text);
  }
  TestResponse& cname(std::string_view owner, uint32_t ttl, std::string_view target) {
    const dns::Name to = name(target);
    return answer(owner, dns::RRType::CNAME, {{ttl, std::string(as_text(to.view().bytes()))}});
  }
  TestResponse& soa(std::string_view owner, uint32_t ttl, uint32_t minimum) {
    std::string rdata(2, '\0');  // MNAME and RNAME: the root
    for (const uint32_t number : {uint32_t{1}, uint32_t{2}, uint32_t{3}, uint32_t{4}, minimum}) {
      uint8_t octets[4];
      store_be32(octets, number);
      rdata += as_text(octets);
    }
    authority_ = rrset(owner, dns::RRType::SOA, {{ttl, rdata}}, "soa");
    has_authority_ = true;
    return *this;
  }
  TestResponse& authority(std::string_view owner, dns::RRType rrtype, uint32_t ttl,
                          const std::string& rdata) {
    authority_ = rrset(owner, rrtype, {{ttl, rdata}}, {});
    has_authority_ = true;
    return *this;
  }
  TestResponse& ede(const dns::ExtendedError& ede) {
    response_.ede = ede;
    return *this;
  }

  [[nodiscard]] ReceivedResponse get() const {
    ReceivedResponse response = response_;
    response.answers = answers_;
    if (has_authority_) response.authority = &authority_;
    return response;
  }

 private:
  CachedRRset rrset(std::string_view owner, dns::RRType rrtype,
                    const std::vector<std::pair<uint32_t, std::string>>& records,
                    std::string_view text) {
    std::vector<uint8_t> wire;
    for (const auto& [ttl, rdata] : records) {
      uint8_t head[dns::PreparedRecord::kHead] = {0xC0, 0x0C};
      store_be16(head + 2, type(rrtype));
      store_be16(head + 4, 1);
      store_be32(head + 6, ttl);
      store_be16(head + 10, static_cast<uint16_t>(rdata.size()));
      wire.insert(wire.end(), head, head + sizeof head);
      wire.insert(wire.end(), rdata.begin(), rdata.end());
    }
    const dns::NameView view = owners_.emplace_back(name(owner)).view();
    const Bytes octets = wires_.emplace_back(std::move(wire));
    return {view, {type(rrtype), static_cast<uint16_t>(records.size()), octets}, text};
  }

  std::deque<dns::Name> owners_;
  std::deque<std::vector<uint8_t>> wires_;
  std::vector<CachedRRset> answers_;
  CachedRRset authority_;
  bool has_authority_ = false;
  ReceivedResponse response_;
};

inline uint32_t ttl_of(const CachedRRset& rrset) { return load_be32(&rrset.wire.records[6]); }

/// Returns the RDATA of the only record of answer `index`.
inline std::string rdata_of(const CacheHit& hit, dns::NameView asked, size_t index = 0) {
  return std::string(
      as_text(hit.response.answer(index, asked).wire.records.subspan(dns::PreparedRecord::kHead)));
}

}  // namespace inlet53::cache
