// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>

#include "inlet53/base/ip_address.h"

namespace inlet53::server {

/// Whom an address stands for where clients are counted: an IPv4 address itself, an IPv6 address
/// its /56, of which a host may use any number.
inline IpAddress client_network(const IpAddress& client) noexcept {
  constexpr size_t kIpv6Network = 56 / 8;
  if (client.is_v4()) return client;
  std::array<uint8_t, 16> octets{};
  std::copy_n(client.bytes().begin(), kIpv6Network, octets.begin());
  return IpAddress::from_bytes(octets);
}

}  // namespace inlet53::server
