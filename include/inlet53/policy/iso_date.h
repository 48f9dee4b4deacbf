// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace inlet53::policy {

/// Returns the seconds since 1970-01-01T00:00:00Z of a date in a policy: one of the forms of ISO
/// 8601 in the W3C's note (`2026`, `2026-11`, `2026-11-22`, `2026-11-22T15:04Z`,
/// `2026-11-22T15:04:05.25+01:00`), or seconds since 1970. Four digits are a year. Drops fractions
/// of a second. Absent: another form.
/// Source: IAM User Guide, "Date condition operators"; https://www.w3.org/TR/NOTE-datetime.
[[nodiscard]] std::optional<int64_t> parse_date(std::string_view text) noexcept;

}  // namespace inlet53::policy
