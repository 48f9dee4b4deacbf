// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"

namespace inlet53 {

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
