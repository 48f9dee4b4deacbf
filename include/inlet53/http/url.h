// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::http {

/// Parts of an http or https URL. Source: RFC 3986, RFC 9110 §4.2.
struct Url {
  bool secure = false;
  std::string host;       // a name or an address, IPv6 without brackets
  uint16_t port = 0;      // 80 or 443 when the URL has none
  std::string target;     // path and query, at least `/`
  std::string authority;  // for Host: host, and port when it is not the scheme's

  friend bool operator==(const Url&, const Url&) = default;
};

/// Parses a URL. Refuses user information, a fragment, port 0, and bytes outside visible ASCII.
/// Errors: the reason as text.
[[nodiscard]] Result<Url, std::string> parse_url(std::string_view text);

/// Host and port, as in a Host field or a URL.
struct Authority {
  std::string_view host;         // IPv6 without its brackets; not empty
  std::optional<uint16_t> port;  // absent when there is none, or an empty one
};

/// Parses host and port. Absent for an empty text, user information, bytes that no host has, and a
/// port over 65535. Also refuses a comma, which the grammar permits: it may come from two Host
/// fields that a proxy joined. Lifetime: the result points into `text`. Source: RFC 3986 §3.2, RFC
/// 9110 §7.2.
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text) noexcept;

}  // namespace inlet53::http
