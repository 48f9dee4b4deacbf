// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"

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

  /// Returns true for 0.0.0.0 and ::, on which a socket listens at all addresses.
  [[nodiscard]] bool is_unspecified() const noexcept { return half(0) == 0 && half(1) == 0; }

  /// Returns 4 or 16 bytes in network order. Lifetime: this object's.
  [[nodiscard]] Bytes bytes() const noexcept {
    return {bytes_.data(), is_v4() ? size_t{4} : size_t{16}};
  }

  /// Returns the canonical text: dotted quad, or RFC 5952.
  [[nodiscard]] std::string to_text() const;

  /// Writes the canonical text at `out` and returns its length. Requires: at least `kMaxText` bytes
  /// at `out`. Cost: no allocation.
  size_t write_text(char* out) const noexcept;
  static constexpr size_t kMaxText = 46;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 of the default for a pointer
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
  friend bool operator==(const IpAddress& a, const IpAddress& b) noexcept {
    return a.family_ == b.family_ && a.half(0) == b.half(0) && a.half(1) == b.half(1);
  }

 private:
  // Eight of the bytes, for comparisons that call no library.
  [[nodiscard]] uint64_t half(size_t index) const noexcept {
    uint64_t half;
    std::memcpy(&half, bytes_.data() + index * sizeof half, sizeof half);
    return half;
  }

  IpFamily family_ = IpFamily::V4;
  std::array<uint8_t, 16> bytes_{};
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

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 of the default for a pointer
  friend auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

/// Block of addresses, `172.31.0.0/16` or `fd00::/8` as text. Host bits are zero.
struct Cidr {
  IpAddress network;
  uint8_t prefix_length = 0;

  /// Parses text. The error describes the problem: no slash, a length that is too long, or host
  /// bits that are set (with the block that was probably meant).
  [[nodiscard]] static Result<Cidr, std::string> parse(std::string_view text);

  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] bool contains(const Cidr& other) const noexcept;
  [[nodiscard]] bool overlaps(const Cidr& other) const noexcept;
  [[nodiscard]] std::string to_text() const;

  friend auto operator<=>(const Cidr&, const Cidr&) = default;
};

/// Immutable set of blocks. It answers whether an address is inside. Threads: const methods any.
/// Cost: a linear search in up to 8 merged ranges, else a binary search; no allocation.
class CidrSet {
 public:
  CidrSet() = default;
  explicit CidrSet(const std::vector<Cidr>& blocks);

  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] bool empty() const noexcept { return v4_.empty() && v6_.empty(); }

  /// Returns the blocks in order. Blocks inside another block are left out.
  [[nodiscard]] const std::vector<Cidr>& blocks() const noexcept { return blocks_; }

 private:
  struct RangeV4 {
    uint32_t first, last;
  };
  struct RangeV6 {
    std::array<uint8_t, 16> first, last;
  };
  std::vector<Cidr> blocks_;
  std::vector<RangeV4> v4_;  // sorted, disjoint
  std::vector<RangeV6> v6_;  // sorted, disjoint
};

}  // namespace inlet53
