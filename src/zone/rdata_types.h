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
/// `39.246f.00.0e7c`. Dots may stand between digits. ldns 1.8 takes hex digits only, and leaves
/// out the octet that says which of the two it is.
/// Source: ATM Name System 2.0 (AF-DANS-0152.000).
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_atma(std::string_view text);

/// Parses RDATA of IPSECKEY, `10 1 2 192.0.2.38 AQNRU3mG7TVT…`; or says in words what is wrong.
/// ldns 1.8 has a parser of its own that leaks on errors, wraps numbers over 255, leaves relative
/// gateways relative and refuses white space in keys.
/// Source: RFC 4025 §3.1.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_ipseckey(std::string_view text,
                                                                     dns::NameView origin);

/// Parses RDATA of KEY, `256 3 5 AQPSKmyn…`, `NOKEY|ZONE DNSSEC RSASHA1`: flags and protocol may be
/// names, and no key follows flags that say NOKEY. ldns 1.8 reads it as DNSKEY, which has neither.
/// Source: RFC 2535 §3.1.2, §7.1.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_key(std::string_view text);

/// Parses RDATA of AMTRELAY, `10 0 1 203.0.113.15`. Source: RFC 8777 §4.3.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_amtrelay(std::string_view text,
                                                                     dns::NameView origin);

/// Parses RDATA of DSYNC, `CDS NOTIFY 5353 notify.example.`. Source: RFC 9859 §2.2.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_dsync(std::string_view text,
                                                                  dns::NameView origin);

/// The type that ldns 1.8 knows with the same fields as `type`, which is newer; else `type`.
/// Source: IANA "Resource Record (RR) TYPEs": RESINFO (RFC 9606), WALLET, AVC, NINFO and CLA as
/// TXT, RKEY as DNSKEY, TA as DS, HHIT and BRID (RFC 9886) as OPENPGPKEY.
[[nodiscard]] uint16_t type_with_same_fields(uint16_t type) noexcept;

/// Parses RDATA of SVCB and HTTPS, `1 . alpn=h2,h3 port=8443`. Keys may stand in any order; the
/// value of `keyNNNNN` is what the wire has, also for a key with a name (§2.1).
/// ldns 1.8 has a parser of its own that wraps ports, keeps repeated keys and the escapes in lists,
/// and takes values that their keys do not have.
/// Source: RFC 9460 §2.1, §7, §8, appendix A; RFC 9461 §5; RFC 9540 §4.
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_svcb(std::string_view text,
                                                                 dns::NameView origin);

/// Says what is wrong with parameters in wire form; absent when nothing is: keys that do not
/// ascend, a value that its key does not have, a mandatory key that is missing, `no-default-alpn`
/// without `alpn`.
[[nodiscard]] std::optional<std::string> find_svc_params_fault(Bytes params);

}  // namespace inlet53::zone
