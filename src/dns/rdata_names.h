// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "wire.h"

#include "inlet53/dns/types.h"

namespace inlet53::dns {

/// Obsolete types of RFC 1035 that have names in their RDATA.
inline constexpr uint16_t kMd = 3, kMf = 4, kMb = 7, kMg = 8, kMr = 9, kMinfo = 14;

/// Returns whether a sender may compress the names in the RDATA of a type: only the types of RFC
/// 1035 (RFC 3597 §4).
[[nodiscard]] constexpr bool may_compress_rdata(uint16_t type) noexcept {
  constexpr uint32_t kTypes = [] {
    uint32_t bits = 0;
    for (const uint16_t plain : {kMd, kMf, kMb, kMg, kMr, kMinfo}) bits |= 1U << plain;
    for (const RRType named : {RRType::NS, RRType::CNAME, RRType::SOA, RRType::PTR, RRType::MX}) {
      bits |= 1U << static_cast<uint16_t>(named);
    }
    return bits;
  }();
  return type < 16 && ((kTypes >> type) & 1) != 0;
}

/// The places of domain names in the RDATA of a type that senders have ever compressed. RDATA is:
/// `before` bytes, `strings` character strings, `names` names, `after` bytes.
struct RdataNames {
  uint8_t before = 0;
  uint8_t strings = 0;
  uint8_t names = 0;
  uint8_t after = 0;      // exact, unless `open_end`
  bool open_end = false;  // any number of bytes follows the names
};

/// Returns the layout for `type`; `names` is 0 for types whose RDATA has no compressed names.
/// Source: RFC 3597 §4: the types of RFC 1035, and RP, AFSDB, RT, SIG, PX, NXT, NAPTR, SRV, which
/// receivers should decompress but senders must not compress.
[[nodiscard]] constexpr RdataNames rdata_names(uint16_t type) noexcept {
  switch (type) {
    case static_cast<uint16_t>(RRType::NS):
    case static_cast<uint16_t>(RRType::CNAME):
    case static_cast<uint16_t>(RRType::PTR):
    case kMd:
    case kMf:
    case kMb:
    case kMg:
    case kMr:
      return {.names = 1};
    case kMinfo:
      return {.names = 2};
    case static_cast<uint16_t>(RRType::SOA):
      return {.names = 2, .after = 20};
    case static_cast<uint16_t>(RRType::MX):
      return {.before = 2, .names = 1};
    case static_cast<uint16_t>(RRType::RP):
      return {.names = 2};
    case static_cast<uint16_t>(RRType::AFSDB):
    case static_cast<uint16_t>(RRType::RT):
      return {.before = 2, .names = 1};
    case static_cast<uint16_t>(RRType::SIG):
      return {.before = 18, .names = 1, .open_end = true};
    case static_cast<uint16_t>(RRType::PX):
      return {.before = 2, .names = 2};
    case static_cast<uint16_t>(RRType::NXT):
      return {.names = 1, .open_end = true};
    case static_cast<uint16_t>(RRType::SRV):
      return {.before = 6, .names = 1};
    case static_cast<uint16_t>(RRType::NAPTR):
      return {.before = 4, .strings = 3, .names = 1};
    default:
      return {};
  }
}

/// Copies the bytes of `before` and `strings` (see RdataNames) from `at` on and advances `at`.
template <class Sink>
[[nodiscard]] bool copy_before_names(const RdataNames& layout, Bytes message, size_t end,
                                     size_t& at, Sink& out) {
  size_t size = layout.before;
  for (uint8_t left = layout.strings; left > 0; --left) {
    if (at + size >= end) return false;
    size += 1 + size_t{message[at + size]};
  }
  if (size > end - at || !out.append(message.subspan(at, size))) return false;
  at += size;
  return true;
}

/// Copies a record's RDATA to `out` and uncompresses its names, for the types that may have
/// compressed names; copies other RDATA without changes. `Sink` has `bool append(Bytes)`, which
/// returns false when it is full. Returns false then, and when the RDATA does not have the format
/// of its type. Source: RFC 3597 §4.
template <class Sink>
[[nodiscard]] bool copy_flat_rdata(Bytes message, const RecordExtent& record, Sink& out) {
  const RdataNames layout = rdata_names(record.type);
  size_t at = record.rdata;
  if (layout.names != 0 && !copy_before_names(layout, message, record.end, at, out)) return false;
  for (uint8_t left = layout.names; left > 0; --left) {
    const auto name = parse_name(message, at);
    if (!name || name->end > record.end || !out.append(name->name.view().bytes())) return false;
    at = name->end;
  }
  const size_t after = record.end - at;
  if (!out.append(message.subspan(at, after))) return false;
  if (record.type == static_cast<uint16_t>(RRType::A)) return after == 4;
  if (record.type == static_cast<uint16_t>(RRType::AAAA)) return after == 16;
  return layout.names == 0 || layout.open_end || after == layout.after;
}

}  // namespace inlet53::dns
