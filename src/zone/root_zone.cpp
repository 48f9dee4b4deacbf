// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/root_zone.h"

#include "route53_records.h"

#include "inlet53/dns/types.h"

namespace inlet53::zone {

namespace {

// RDATA that is never in an answer: any record makes its owner exist.
constexpr uint8_t kEmptyText[] = {0};

}  // namespace

ZoneData root_zone(const std::vector<dns::Name>& covered) {
  ZoneData data{dns::NameView()};
  add_soa(data);
  for (const dns::Name& name : covered) {
    data.add(name.view(), static_cast<uint16_t>(dns::RRType::TXT), kOwnNegativeTtl, kEmptyText);
  }
  return data;
}

}  // namespace inlet53::zone
