// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inlet53::dns {

/// Size of a message header in bytes. Source: RFC 1035 §4.1.1.
inline constexpr size_t kHeaderSize = 12;
/// Maximum size of a message over UDP without EDNS. Source: RFC 1035 §2.3.4.
inline constexpr size_t kPlainUdpLimit = 512;
/// Maximum size of any message.
inline constexpr size_t kMaxMessage = 65535;

/// Resource record types that the code uses. Any other 16-bit value is valid too. Source: IANA
/// "Resource Record (RR) TYPEs".
enum class RRType : uint16_t {
  A = 1,
  NS = 2,
  CNAME = 5,
  SOA = 6,
  PTR = 12,
  HINFO = 13,
  MX = 15,
  TXT = 16,
  RP = 17,
  AFSDB = 18,
  RT = 21,
  SIG = 24,
  PX = 26,
  AAAA = 28,
  NXT = 30,
  SRV = 33,
  NAPTR = 35,
  KX = 36,
  DNAME = 39,
  OPT = 41,
  DS = 43,
  SSHFP = 44,
  RRSIG = 46,
  NSEC = 47,
  DNSKEY = 48,
  NSEC3 = 50,
  NSEC3PARAM = 51,
  TLSA = 52,
  SMIMEA = 53,
  OPENPGPKEY = 61,
  SVCB = 64,
  HTTPS = 65,
  SPF = 99,
  TKEY = 249,
  TSIG = 250,
  IXFR = 251,
  AXFR = 252,
  MAILB = 253,
  MAILA = 254,
  ANY = 255,
  URI = 256,
  CAA = 257,
};

enum class RRClass : uint16_t { IN = 1, CH = 3, HS = 4, NONE = 254, ANY = 255 };

enum class Opcode : uint8_t { Query = 0, IQuery = 1, Status = 2, Notify = 4, Update = 5, Dso = 6 };

/// Response codes that the code uses. They have 12 bits; the OPT carries the upper eight, so
/// BadVers needs an OPT (RFC 6891 §6.1.3). Source: IANA "DNS RCODEs".
enum class Rcode : uint16_t {
  NoError = 0,
  FormErr = 1,
  ServFail = 2,
  NXDomain = 3,
  NotImp = 4,
  Refused = 5,
  YXDomain = 6,
  NotAuth = 9,
  BadVers = 16,
  BadCookie = 23,
};

/// Extended DNS error codes that the server sends. Source: RFC 8914 §4.
enum class Ede : uint16_t {
  Other = 0,
  StaleAnswer = 3,
  NotReady = 14,
  Blocked = 15,
  Prohibited = 18,
  StaleNXDomain = 19,
  NotAuthoritative = 20,
  NotSupported = 21,
  NoReachableAuthority = 22,
  NetworkError = 23,
};

/// An extended error with its text (RFC 8914 §2). The code that finds the cause sets both, so that
/// the text always fits the code.
struct ExtendedError {
  Ede code = Ede::Other;
  /// EXTRA-TEXT, UTF-8, at most 255 bytes; empty: none. Lifetime: static, or as the owner
  /// documents.
  std::string_view text = {};

  friend bool operator==(const ExtendedError&, const ExtendedError&) = default;
  friend bool operator==(const ExtendedError& error, Ede code) { return error.code == code; }
};

/// Returns the mnemonic of a type (`A`, `HTTPS`); empty when it has none here. Knows the types of
/// ldns 1.8, so that ldns can read all texts. Lifetime: static.
[[nodiscard]] std::string_view type_mnemonic(uint16_t type) noexcept;

/// Writes `A`, `HTTPS` or `TYPE65280` to `out` and returns its length.
/// Requires: 16 bytes at `out`; the function may write to all of them.
size_t write_type(uint16_t type, char* out) noexcept;
/// Returns the text of `write_type` as a string.
[[nodiscard]] std::string type_text(uint16_t type);
/// Parses a mnemonic in any letter case, or `TYPEnn` (RFC 3597 §5). Knows more mnemonics than
/// `type_mnemonic`: those of types that are newer than ldns 1.8.
[[nodiscard]] std::optional<uint16_t> parse_type(std::string_view text) noexcept;

/// Writes `IN`, `CH`, `ANY` or `CLASS7` to `out` and returns its length (at most 10).
size_t write_class(uint16_t rrclass, char* out) noexcept;

/// Returns Route 53's spelling: `NOERROR`, `NXDOMAIN`, `SERVFAIL`; empty for a number without a
/// name at IANA. Lifetime: static.
[[nodiscard]] std::string_view rcode_text(Rcode rcode) noexcept;

}  // namespace inlet53::dns
