// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace inlet53::gateway {

/// Appends bytes in padded base64. Source: RFC 4648 §4.
void append_base64(std::string& out, std::string_view octets);

/// Decodes base64. Absent when the text is invalid. Padding may be missing; line ends are accepted
/// as in MIME (RFC 2045 §6.8).
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace inlet53::gateway
