#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text_fault.h"

#include "inlet53/base/result.h"

namespace inlet53::zone {

/// Parses RDATA of ATMA: an E.164 number, `+358.400.123`, or the hex digits of an AESA,
/// `39.246f.00.0e7c`. Dots may stand between digits. ldns 1.8 takes hex digits only, and leaves
/// out the octet that says which of the two it is.
/// Source: ATM Name System 2.0 (AF-DANS-0152.000).
[[nodiscard]] Result<std::vector<uint8_t>, TextFault> parse_atma(std::string_view text);

}  // namespace inlet53::zone
