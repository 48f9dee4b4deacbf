// SPDX-License-Identifier: Apache-2.0
#include "inlet53/zone/address_names.h"

#include <charconv>
#include <cstring>

#include "inlet53/dns/types.h"
#include "inlet53/zone/zone_table.h"

namespace inlet53::zone {

namespace {

using dns::RRType;

constexpr std::string_view kPrefix = "ip-";

/// Parses a number of 0 to 255 without leading zeros and removes it from `text`.
std::optional<uint8_t> parse_octet(std::string_view& text) noexcept {
  uint8_t octet = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), octet);
  if (error != std::errc{}) return std::nullopt;
  const auto digits = static_cast<size_t>(end - text.data());
  if (digits > 1 && text[0] == '0') return std::nullopt;
  text.remove_prefix(digits);
  return octet;
}

/// Parses the address of `ip-10-0-1-2`.
std::optional<IpAddress> parse_forward_label(std::string_view text) noexcept {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size() - 1);
  uint8_t octets[4];
  for (uint8_t& octet : octets) {
    if (!text.starts_with('-')) return std::nullopt;
    text.remove_prefix(1);
    const std::optional<uint8_t> parsed = parse_octet(text);
    if (!parsed) return std::nullopt;
    octet = *parsed;
  }
  if (!text.empty()) return std::nullopt;
  return IpAddress::from_bytes(octets);
}

/// Writes the first label of the name of `address`, with its length, to `out`; returns its end.
uint8_t* write_forward_label(const IpAddress& address, uint8_t* out) noexcept {
  char text[kPrefix.size() - 1 + size_t{4} * 4];
  char* at = text;
  std::memcpy(at, kPrefix.data(), kPrefix.size() - 1);
  at += kPrefix.size() - 1;
  for (const uint8_t octet : address.bytes()) {
    *at++ = '-';
    at = std::to_chars(at, std::end(text), octet).ptr;
  }
  const auto size = static_cast<size_t>(at - text);
  out[0] = static_cast<uint8_t>(size);
  std::memcpy(out + 1, text, size);
  return out + 1 + size;
}

/// Completes the record of `type` whose RDATA of `size` bytes is already in `lookup`.
void answer(RRType type, size_t size, const NameKey& key, LookupResult& lookup) noexcept {
  uint8_t* const record = lookup.made_record.data();
  dns::PreparedRecord::write_head(record, static_cast<uint16_t>(type), kVpcNameTtl, size);
  lookup.found = Found::Answer;
  lookup.rrset = {{static_cast<uint16_t>(type), 1, {record, dns::PreparedRecord::kHead + size}},
                  {}};
  lookup.owner = key.name().view();
}

}  // namespace

std::shared_ptr<const AddressNames> AddressNames::forward(dns::NameView apex,
                                                          const std::vector<Cidr>& blocks) {
  const std::shared_ptr<AddressNames> names(new AddressNames);
  names->label_count_ = apex.label_count() + 1;
  names->blocks_ = CidrSet(blocks);
  return names;
}

std::shared_ptr<const AddressNames> AddressNames::reverse(const IpAddress& slice,
                                                          const std::vector<Cidr>& blocks,
                                                          dns::NameView forward_apex) {
  constexpr size_t kLabels = 6;  // D.C.B.A.in-addr.arpa
  const std::shared_ptr<AddressNames> names(new AddressNames);
  names->label_count_ = kLabels;
  names->blocks_ = CidrSet(blocks);
  names->slice_ = slice;
  names->forward_apex_ = dns::Name(forward_apex);
  return names;
}

std::optional<IpAddress> AddressNames::address_of(Bytes label) const noexcept {
  std::string_view text{reinterpret_cast<const char*>(label.data()), label.size()};
  if (!slice_) return parse_forward_label(text);
  const std::optional<uint8_t> last = parse_octet(text);
  if (!last || !text.empty()) return std::nullopt;
  const Bytes slice = slice_->bytes();
  const uint8_t octets[4] = {slice[0], slice[1], slice[2], *last};
  return IpAddress::from_bytes(octets);
}

void AddressNames::find(const NameKey& key, uint16_t qtype, LookupResult& lookup) const noexcept {
  if (key.label_count() != label_count_) return;
  const std::optional<IpAddress> address = address_of(key.name().label(0));
  if (!address || !blocks_.contains(*address)) return;
  const RRType type = slice_ ? RRType::PTR : RRType::A;
  if (qtype != static_cast<uint16_t>(type) && qtype != static_cast<uint16_t>(RRType::ANY)) {
    lookup.found = Found::NoData;  // with the SOA of the NXDomain
    return;
  }
  uint8_t* const rdata = lookup.made_record.data() + dns::PreparedRecord::kHead;
  if (!slice_) {
    std::memcpy(rdata, address->bytes().data(), 4);
    return answer(type, 4, key, lookup);
  }
  uint8_t* const apex = write_forward_label(*address, rdata);
  const Bytes forward_apex = forward_apex_.view().bytes();
  std::memcpy(apex, forward_apex.data(), forward_apex.size());
  answer(type, static_cast<size_t>(apex - rdata) + forward_apex.size(), key, lookup);
}

}  // namespace inlet53::zone
