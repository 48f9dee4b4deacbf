// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "inlet53/base/text.h"
#include "inlet53/http/message.h"

namespace inlet53::http {

namespace {

std::string compose_authority(const Url& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  std::string authority = is_v6 ? concat('[', url.host, ']') : url.host;
  if (url.port != (url.secure ? 443 : 80)) authority += concat(':', url.port);
  return authority;
}

constexpr bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr std::array<bool, 256> make_name_bytes() {
  std::array<bool, 256> bytes{};
  for (int c = 0; c < 256; ++c) {
    bytes[static_cast<size_t>(c)] = is_alphanumeric(static_cast<char>(c));
  }
  for (const char c : std::string_view("-._~%!$&'()*+;=")) bytes[static_cast<uint8_t>(c)] = true;
  return bytes;
}

constexpr std::array<bool, 256> kNameBytes = make_name_bytes();

bool is_name_byte(char c) noexcept { return kNameBytes[static_cast<uint8_t>(c)]; }

bool is_literal_byte(char c) noexcept { return is_alphanumeric(c) || c == ':' || c == '.'; }

// The part before the port: a name, an IPv4 address, or an IPv6 address in brackets.
size_t host_size(std::string_view text) noexcept {
  if (text.empty() || text.front() != '[') return std::min(text.find(':'), text.size());
  const size_t end = text.find(']');
  return end == std::string_view::npos ? 0 : end + 1;
}

bool is_host(std::string_view text) noexcept {
  if (text.empty()) return false;
  if (text.front() != '[') return std::all_of(text.begin(), text.end(), is_name_byte);
  return text.size() > 2 && std::all_of(text.begin() + 1, text.end() - 1, is_literal_byte);
}

}  // namespace

Result<Url, std::string> parse_url(std::string_view text) {
  const auto wrong = [](const char* what) { return Unexpected(std::string(what)); };
  const bool is_visible =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!is_visible) return wrong("a URL has only visible ASCII characters");
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return wrong("a URL begins with http:// or https://");
  Url url;
  url.secure = same_field_name(text.substr(0, scheme), "https");
  if (!url.secure && !same_field_name(text.substr(0, scheme), "http")) {
    return wrong("a URL begins with http:// or https://");
  }
  text.remove_prefix(scheme + 3);
  const size_t authority_size = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, authority_size);
  const std::string_view target = text.substr(authority_size);
  if (authority.find('@') != std::string_view::npos) return wrong("a URL has no user information");
  if (target.find('#') != std::string_view::npos) return wrong("a URL to call has no fragment");
  const auto parts = parse_authority(authority);
  if (!parts) return wrong("a URL has a host, and a port up to 65535 if any");
  if (parts->port == 0) return wrong("a port is from 1 to 65535");
  url.host = ascii_lower(parts->host);
  url.port = parts->port.value_or(url.secure ? 443 : 80);
  url.target = target.starts_with('/') ? std::string(target) : concat('/', target);
  url.authority = compose_authority(url);
  return url;
}

std::optional<Authority> parse_authority(std::string_view text) noexcept {
  Authority authority{.host = text.substr(0, host_size(text)), .port = std::nullopt};
  if (!is_host(authority.host)) return std::nullopt;
  std::string_view rest = text.substr(authority.host.size());
  if (authority.host.front() == '[') {
    authority.host = authority.host.substr(1, authority.host.size() - 2);
  }
  if (rest.empty()) return authority;
  if (rest.front() != ':') return std::nullopt;
  rest.remove_prefix(1);
  if (rest.empty()) return authority;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  if (error != std::errc() || end != rest.data() + rest.size()) return std::nullopt;
  authority.port = port;
  return authority;
}

}  // namespace inlet53::http
