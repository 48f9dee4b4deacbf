// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/bytes.h"
#include "inlet53/base/result.h"
#include "inlet53/http/message.h"
#include "inlet53/http/server_session.h"

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
  bool ambiguous = false;  // one of the first three was repeated, or a field has no name
  size_t value_bytes = 0;  // of all fields
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

/// Head of a request with its body and connection properties.
struct RequestHead {
  Request request;              // without its body
  bool chunked = false;         // the body uses the chunked coding
  uint64_t body_size = 0;       // when it does not
  bool keep_alive = false;      // the client may send more requests
  bool wants_continue = false;  // it waits for 100 (Continue) before it sends the body
};

/// Parses a whole head. `head`: from the request line to the empty line, as `HeadScanner` found it,
/// with `lines` lines. Both llhttp and the rules here must accept it. The rules refuse
///  - a request line other than method SP target SP version,
///  - HTTP/1.1 without Host, several Hosts, a Host that is not an authority,
///  - Content-Length or Transfer-Encoding in several lines (even with one value), or both of them,
///  - a Content-Length that is not a plain number, Transfer-Encoding in HTTP/1.0,
///  - `chunked` followed by another coding (RFC 9112 §6.3), any coding except `chunked` alone
///    (501),
///  - CONNECT (Malformed), a target with a fragment, `*` with a method other than OPTIONS.
/// For a target in absolute form, its authority also replaces the Host field, as RFC 9112 §3.2.2
/// requires. Expectations other than 100-continue are ignored (permitted by RFC 9110 §10.1.1).
/// Errors: Malformed, BodyTooLarge (by Content-Length), TargetTooLong, FieldsTooLarge,
/// UnsupportedCoding, UnsupportedVersion. Threads: any. Source: RFC 9112.
[[nodiscard]] Result<RequestHead, Refusal> parse_request_head(Bytes head, uint32_t lines,
                                                              const ServerLimits& limits);

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

  [[nodiscard]] Place after(uint8_t byte) noexcept;
  [[nodiscard]] Place after_size_byte(uint8_t byte) noexcept;
  [[nodiscard]] Place after_trailer_byte(uint8_t byte) const noexcept;
  [[nodiscard]] bool is_dropped_text(uint8_t byte) noexcept;

  Place place_ = Place::Size;
  uint8_t digits_ = 0;     // of the size that is being read
  uint32_t overhead_ = 0;  // bytes of extensions and trailers so far
  uint64_t left_ = 0;      // of the chunk
};

}  // namespace inlet53::http
