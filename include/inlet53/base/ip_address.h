// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include <netinet/in.h>
#include <sys/socket.h>

#include "inlet53/base/bytes.h"

namespace inlet53 {

enum class IpFamily : uint8_t { V4, V6 };

/// IPv4 or IPv6 address. Threads: const methods any.
class IpAddress {
 public:
  /// 0.0.0.0.
  constexpr IpAddress() = default;

  /// Makes an address from 4 or 16 bytes in network order. Requires: `octets.size()` is 4 or 16.
  [[nodiscard]] static IpAddress from_bytes(Bytes octets) noexcept;

  /// Parses text: dotted quad, or RFC 4291 §2.2 (no zone id). Absent when it is neither.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] IpFamily family() const noexcept { return family_; }
  [[nodiscard]] bool is_v4() const noexcept { return family_ == IpFamily::V4; }

  /// Returns 4 or 16 bytes in network order. Lifetime: this object's.
  [[nodiscard]] Bytes bytes() const noexcept {
    return {octets_.data(), is_v4() ? size_t{4} : size_t{16}};
  }

  /// Returns the canonical text: dotted quad, or RFC 5952.
  [[nodiscard]] std::string to_text() const;

  /// Writes the canonical text at `out` and returns its length. Requires: at least `kMaxText` bytes
  /// at `out`. Cost: no allocation.
  size_t write_text(char* out) const noexcept;
  static constexpr size_t kMaxText = 46;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  friend bool operator==(const IpAddress& a, const IpAddress& b) noexcept {
    return a.family_ == b.family_ && a.half(0) == b.half(0) && a.half(1) == b.half(1);
  }

 private:
  // Eight of the bytes, for comparisons that call no library.
  [[nodiscard]] uint64_t half(size_t index) const noexcept {
    uint64_t half;
    std::memcpy(&half, octets_.data() + index * sizeof half, sizeof half);
    return half;
  }

  IpFamily family_ = IpFamily::V4;
  std::array<uint8_t, 16> octets_{};
};

/// Address and port, `10.0.0.1:53` or `[::1]:53` as text.
struct SocketAddress {
  IpAddress address;
  uint16_t port = 0;

  [[nodiscard]] static std::optional<SocketAddress> parse(std::string_view text);
  [[nodiscard]] static SocketAddress from_sockaddr(const sockaddr* address) noexcept;
  [[nodiscard]] std::string to_text() const;

  /// Fills `storage` for a socket call and returns the length to pass with it.
  socklen_t to_sockaddr(sockaddr_storage& storage) const noexcept;

  friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

}  // namespace inlet53
