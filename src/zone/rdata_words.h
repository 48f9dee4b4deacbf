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

namespace inlet53::zone {

/// The number of a whole word; absent when it is none or over `max`.
[[nodiscard]] std::optional<uint64_t> parse_number(std::string_view word, uint64_t max);

/// Appends the octets of pairs of hex digits, which white space may stand between. False when the
/// text is not that.
[[nodiscard]] bool append_hex(std::string_view text, std::vector<uint8_t>& octets);

/// Finds the first part of RDATA that ldns 1.8 takes for something else than it is, or rounds:
/// numbers over their field, unknown types and protocols, times and coordinates that do not exist,
/// an odd number of hex digits. Absent when there is none.
/// Source: RFC 1035 §3.4.2, RFC 1706 §4, RFC 1876 §3, RFC 3123 §5, RFC 4034 §3.2, §4.2, RFC 4398
/// §2.2.
[[nodiscard]] std::optional<TextFault> find_misread_word(const ldns_rr_descriptor& descriptor,
                                                         std::string_view text);

/// Finds the word for which ldns refuses RDATA, to say what it should be; `message`, what ldns
/// says, when there is no such word.
[[nodiscard]] TextFault find_refused_word(const ldns_rr_descriptor& descriptor,
                                          std::string_view text, std::string message);

/// `text` as ldns reads it right: with quotes around values that it takes in quotes only (CAA and
/// URI, which RFC 8659 §4.1.1 also has without), and types as `TYPE261`, for ldns does not know all
/// names.
[[nodiscard]] std::string text_for_ldns(const ldns_rr_descriptor& descriptor,
                                        std::string_view text);

/// Says what an RFC forbids in RDATA that has the shape of its type; absent when nothing is: a
/// digest or fingerprint of another length than its algorithm's (DS, CDS, DLV, SSHFP, TLSA, SMIMEA,
/// ZONEMD), an X.121 address that is none, coordinates beyond the poles and the date line, a prefix
/// longer than its family's addresses, a type bitmap without types, a key that its flags deny, an
/// E.164 number that is none, SVCB parameters, a URI without
/// target, a NAPTR whose expression is none or stands beside a replacement.
[[nodiscard]] std::optional<std::string> find_rdata_fault(uint16_t type, Bytes rdata);

}  // namespace inlet53::zone
