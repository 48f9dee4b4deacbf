#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ldns.h"
#include "text_fault.h"

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

}  // namespace inlet53::zone
