// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/bytes.h"
#include "inlet53/http/message.h"

namespace inlet53::http {

enum class HeadKind : uint8_t { Request, Response };

/// Head as parsed by llhttp in strict mode.
struct MessageHead {
  std::string method;  // of a request, as is the target
  std::string target;
  Fields fields;  // one for each line
  bool keep_alive = false;
};

/// Parses a whole head of `lines` lines, from its start line to the empty line, as `HeadScanner`
/// found it. Absent when llhttp refuses it or splits its lines into other fields than this module.
[[nodiscard]] std::optional<MessageHead> parse_message_head(HeadKind kind, Bytes head,
                                                            uint32_t lines);

/// Fields that determine the end of a message and its host. Lifetime: that of the fields.
struct FramingFields {
  Field* host = nullptr;
  const Field* content_length = nullptr;
  const Field* transfer_encoding = nullptr;
  const Field* expect = nullptr;
  bool ambiguous = false;   // one of the first three was repeated, or a field has no name
  size_t value_octets = 0;  // of all fields
};

[[nodiscard]] FramingFields find_framing_fields(Fields& fields);

/// Parses the value of Content-Length: digits only. Absent when it is invalid or over 64 bits.
[[nodiscard]] std::optional<uint64_t> parse_length(std::string_view text) noexcept;

/// Finds the end of a message's head as it arrives. Refuses lines that two readers could interpret
/// differently, before a parser reads them: a line ends only with CR LF, contains no control byte
/// except HTAB, and does not begin with white space (obs-fold).
/// Reads each byte once, in any segmentation. Source: RFC 9112 §2.2, §5.2; RFC 9110 §5.5.
class HeadScanner {
 public:
  enum class ScanResult : uint8_t { Incomplete, Complete, Malformed };

  /// Requires: `stream` begins with the head's first byte and contains all bytes of the last call.
  [[nodiscard]] ScanResult scan(Bytes stream) noexcept;

  /// Returns the number of scanned bytes; when complete, those of the head with its empty line.
  [[nodiscard]] size_t size() const noexcept { return next_; }
  /// Returns the number of complete lines, including the start line, without the empty line.
  [[nodiscard]] uint32_t lines() const noexcept { return lines_; }

 private:
  size_t next_ = 0;
  size_t line_start_ = 0;
  uint32_t lines_ = 0;
};

}  // namespace inlet53::http
