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

/// Parses a whole word as a number; absent when it is malformed or over `max`.
[[nodiscard]] std::optional<uint64_t> parse_number(std::string_view word, uint64_t max);

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

}  // namespace inlet53::zone
