// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ldns.h"
#include "master_scanner.h"

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// Converts RDATA from presentation form to wire form: with ldns for every type that it knows
/// (SVCB, HTTPS and some others have a parser here), and from RFC 3597's form, `\# length hex`, for
/// every type. ldns knows the types NULL, A6, NXT and SINK only by name: they need RFC 3597's form.
///
/// Rejects text that ldns would misread: the words that `find_misread_word` finds (it wraps
/// numbers), text longer than its buffers (it drops such text), invalid hex (it makes up bytes),
/// names over 255 bytes, and a first label `@` (it takes the origin instead). In both forms,
/// rejects RDATA that an RFC forbids (`find_rdata_fault`). Threads: one.
class RdataParser {
 public:
  /// Maximum size in bytes of presentation form in ldns's own buffers; `\#` has no such limit.
  static constexpr size_t kMaxText = 65'000;

  /// Sets the origin of relative names in RDATA. It is the root until the first call.
  void set_origin(dns::NameView origin);

  /// Parses `text`, one line without white space around it, as MasterScanner returns it.
  /// Returns the RDATA; its names keep their letter case and are not compressed. The message of an
  /// error cites its token. Lifetime: until the next call.
  [[nodiscard]] Result<Bytes, TextFault> parse(uint16_t type, std::string_view text);

 private:
  [[nodiscard]] Result<Bytes, TextFault> parse_fields(uint16_t type, std::string_view text);
  [[nodiscard]] Result<Bytes, TextFault> parse_known(uint16_t type, std::string_view text);
  [[nodiscard]] Result<Bytes, TextFault> parse_generic(uint16_t type, std::string_view text);
  /// Joins the fields in rdata_.
  [[nodiscard]] Result<Bytes, TextFault> join_fields(const ldns_rr& rr);
  /// Returns true when ldns accepts `rdata` as RDATA of `type`. Uses rdata_.
  [[nodiscard]] bool has_shape(const ldns_rr_descriptor& descriptor, uint16_t type, Bytes rdata);

  dns::Name origin_;
  LdnsRdf ldns_origin_;
  std::string line_;
  std::vector<uint8_t> rdata_;
};

/// Appends the bytes of pairs of hex digits, with optional white space between them. Returns false
/// when the text is malformed.
[[nodiscard]] bool append_hex(std::string_view text, std::vector<uint8_t>& octets);

/// Finds the first part of RDATA that ldns 1.8 misreads or rounds: numbers that are too large for
/// their field, unknown types and protocols, times and coordinates that do not exist, an odd number
/// of hex digits. Absent when there is none.
/// Source: RFC 1035 §3.4.2, RFC 1706 §4, RFC 1876 §3, RFC 3123 §5, RFC 4034 §3.2, §4.2, RFC 4398
/// §2.2.
[[nodiscard]] std::optional<TextFault> find_misread_word(const ldns_rr_descriptor& descriptor,
                                                         std::string_view text);

/// Finds the word for which ldns rejects RDATA and says what is expected; returns `message`, the
/// error of ldns, when there is no such word.
[[nodiscard]] TextFault find_refused_word(const ldns_rr_descriptor& descriptor,
                                          std::string_view text, std::string message);

/// Returns `text` in the form that ldns reads correctly: with quotes around values that it reads
/// only in quotes (CAA and URI; RFC 8659 §4.1.1 also allows them without), and types as `TYPE261`,
/// because ldns does not know all names.
[[nodiscard]] std::string text_for_ldns(const ldns_rr_descriptor& descriptor,
                                        std::string_view text);

/// Returns what an RFC forbids in RDATA that has the format of its type: a digest or fingerprint of
/// a wrong length (DS, CDS, DLV, SSHFP, TLSA, SMIMEA, ZONEMD), an invalid X.121 address,
/// coordinates beyond the poles or the date line, a prefix longer than an address of its family, a
/// type bitmap without types, a key that its flags exclude, an invalid E.164 number, invalid SVCB
/// parameters, a URI without target, a NAPTR whose expression is invalid or beside a replacement.
/// Absent when there is no fault.
[[nodiscard]] std::optional<std::string> find_rdata_fault(uint16_t type, Bytes rdata);

/// Parses RDATA of ATMA: an E.164 number, `+358.400.123`, or the hex digits of an AESA,
/// `39.246f.00.0e7c`. Dots may separate digits. ldns 1.8 accepts only hex digits and omits the byte
/// that distinguishes the two forms.
/// Source: ATM Name System 2.0 (AF-DANS-0152.000).
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_atma(std::string_view text);

/// Parses RDATA of IPSECKEY, `10 1 2 192.0.2.38 AQNRU3mG7TVT…`. The parser of ldns 1.8 leaks on
/// errors, wraps numbers over 255, does not complete relative gateways and rejects white space in
/// keys.
/// Source: RFC 4025 §3.1.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_ipseckey(std::string_view text,
                                                                     dns::NameView origin);

/// Parses RDATA of KEY, `256 3 5 AQPSKmyn…`, `NOKEY|ZONE DNSSEC RSASHA1`: flags and protocol may be
/// names, and flags with NOKEY have no key after them. ldns 1.8 reads it as DNSKEY, which has
/// neither.
/// Source: RFC 2535 §3.1.2, §7.1.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_key(std::string_view text);

/// Parses RDATA of AMTRELAY, `10 0 1 203.0.113.15`. Source: RFC 8777 §4.3.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_amtrelay(std::string_view text,
                                                                     dns::NameView origin);

/// Parses RDATA of DSYNC, `CDS NOTIFY 5353 notify.example.`. Source: RFC 9859 §2.2.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_dsync(std::string_view text,
                                                                  dns::NameView origin);

/// Returns the type that ldns 1.8 knows with the same fields as the newer `type`; else `type`.
/// Source: IANA "Resource Record (RR) TYPEs": RESINFO (RFC 9606), WALLET, AVC, NINFO and CLA as
/// TXT, RKEY as DNSKEY, TA as DS, HHIT and BRID (RFC 9886) as OPENPGPKEY.
[[nodiscard]] uint16_t type_with_same_fields(uint16_t type) noexcept;

/// Parses RDATA of SVCB and HTTPS, `1 . alpn=h2,h3 port=8443`. Keys may be in any order; the value
/// of `keyNNNNN` is in wire form, also for a key with a name (§2.1). The parser of ldns 1.8 wraps
/// ports, keeps repeated keys and the escapes in lists, and accepts values that are invalid for
/// their keys.
/// Source: RFC 9460 §2.1, §7, §8, appendix A; RFC 9461 §5; RFC 9540 §4.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_svcb(std::string_view text,
                                                                 dns::NameView origin);

/// Returns the fault of parameters in wire form: keys that do not ascend, a value that is invalid
/// for its key, a missing mandatory key, `no-default-alpn` without `alpn`. Absent when there is
/// none.
[[nodiscard]] std::optional<std::string> find_svc_params_fault(Bytes params);

}  // namespace inlet53::zone
