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

/// A head as llhttp reads it, strictly.
struct MessageHead {
  std::string method;  // of a request, as is the target
  std::string target;
  Fields fields;  // one for each line
  bool keep_alive = false;
};

/// Parses a whole head, from its start line to the empty line, of `lines` lines, as `HeadScanner`
/// found it. Absent when llhttp refuses it or takes its lines for other fields than we do.
[[nodiscard]] std::optional<MessageHead> parse_message_head(HeadKind kind, Bytes head,
                                                            uint32_t lines);

/// The fields that decide where a message ends and for whom it is. Lifetime: that of the fields.
struct FramingFields {
  Field* host = nullptr;
  const Field* content_length = nullptr;
  const Field* transfer_encoding = nullptr;
  const Field* expect = nullptr;
  bool ambiguous = false;   // one of the first three came twice, or a field has no name
  size_t value_octets = 0;  // of all fields
};

[[nodiscard]] FramingFields find_framing_fields(Fields& fields);

/// The value of Content-Length: digits alone. Absent when it is none, or over 64 bits.
[[nodiscard]] std::optional<uint64_t> parse_length(std::string_view text) noexcept;

/// Finds the end of a message's head as it arrives, and refuses lines over which two readers could
/// differ, before a parser sees them: a line ends with CR LF only, holds no other control octet
/// than HTAB, and does not begin with white space (obs-fold).
/// Looks at each octet once, however the head is cut. Source: RFC 9112 §2.2, §5.2; RFC 9110 §5.5.
class HeadScanner {
 public:
  enum class ScanResult : uint8_t { Incomplete, Complete, Malformed };

  /// `stream` begins with the head's first octet: what it was at the last call, and more.
  [[nodiscard]] ScanResult scan(Bytes stream) noexcept;

  /// Octets looked at; when complete, those of the head with its empty line.
  [[nodiscard]] size_t size() const noexcept { return next_; }
  /// Complete lines, the start line among them, the empty line not.
  [[nodiscard]] uint32_t lines() const noexcept { return lines_; }

 private:
  size_t next_ = 0;
  size_t line_start_ = 0;
  uint32_t lines_ = 0;
};

}  // namespace inlet53::http
