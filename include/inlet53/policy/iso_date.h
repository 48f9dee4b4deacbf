// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace inlet53::policy {

/// Seconds since 1970-01-01T00:00:00Z of a date as policies write it: the forms of ISO 8601 that
/// the W3C's note lists (`2026`, `2026-11`, `2026-11-22`, `2026-11-22T15:04Z`,
/// `2026-11-22T15:04:05.25+01:00`), or seconds since 1970. Four digits are a year. Fractions of a
/// second are dropped. Absent when it is none of these.
/// Source: IAM User Guide, "Date condition operators"; https://www.w3.org/TR/NOTE-datetime.
[[nodiscard]] std::optional<int64_t> parse_date(std::string_view text) noexcept;

}  // namespace inlet53::policy
