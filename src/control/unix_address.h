#pragma once

#include <cstring>
#include <optional>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

namespace inlet53::control {

/// A path as an address; absent when it is too long for one. Source: unix(7).
inline std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

inline const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace inlet53::control
