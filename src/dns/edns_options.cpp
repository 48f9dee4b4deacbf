// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/edns_options.h"

#include <cstring>

#include "inlet53/base/check.h"

namespace inlet53::dns {

namespace {

constexpr size_t kOptionHead = 4;  // RFC 6891 §6.1.2: code, length

QueryOption* field_of(QueryOptions& found, uint16_t code) noexcept {
  switch (static_cast<EdnsOption>(code)) {
    case EdnsOption::Nsid:
      return &found.nsid;
    case EdnsOption::ClientSubnet:
      return &found.client_subnet;
    case EdnsOption::Cookie:
      return &found.cookie;
    case EdnsOption::TcpKeepalive:
      return &found.tcp_keepalive;
    case EdnsOption::Padding:
      return &found.padding;
    case EdnsOption::ExtendedError:
      break;
  }
  return nullptr;
}

}  // namespace

QueryOptions find_options(Bytes options) noexcept {
  QueryOptions found;
  while (options.size() >= kOptionHead) {
    const size_t size = load_be16(&options[2]);
    QueryOption* const field = field_of(found, load_be16(options.data()));
    if (field != nullptr && !field->present) *field = {true, options.subspan(kOptionHead, size)};
    options = options.subspan(kOptionHead + size);
  }
  return found;
}

bool is_valid_client_subnet(Bytes data) noexcept {
  constexpr size_t kFixed = 4;
  constexpr uint16_t kIpv4 = 1;  // IANA "Address Family Numbers"
  constexpr uint16_t kIpv6 = 2;
  if (data.size() < kFixed) return false;
  const uint16_t family = load_be16(data.data());
  const size_t prefix = data[2];
  if (family != kIpv4 && family != kIpv6) return false;
  if (prefix > (family == kIpv4 ? 32U : 128U) || data[kClientSubnetScope] != 0) return false;
  const Bytes address = data.subspan(kFixed);
  if (address.size() != (prefix + 7) / 8) return false;
  const size_t used_bits = prefix % 8;
  return used_bits == 0 || static_cast<uint8_t>(address.back() << used_bits) == 0;
}

uint8_t* OptionWriter::add(EdnsOption option, size_t size) noexcept {
  INLET53_CHECK(kOptionHead + size <= kCapacity - size_);
  uint8_t* const head = octets_.data() + size_;
  store_be16(head, static_cast<uint16_t>(option));
  store_be16(head + 2, static_cast<uint16_t>(size));
  size_ += kOptionHead + size;
  return head + kOptionHead;
}

void OptionWriter::add(EdnsOption option, Bytes data) noexcept {
  uint8_t* const out = add(option, data.size());
  if (!data.empty()) std::memcpy(out, data.data(), data.size());
}

}  // namespace inlet53::dns
