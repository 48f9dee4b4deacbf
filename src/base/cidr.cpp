// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/cidr.h"

#include <algorithm>
#include <charconv>

#include "inlet53/base/text.h"

namespace inlet53 {

namespace {

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

std::array<uint8_t, 16> v6_octets(const IpAddress& address) noexcept {
  std::array<uint8_t, 16> out{};
  std::copy_n(address.bytes().begin(), 16, out.begin());
  return out;
}

}  // namespace

Result<Cidr, std::string> Cidr::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return Unexpected(
        concat("\"", text, "\" is no CIDR block: it lacks a prefix length (as in /32)"));
  }
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address)
    return Unexpected(concat("\"", text, "\" is no CIDR block: no IP address before /"));
  const std::string_view length_text = text.substr(slash + 1);
  const size_t limit = address->bytes().size() * 8;
  size_t length = 0;
  const auto [end, error] =
      std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (error != std::errc{} || end != length_text.data() + length_text.size() || length > limit) {
    return Unexpected(
        concat("\"", text, "\" is no CIDR block: the prefix length goes from 0 to ", limit));
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
      v6_.push_back({v6_octets(block.network), v6_octets(last)});
    }
  }
  merge(v4_);
  merge(v6_);
}

bool CidrSet::contains(const IpAddress& address) const noexcept {
  return address.is_v4() ? within(v4_, load_be32(address.bytes().data()))
                         : within(v6_, v6_octets(address));
}

}  // namespace inlet53
