#pragma once

#include <cstdint>

#include "inlet53/base/bytes.h"

namespace inlet53::http {

/// Finds the end of a message's head as it arrives, and refuses lines over which two readers could
/// differ, before a parser sees them: a line ends with CR LF only, holds no other control octet
/// than HTAB, and does not begin with white space (obs-fold).
/// Looks at each octet once, however the head is cut. Source: RFC 9112 §2.2, §5.2; RFC 9110 §5.5.
class HeadScanner {
 public:
  enum class Finding : uint8_t { Incomplete, Complete, Malformed };

  /// `stream` begins with the head's first octet: what it was at the last call, and more.
  [[nodiscard]] Finding scan(Bytes stream) noexcept;

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
