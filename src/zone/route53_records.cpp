// SPDX-License-Identifier: Apache-2.0
#include "route53_records.h"

#include <optional>
#include <vector>

#include "inlet53/base/check.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {

namespace {

using dns::RRType;

/// Route 53's values for a private hosted zone. MINIMUM differs: Route 53 has 86400, which the
/// SOA's TTL of 900 limits (RFC 2308 §5).
constexpr std::string_view kSoaMname = "ns-0.awsdns-00.com";
constexpr std::string_view kSoaRname = "awsdns-hostmaster.amazon.com";
constexpr uint32_t kSoaSerial = 1;
constexpr uint32_t kSoaRefresh = 7200;
constexpr uint32_t kSoaRetry = 900;
constexpr uint32_t kSoaExpire = 1209600;
constexpr std::string_view kNameServers[] = {
    "ns-0.awsdns-00.com",
    "ns-512.awsdns-00.net",
    "ns-1024.awsdns-00.org",
    "ns-1536.awsdns-00.co.uk",
};
constexpr uint32_t kNameServerTtl = 172800;

void append(std::vector<uint8_t>& octets, Bytes more) {
  octets.insert(octets.end(), more.begin(), more.end());
}

}  // namespace

dns::Name made_name(std::string_view text) {
  const std::optional<dns::Name> name = dns::Name::parse_text(text);
  INLET53_CHECK(name.has_value());  // valid topologies make only valid names
  return *name;
}

void add_soa(ZoneData& data) {
  std::vector<uint8_t> rdata;
  append(rdata, made_name(kSoaMname).view().bytes());
  append(rdata, made_name(kSoaRname).view().bytes());
  for (const uint32_t number : {kSoaSerial, kSoaRefresh, kSoaRetry, kSoaExpire, kOwnNegativeTtl}) {
    uint8_t octets[4];
    store_be32(octets, number);
    append(rdata, octets);
  }
  data.add(data.apex(), static_cast<uint16_t>(RRType::SOA), kOwnNegativeTtl, rdata);
}

void add_name_servers(ZoneData& data, dns::NameView owner) {
  for (const std::string_view server : kNameServers) {
    data.add(owner, static_cast<uint16_t>(RRType::NS), kNameServerTtl,
             made_name(server).view().bytes());
  }
}

}  // namespace inlet53::zone
