#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"

namespace inlet53::dns {

/// Octets of a question after its name: type, class. Source: RFC 1035 §4.1.2.
inline constexpr size_t kQuestionTail = 4;
/// Octets of a record between its owner and its RDATA: type, class, ttl, rdlength (§4.1.3).
inline constexpr size_t kRecordHead = 10;
/// Octets of an OPT record without options: root, head. Source: RFC 6891 §6.1.2.
inline constexpr size_t kOptSize = 1 + kRecordHead;
/// A compression pointer's first octet has these bits; its offset is what is left (RFC 1035
/// §4.1.4).
inline constexpr uint8_t kPointerBits = 0xC0;
inline constexpr size_t kMaxPointerOffset = 0x3FFF;

/// Where one record of a message stands, as offsets. All of it lies within the message.
struct RecordExtent {
  size_t owner = 0;
  size_t head = 0;  // type, class, ttl, rdlength
  size_t rdata = 0;
  size_t end = 0;
  uint16_t type = 0;
};

/// Finds the extent of the record at `at`; its owner is skipped, not followed. Absent when the
/// record leaves the message. Cost: no allocation.
[[nodiscard]] inline std::optional<RecordExtent> find_record(Bytes message, size_t at) noexcept {
  const auto head = skip_name(message, at);
  if (!head || message.size() - *head < kRecordHead) return std::nullopt;
  const size_t rdata = *head + kRecordHead;
  const size_t size = load_be16(&message[rdata - 2]);
  if (message.size() - rdata < size) return std::nullopt;
  return RecordExtent{at, *head, rdata, rdata + size, load_be16(&message[*head])};
}

}  // namespace inlet53::dns
