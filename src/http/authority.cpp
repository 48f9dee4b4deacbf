#include "authority.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace inlet53::http {

namespace {

constexpr bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr std::array<bool, 256> make_name_octets() {
  std::array<bool, 256> octets{};
  for (int c = 0; c < 256; ++c) {
    octets[static_cast<size_t>(c)] = is_alphanumeric(static_cast<char>(c));
  }
  for (const char c : std::string_view("-._~%!$&'()*+;=")) octets[static_cast<uint8_t>(c)] = true;
  return octets;
}

constexpr std::array<bool, 256> kNameOctets = make_name_octets();

bool is_name_octet(char c) noexcept { return kNameOctets[static_cast<uint8_t>(c)]; }

bool is_literal_octet(char c) noexcept { return is_alphanumeric(c) || c == ':' || c == '.'; }

// The part before the port: a name, an IPv4 address, or an IPv6 address in brackets.
size_t host_size(std::string_view text) noexcept {
  if (text.empty() || text.front() != '[') return std::min(text.find(':'), text.size());
  const size_t end = text.find(']');
  return end == std::string_view::npos ? 0 : end + 1;
}

bool is_host(std::string_view text) noexcept {
  if (text.empty()) return false;
  if (text.front() != '[') return std::all_of(text.begin(), text.end(), is_name_octet);
  return text.size() > 2 && std::all_of(text.begin() + 1, text.end() - 1, is_literal_octet);
}

}  // namespace

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
