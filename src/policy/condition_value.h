// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "inlet53/policy/policy_condition.h"

namespace inlet53::policy {

/// Parses a decimal number, with or without sign, fraction and exponent; absent for another text.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text) noexcept;

}  // namespace inlet53::policy
