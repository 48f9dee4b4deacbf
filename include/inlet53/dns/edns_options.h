// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "inlet53/base/bytes.h"

namespace inlet53::dns {

/// EDNS options that the code names. Source: IANA "DNS EDNS0 Option Codes (OPT)".
enum class EdnsOption : uint16_t {
  Nsid = 3,           // RFC 5001
  ClientSubnet = 8,   // RFC 7871
  Cookie = 10,        // RFC 7873
  TcpKeepalive = 11,  // RFC 7828
  Padding = 12,       // RFC 7830
  ExtendedError = 15  // RFC 8914
};

/// One option of a query. Lifetime: of `data`, the message's.
struct QueryOption {
  bool present = false;
  Bytes data;
};

/// The options of a query that a server may answer. Of an option that comes several times the first
/// counts (RFC 7873 §5.2 says so of cookies).
struct QueryOptions {
  QueryOption nsid;
  QueryOption client_subnet;
  QueryOption cookie;
  QueryOption tcp_keepalive;
  QueryOption padding;
};

/// Finds the known ones among the options of a query.
/// Requires: `options` is QueryEdns::options of a query whose EDNS version is 0.
/// Threads: any. Cost: no allocation; linear in the number of options.
[[nodiscard]] QueryOptions find_options(Bytes options) noexcept;

/// Source: RFC 7873 §4.
inline constexpr size_t kClientCookie = 8;

/// Whether a COOKIE option's data has a size that there is: a client cookie alone, or followed by a
/// server cookie of 8 to 32 octets. Source: RFC 7873 §5.2.2: anything else is FORMERR.
[[nodiscard]] constexpr bool is_cookie_sound(Bytes data) noexcept {
  return data.size() == kClientCookie ||
         (data.size() >= kClientCookie + 8 && data.size() <= kClientCookie + 32);
}

/// Octets of a CLIENT-SUBNET option's data at most: family, two prefix lengths, an IPv6 address.
inline constexpr size_t kMaxClientSubnet = 4 + 16;
/// Where its SCOPE PREFIX-LENGTH stands.
inline constexpr size_t kClientSubnetScope = 3;

/// Whether a query's CLIENT-SUBNET is what RFC 7871 §6 asks for: IPv4 or IPv6, a prefix that the
/// family has, a scope of 0, the address in as few octets as the prefix needs and no bit beyond it.
[[nodiscard]] bool is_client_subnet_sound(Bytes data) noexcept;

/// The options of a response, composed one after the other.
class OptionWriter {
 public:
  /// The most octets there can be: more than all that we answer together, and few enough that a
  /// response of 512 octets has room for the longest question, its OPT and these.
  static constexpr size_t kCapacity = 224;

  void clear() noexcept { size_ = 0; }
  /// Appends an option with `size` octets of data and returns where they go.
  /// Requires: they fit; the constant says what all callers together may take.
  [[nodiscard]] uint8_t* add(EdnsOption option, size_t size) noexcept;
  /// The same with data that are copied.
  void add(EdnsOption option, Bytes data) noexcept;

  /// What was composed. Lifetime: until this changes.
  [[nodiscard]] Bytes octets() const noexcept { return {octets_.data(), size_}; }

 private:
  std::array<uint8_t, kCapacity> octets_;
  size_t size_ = 0;
};

}  // namespace inlet53::dns
