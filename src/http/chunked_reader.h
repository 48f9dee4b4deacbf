// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "inlet53/base/bytes.h"

namespace inlet53::http {

/// Takes the chunked coding off a body as it arrives. Strict: lines end with CR LF, a size is hex
/// digits alone or with extensions right behind them. Extensions and trailer fields are dropped.
/// Source: RFC 9112 §7.1.
class ChunkedReader {
 public:
  enum class ReadResult : uint8_t { Incomplete, Complete, Malformed, TooLarge };
  /// Octets of extensions and trailer fields that a body may have, all together; more is Malformed.
  static constexpr uint32_t kMaxOverhead = 16U << 10;

  /// Appends to `body` what `stream` holds of it, at most `max_body` octets in all, and sets
  /// `consumed` to the octets that are done with: all of them unless the body ends or is refused.
  [[nodiscard]] ReadResult read(Bytes stream, uint64_t max_body, std::string& body,
                                size_t& consumed);

 private:
  enum class Place : uint8_t {
    Size,
    Extension,
    SizeEnd,  // at the LF
    Data,
    DataEnd,      // at the CR
    DataEndLf,    // at the LF
    TrailerLine,  // at its first octet
    TrailerName,
    TrailerValue,
    TrailerEnd,  // at the LF
    End,         // at the last LF
    Complete,
    Malformed,
  };

  [[nodiscard]] Place after(uint8_t octet) noexcept;
  [[nodiscard]] Place after_size_octet(uint8_t octet) noexcept;
  [[nodiscard]] Place after_trailer_octet(uint8_t octet) const noexcept;
  [[nodiscard]] bool is_dropped_text(uint8_t octet) noexcept;

  Place place_ = Place::Size;
  uint8_t digits_ = 0;     // of the size that is being read
  uint32_t overhead_ = 0;  // octets of extensions and trailers so far
  uint64_t left_ = 0;      // of the chunk
};

}  // namespace inlet53::http
