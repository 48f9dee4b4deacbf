#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace inlet53::http {

/// Host and port, as in a Host field or a URL.
struct Authority {
  std::string_view host;         // IPv6 without its brackets; not empty
  std::optional<uint16_t> port;  // absent when there is none, or an empty one
};

/// Absent when the text is none: empty, with user information, with octets that no host has, with a
/// port over 65535. A comma is refused too, though the grammar has it: two Host fields that
/// somebody joined. Lifetime: the result points into `text`. Source: RFC 3986 §3.2, RFC 9110 §7.2.
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text) noexcept;

}  // namespace inlet53::http
