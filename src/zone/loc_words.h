#pragma once

#include <optional>
#include <string_view>

#include "text_fault.h"

namespace inlet53::zone {

/// Finds the first part of a location, `52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m`, that
/// is not what the RFC has in its place. Absent when there is none. Source: RFC 1876 §3.
[[nodiscard]] std::optional<TextFault> find_loc_word_fault(std::string_view text);

}  // namespace inlet53::zone
