// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/name.h"
#include "inlet53/zone/name_key.h"

namespace inlet53::zone {

struct LookupResult;

/// TTL in seconds of the records of a VPC's own names. AWS's value is not known; this is the TTL of
/// an interface endpoint's names.
inline constexpr uint32_t kVpcNameTtl = 60;

/// The names of the addresses of a VPC, made on lookup: a /16 has 65,536 of them in each direction.
/// The other names of the zone (such as the SOA's) are in its ZoneTable.
/// Threads: const methods any. Cost of `find`: no allocation.
/// Source: Amazon VPC User Guide, "DNS attributes for your VPC".
class AddressNames {
 public:
  /// Makes the names `ip-A-B-C-D` below `apex` with an A record, for each address A.B.C.D in
  /// `blocks`. IPv6 blocks have no such names.
  [[nodiscard]] static std::shared_ptr<const AddressNames> forward(dns::NameView apex,
                                                                   const std::vector<Cidr>& blocks);

  /// Makes the names `D` below `C.B.A.in-addr.arpa` with a PTR record to `ip-A-B-C-D` below
  /// `forward_apex`, for each address of the /24 `slice` that is in `blocks`.
  /// Requires: `ip-255-255-255-255` below `forward_apex` is a valid name.
  [[nodiscard]] static std::shared_ptr<const AddressNames> reverse(const IpAddress& slice,
                                                                   const std::vector<Cidr>& blocks,
                                                                   dns::NameView forward_apex);

  /// Changes an NXDomain to an Answer, or to NoData for another type, when `key`'s name is one of
  /// these names; else does not change `lookup`. ANY gets the record.
  /// Requires: `lookup` is the result of the zone's table; `key`'s name is below the apex.
  void find(const NameKey& key, uint16_t qtype, LookupResult& lookup) const noexcept;

 private:
  AddressNames() = default;
  [[nodiscard]] std::optional<IpAddress> address_of(Bytes label) const noexcept;

  size_t label_count_ = 0;  // number of labels of the names
  CidrSet blocks_;
  /// A, B and C when the names belong to a reverse zone.
  std::optional<IpAddress> slice_;
  dns::Name forward_apex_;
};

}  // namespace inlet53::zone
