// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/zone_data.h"

#include "inlet53/base/check.h"

namespace inlet53::zone {
namespace {

constexpr size_t kFixedOctets = 8;  // type, ttl, rdlength

}  // namespace

void ZoneData::add(dns::NameView owner, uint16_t type, uint32_t ttl, Bytes rdata) {
  INLET53_CHECK(rdata.size() <= UINT16_MAX);
  dns::Name folded(owner);
  folded.fold();
  const Bytes name = folded.view().bytes();

  offsets_.push_back(octets_.size());
  uint8_t fixed[kFixedOctets];
  store_be16(fixed, type);
  store_be32(fixed + 2, ttl);
  store_be16(fixed + 6, static_cast<uint16_t>(rdata.size()));
  octets_.push_back(static_cast<uint8_t>(name.size()));
  octets_.insert(octets_.end(), name.begin(), name.end());
  octets_.insert(octets_.end(), fixed, fixed + kFixedOctets);
  octets_.insert(octets_.end(), rdata.begin(), rdata.end());
}

ZoneData::Record ZoneData::record(size_t index) const noexcept {
  const uint8_t* at = octets_.data() + offsets_[index];
  const size_t name_size = *at++;
  const uint8_t* fixed = at + name_size;
  return {dns::NameView::from_checked(at, name_size), load_be16(fixed), load_be32(fixed + 2),
          Bytes(fixed + kFixedOctets, load_be16(fixed + 6))};
}

}  // namespace inlet53::zone
