// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "inlet53/base/bytes.h"

namespace inlet53::http {

/// Decodes the chunked transfer coding of a body as it arrives. Strict: lines end with CR LF; a
/// size is hex digits, optionally followed directly by extensions. Drops extensions and trailer
/// fields.
/// Source: RFC 9112 §7.1.
class ChunkedReader {
 public:
  enum class ReadResult : uint8_t { Incomplete, Complete, Malformed, TooLarge };
  /// Maximum total bytes of extensions and trailer fields of a body; more is Malformed.
  static constexpr uint32_t kMaxOverhead = 16U << 10;

  /// Appends the data in `stream` to `body`, at most `max_body` bytes in total. Sets `consumed` to
  /// the number of consumed bytes: all, unless the body ends or is refused.
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
    TrailerLine,  // at its first byte
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
  uint32_t overhead_ = 0;  // bytes of extensions and trailers so far
  uint64_t left_ = 0;      // of the chunk
};

}  // namespace inlet53::http
