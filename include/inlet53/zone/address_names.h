// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "inlet53/base/cidr.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/dns/name.h"
#include "inlet53/zone/name_key.h"

namespace inlet53::zone {

struct Finding;

/// TTL of the records of a VPC's own names, in seconds. AWS's own value is not known; it is that of
/// an interface endpoint's names.
inline constexpr uint32_t kVpcNameTtl = 60;

/// Names that say the addresses of a VPC, made when they are asked for: of a /16 there are 65,536
/// in each direction. What a zone has besides (SOA, other names) stands in its ZoneTable.
/// Threads: const methods any. Cost of `find`: no allocation.
/// Source: Amazon VPC User Guide, "DNS attributes for your VPC".
class AddressNames {
 public:
  /// `ip-A-B-C-D` below `apex`, for each address A.B.C.D in `blocks`, with an A record.
  /// IPv6 blocks have no such names.
  [[nodiscard]] static std::shared_ptr<const AddressNames> forward(dns::NameView apex,
                                                                   const std::vector<Cidr>& blocks);

  /// `D` below `C.B.A.in-addr.arpa`, for each address of the /24 `slice` that is in `blocks`, with
  /// a PTR record that leads to `ip-A-B-C-D` below `forward_apex`.
  /// Requires: `ip-255-255-255-255` below `forward_apex` is a name.
  [[nodiscard]] static std::shared_ptr<const AddressNames> reverse(const IpAddress& slice,
                                                                   const std::vector<Cidr>& blocks,
                                                                   dns::NameView forward_apex);

  /// Turns an NXDomain into an Answer, or into NoData for another type, when `key`'s name is one of
  /// these; leaves `finding` as it is when not. ANY gives the record.
  /// Requires: `finding` is what the zone's table has said; `key`'s name is below the apex.
  void find(const NameKey& key, uint16_t qtype, Finding& finding) const noexcept;

 private:
  AddressNames() = default;
  [[nodiscard]] std::optional<IpAddress> address_of(Bytes label) const noexcept;

  size_t label_count_ = 0;  // of the names
  CidrSet blocks_;
  /// A, B and C, when the names are of a reverse zone.
  std::optional<IpAddress> slice_;
  dns::Name forward_apex_;
};

}  // namespace inlet53::zone
