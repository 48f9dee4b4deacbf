// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

namespace inlet53::control {

/// Makes a socket address of a path; absent when the path is too long. Source: unix(7).
[[nodiscard]] inline std::optional<sockaddr_un> unix_address(const std::string& path) noexcept {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

[[nodiscard]] inline const sockaddr* as_sockaddr(const sockaddr_un& address) noexcept {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace inlet53::control
