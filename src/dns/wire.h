// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"

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

}  // namespace inlet53::dns
