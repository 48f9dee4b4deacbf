// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "master_scanner.h"

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

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
