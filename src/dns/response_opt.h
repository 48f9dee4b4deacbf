#pragma once

#include <cstdint>
#include <optional>

#include "wire.h"

namespace inlet53::dns {

/// What the OPT record of a response says. Source: RFC 6891 §6.1, RFC 8914 §2.
struct OptOfResponse {
  uint16_t udp_size = 0;
  uint8_t extended_rcode = 0;   // the upper eight of twelve bits
  std::optional<uint16_t> ede;  // the info code of the last one
};

/// Reads an OPT record of `message`. Absent when its owner is not the root or its options do not
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
