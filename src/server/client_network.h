// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>

#include "inlet53/base/ip_address.h"

namespace inlet53::server {

/// Returns the network that counts as one client: an IPv4 address itself, or the /56 of an IPv6
/// address, because one host may use any number of its addresses.
inline IpAddress client_network(const IpAddress& client) noexcept {
  constexpr size_t kIpv6Network = 56 / 8;
  if (client.is_v4()) return client;
  std::array<uint8_t, 16> octets{};
  std::copy_n(client.bytes().begin(), kIpv6Network, octets.begin());
  return IpAddress::from_bytes(octets);
}

}  // namespace inlet53::server
