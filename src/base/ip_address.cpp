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
  std::copy(octets.begin(), octets.end(), out.bytes_.begin());
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= kMaxText) return std::nullopt;
  const std::string terminated(text);
  IpAddress out;
  if (inet_pton(AF_INET, terminated.c_str(), out.bytes_.data()) == 1) return out;
  if (inet_pton(AF_INET6, terminated.c_str(), out.bytes_.data()) == 1) {
    out.family_ = IpFamily::V6;
    return out;
  }
  return std::nullopt;
}

namespace {

// Decimal text of each byte with a dot after it, and its length with the dot. Each query record
// contains an address.
struct ByteText {
  char text[4];
  uint8_t size;
};

constexpr std::array<ByteText, 256> kBytes = [] {
  std::array<ByteText, 256> table{};
  for (unsigned value = 0; value < 256; ++value) {
    ByteText& entry = table[value];
    if (value >= 100) entry.text[entry.size++] = static_cast<char>('0' + value / 100);
    if (value >= 10) entry.text[entry.size++] = static_cast<char>('0' + value / 10 % 10);
    entry.text[entry.size++] = static_cast<char>('0' + value % 10);
    entry.text[entry.size++] = '.';
  }
  return table;
}();

// Returns the address with its bits after `length` set to `ones`.
IpAddress with_tail(const IpAddress& address, size_t length, bool ones) {
  std::array<uint8_t, 16> octets{};
  const Bytes bytes = address.bytes();
  for (size_t i = 0; i < bytes.size(); ++i) {
    const size_t kept = length >= (i + 1) * 8 ? 8 : length > i * 8 ? length - i * 8 : 0;
    const auto mask = static_cast<uint8_t>(0xFF00U >> kept);
    octets[i] = static_cast<uint8_t>(bytes[i] & mask);
    if (ones) octets[i] = static_cast<uint8_t>(octets[i] | static_cast<uint8_t>(~mask));
  }
  return IpAddress::from_bytes({octets.data(), bytes.size()});
}

template <class Range>
void merge(std::vector<Range>& ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> merged;
  for (const Range& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  ranges = std::move(merged);
}

template <class Range, class Value>
bool within(const std::vector<Range>& ranges, const Value& value) noexcept {
  // A security group has few ranges: a linear search costs less than a binary search.
  constexpr size_t kFew = 8;
  auto range = ranges.begin();
  if (ranges.size() > kFew) {
    range = std::lower_bound(ranges.begin(), ranges.end(), value,
                             [](const Range& r, const Value& v) { return r.last < v; });
  }
  while (range != ranges.end() && range->last < value) ++range;
  return range != ranges.end() && range->first <= value;
}

std::array<uint8_t, 16> v6_bytes(const IpAddress& address) noexcept {
  std::array<uint8_t, 16> out{};
  std::copy_n(address.bytes().begin(), 16, out.begin());
  return out;
}

}  // namespace

size_t IpAddress::write_text(char* out) const noexcept {
  if (is_v4()) {
    char* end = out;
    for (size_t i = 0; i < 4; ++i) {
      const ByteText& entry = kBytes[bytes_[i]];
      std::memcpy(end, entry.text, sizeof entry.text);  // kMaxText has space for the unused bytes
      end += entry.size;
    }
    --end;  // the last dot
    return static_cast<size_t>(end - out);
  }
  // glibc writes RFC 5952 (lower case, longest run of zeros, embedded IPv4 for mapped addresses).
  char text[kMaxText];
  inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
  const size_t size = std::strlen(text);
  std::copy_n(text, size, out);
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
    sockaddr_in6 in6{};
    std::memcpy(&in6, address, sizeof in6);
    return {IpAddress::from_bytes({in6.sin6_addr.s6_addr, 16}), ntohs(in6.sin6_port)};
  }
  sockaddr_in in4{};
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

Result<Cidr, std::string> Cidr::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return Unexpected(
        concat("\"", text, "\" is not a CIDR block: it lacks a prefix length (as in /32)"));
  }
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address)
    return Unexpected(concat("\"", text, "\" is not a CIDR block: no IP address before /"));
  const std::string_view length_text = text.substr(slash + 1);
  const size_t limit = address->bytes().size() * 8;
  size_t length = 0;
  const auto [end, error] =
      std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (error != std::errc{} || end != length_text.data() + length_text.size() || length > limit) {
    return Unexpected(
        concat("\"", text, "\" is not a CIDR block: the prefix length goes from 0 to ", limit));
  }
  const Cidr cidr{with_tail(*address, length, false), static_cast<uint8_t>(length)};
  if (cidr.network != *address) {
    return Unexpected(
        concat("\"", text, "\" has bits after its prefix; the block is ", cidr.to_text()));
  }
  return cidr;
}

bool Cidr::contains(const IpAddress& address) const noexcept {
  return address.family() == network.family() &&
         with_tail(address, prefix_length, false) == network;
}

bool Cidr::contains(const Cidr& other) const noexcept {
  return other.prefix_length >= prefix_length && contains(other.network);
}

bool Cidr::overlaps(const Cidr& other) const noexcept {
  return contains(other) || other.contains(*this);
}

std::string Cidr::to_text() const { return concat(network.to_text(), '/', prefix_length); }

CidrSet::CidrSet(const std::vector<Cidr>& blocks) {
  std::vector<Cidr> sorted = blocks;
  // By network, then the shorter prefix first: a block comes directly before all blocks that it
  // contains.
  std::sort(sorted.begin(), sorted.end());
  for (const Cidr& block : sorted) {
    if (blocks_.empty() || !blocks_.back().contains(block)) blocks_.push_back(block);
  }
  for (const Cidr& block : blocks_) {
    const IpAddress last = with_tail(block.network, block.prefix_length, true);
    if (block.network.is_v4()) {
      v4_.push_back({load_be32(block.network.bytes().data()), load_be32(last.bytes().data())});
    } else {
      v6_.push_back({v6_bytes(block.network), v6_bytes(last)});
    }
  }
  merge(v4_);
  merge(v6_);
}

bool CidrSet::contains(const IpAddress& address) const noexcept {
  return address.is_v4() ? within(v4_, load_be32(address.bytes().data()))
                         : within(v6_, v6_bytes(address));
}

}  // namespace inlet53
