// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace inlet53::gateway {

/// Appends octets in base64, padded. Source: RFC 4648 §4.
void append_base64(std::string& out, std::string_view octets);

/// The octets; nothing when the text is no base64. Padding may be missing; line ends are taken as
/// they stand in MIME (RFC 2045 §6.8).
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace inlet53::gateway
