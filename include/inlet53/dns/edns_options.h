// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "inlet53/base/bytes.h"

namespace inlet53::dns {

/// EDNS options that the code uses. Source: IANA "DNS EDNS0 Option Codes (OPT)".
enum class EdnsOption : uint16_t {
  Nsid = 3,           // RFC 5001
  ClientSubnet = 8,   // RFC 7871
  Cookie = 10,        // RFC 7873
  TcpKeepalive = 11,  // RFC 7828
  Padding = 12,       // RFC 7830
  ExtendedError = 15  // RFC 8914
};

/// One option of a query. Lifetime: `data` borrows the message.
struct QueryOption {
  bool present = false;
  Bytes data;
};

/// The options of a query that a server may answer. When an option is repeated, the first one
/// counts (RFC 7873 §5.2 says so for cookies).
struct QueryOptions {
  QueryOption nsid;
  QueryOption client_subnet;
  QueryOption cookie;
  QueryOption tcp_keepalive;
  QueryOption padding;
};

/// Finds the options that the code uses.
/// Requires: `options` is QueryEdns::options of a query with EDNS version 0.
/// Threads: any. Cost: no allocation; linear in the number of options.
[[nodiscard]] QueryOptions find_options(Bytes options) noexcept;

/// Size of a client cookie in bytes. Source: RFC 7873 §4.
inline constexpr size_t kClientCookie = 8;

/// Returns whether the data of a COOKIE option has a valid size: a client cookie alone, or one
/// followed by a server cookie of 8 to 32 bytes. Any other size is FORMERR. Source: RFC 7873
/// §5.2.2.
[[nodiscard]] constexpr bool is_valid_cookie(Bytes data) noexcept {
  return data.size() == kClientCookie ||
         (data.size() >= kClientCookie + 8 && data.size() <= kClientCookie + 32);
}

/// Offset of SCOPE PREFIX-LENGTH in the data of a CLIENT-SUBNET option.
inline constexpr size_t kClientSubnetScope = 3;

/// Returns whether a query's CLIENT-SUBNET is valid: the family is IPv4 or IPv6, the prefix length
/// is possible for it, the scope is 0, and the address has as many bytes as the prefix needs and no
/// bit set after the prefix. Source: RFC 7871 §6.
[[nodiscard]] bool is_valid_client_subnet(Bytes data) noexcept;

/// Composes the options of a response.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): octets_, of which size_ bytes are read
class OptionWriter {
 public:
  /// Capacity in bytes: more than all options of one response need, and little enough that a
  /// response of 512 bytes has room for the longest question, the OPT and the options.
  static constexpr size_t kCapacity = 224;

  void clear() noexcept { size_ = 0; }
  /// Appends an option with `size` bytes of data and returns the address of the data, which the
  /// caller writes.
  /// Requires: the option fits. All options of one response together do (see `kCapacity`).
  [[nodiscard]] uint8_t* add(EdnsOption option, size_t size) noexcept;
  /// Appends an option and copies its data.
  void add(EdnsOption option, Bytes data) noexcept;

  /// Returns the composed options. Lifetime: until the next change.
  [[nodiscard]] Bytes octets() const noexcept { return {octets_.data(), size_}; }

 private:
  std::array<uint8_t, kCapacity> octets_;
  size_t size_ = 0;
};

}  // namespace inlet53::dns
