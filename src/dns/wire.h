// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

/// Size in bytes of a question after its name: type, class. Source: RFC 1035 §4.1.2.
inline constexpr size_t kQuestionTail = 4;
/// Size in bytes of a record between its owner and its RDATA: type, class, ttl, rdlength (§4.1.3).
inline constexpr size_t kRecordHead = 10;
/// Size in bytes of an OPT record without options: root, head. Source: RFC 6891 §6.1.2.
inline constexpr size_t kOptSize = 1 + kRecordHead;
/// The bits that mark the first byte of a compression pointer; its other bits belong to the offset
/// (RFC 1035 §4.1.4).
inline constexpr uint8_t kPointerBits = 0xC0;
inline constexpr size_t kMaxPointerOffset = 0x3FFF;

/// The offsets of one record of a message. The whole record lies within the message.
struct RecordExtent {
  size_t owner = 0;
  size_t head = 0;  // offset of type, class, ttl, rdlength
  size_t rdata = 0;
  size_t end = 0;
  uint16_t type = 0;
};

/// Finds the extent of the record at `at`; skips its owner without following pointers. Absent when
/// the record leaves the message. Cost: no allocation.
[[nodiscard]] inline std::optional<RecordExtent> find_record(Bytes message, size_t at) noexcept {
  const auto head = skip_name(message, at);
  if (!head || message.size() - *head < kRecordHead) return std::nullopt;
  const size_t rdata = *head + kRecordHead;
  const size_t size = load_be16(&message[rdata - 2]);
  if (message.size() - rdata < size) return std::nullopt;
  return RecordExtent{at, *head, rdata, rdata + size, load_be16(&message[*head])};
}

/// The values of the OPT record of a response. Source: RFC 6891 §6.1, RFC 8914 §2.
struct OptOfResponse {
  uint16_t udp_size = 0;
  uint8_t extended_rcode = 0;   // the upper eight of twelve bits
  std::optional<uint16_t> ede;  // the info code of the last extended error
};

/// Parses an OPT record of `message`. Absent when its owner is not the root or its options do not
/// fill it. Requires: `record` was found in `message`. Cost: no allocation.
[[nodiscard]] inline std::optional<OptOfResponse> read_response_opt(
    Bytes message, const RecordExtent& record) noexcept {
  constexpr size_t kOptionHead = 4;
  constexpr uint16_t kEdeOption = 15;
  if (message[record.owner] != 0) return std::nullopt;
  const uint8_t* head = &message[record.head];
  OptOfResponse opt{load_be16(head + 2), head[4], std::nullopt};
  size_t at = record.rdata;
  while (at < record.end) {
    if (record.end - at < kOptionHead) return std::nullopt;
    const uint16_t code = load_be16(&message[at]);
    const size_t size = load_be16(&message[at + 2]);
    at += kOptionHead;
    if (record.end - at < size) return std::nullopt;
    if (code == kEdeOption) {
      if (size < 2) return std::nullopt;
      opt.ede = load_be16(&message[at]);
    }
    at += size;
  }
  return opt;
}

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
