// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/ip_address.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"

namespace inlet53 {

IpAddress IpAddress::from_bytes(Bytes octets) noexcept {
  INLET53_CHECK(octets.size() == 4 || octets.size() == 16);
  IpAddress out;
  out.family_ = octets.size() == 4 ? IpFamily::V4 : IpFamily::V6;
  std::copy(octets.begin(), octets.end(), out.octets_.begin());
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= kMaxText) return std::nullopt;
  const std::string terminated(text);
  IpAddress out;
  if (inet_pton(AF_INET, terminated.c_str(), out.octets_.data()) == 1) return out;
  if (inet_pton(AF_INET6, terminated.c_str(), out.octets_.data()) == 1) {
    out.family_ = IpFamily::V6;
    return out;
  }
  return std::nullopt;
}

namespace {

// Decimal text of each byte with a dot after it, and its length with the dot. Each query record
// contains an address.
struct OctetText {
  char text[4];
  uint8_t size;
};

constexpr std::array<OctetText, 256> kOctets = [] {
  std::array<OctetText, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    OctetText& octet = table[value];
    if (value >= 100) octet.text[octet.size++] = static_cast<char>('0' + value / 100);
    if (value >= 10) octet.text[octet.size++] = static_cast<char>('0' + value / 10 % 10);
    octet.text[octet.size++] = static_cast<char>('0' + value % 10);
    octet.text[octet.size++] = '.';
  }
  return table;
}();

}  // namespace

size_t IpAddress::write_text(char* out) const noexcept {
  if (is_v4()) {
    char* end = out;
    for (size_t i = 0; i < 4; ++i) {
      const OctetText& octet = kOctets[octets_[i]];
      std::memcpy(end, octet.text, sizeof octet.text);  // kMaxText has space for the unused bytes
      end += octet.size;
    }
    --end;  // the last dot
    return static_cast<size_t>(end - out);
  }
  // glibc writes RFC 5952 (lower case, longest run of zeros, embedded IPv4 for mapped addresses).
  char text[kMaxText];
  inet_ntop(AF_INET6, octets_.data(), text, sizeof text);
  const size_t size = std::strlen(text);
  std::memcpy(out, text, size);
  return size;
}

std::string IpAddress::to_text() const {
  char text[kMaxText];
  return {text, write_text(text)};
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);

  const auto address = IpAddress::parse(host);
  if (!address || address->is_v4() == bracketed) return std::nullopt;

  uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc{} || end != port_text.data() + port_text.size()) return std::nullopt;
  return SocketAddress{*address, port};
}

SocketAddress SocketAddress::from_sockaddr(const sockaddr* address) noexcept {
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in6;
    std::memcpy(&in6, address, sizeof in6);
    return {IpAddress::from_bytes({in6.sin6_addr.s6_addr, 16}), ntohs(in6.sin6_port)};
  }
  sockaddr_in in4;
  std::memcpy(&in4, address, sizeof in4);
  uint8_t octets[4];
  std::memcpy(octets, &in4.sin_addr, 4);
  return {IpAddress::from_bytes(octets), ntohs(in4.sin_port)};
}

std::string SocketAddress::to_text() const {
  return address.is_v4() ? concat(address.to_text(), ':', port)
                         : concat('[', address.to_text(), "]:", port);
}

socklen_t SocketAddress::to_sockaddr(sockaddr_storage& storage) const noexcept {
  std::memset(&storage, 0, sizeof storage);
  if (address.is_v4()) {
    sockaddr_in in4{};
    in4.sin_family = AF_INET;
    in4.sin_port = htons(port);
    std::memcpy(&in4.sin_addr, address.bytes().data(), 4);
    std::memcpy(&storage, &in4, sizeof in4);
    return sizeof in4;
  }
  sockaddr_in6 in6{};
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(port);
  std::memcpy(&in6.sin6_addr, address.bytes().data(), 16);
  std::memcpy(&storage, &in6, sizeof in6);
  return sizeof in6;
}

}  // namespace inlet53
