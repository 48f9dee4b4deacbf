#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::http {

/// An http or https URL, in its parts. Source: RFC 3986, RFC 9110 §4.2.
struct Url {
  bool secure = false;
  std::string host;       // a name or an address, IPv6 without brackets
  uint16_t port = 0;      // 80 or 443 when the URL has none
  std::string target;     // path and query, at least `/`
  std::string authority;  // for Host: host, and port when it is not the scheme's

  friend bool operator==(const Url&, const Url&) = default;
};

/// Takes no user information, no fragment, no port 0, no octets but visible ASCII.
/// Errors: what is wrong, for people.
[[nodiscard]] Result<Url, std::string> parse_url(std::string_view text);

}  // namespace inlet53::http
