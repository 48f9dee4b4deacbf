// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {

/// A fault in a text in presentation form.
struct TextFault {
  std::string message;
  /// The wrong part of the text; empty when no single part is wrong. Lifetime: the text's.
  std::string_view token = {};
};

/// Returns the start of `text` for citation in messages, with control characters as `\DDD`.
[[nodiscard]] std::string cite_word(std::string_view text);

/// One entry of a master file (RFC 1035 §5.1) as one line: without comments; parentheses and the
/// line ends inside them are replaced by spaces; quotes and escapes are unchanged.
struct MasterEntry {
  /// A part of the text that is contiguous in the file, and its place in the file.
  struct Piece {
    size_t at = 0;
    uint32_t line = 0;
    uint32_t column = 0;
  };

  uint32_t line = 0;           // first line, from 1
  bool owner_omitted = false;  // the entry begins with white space
  std::string text;            // without white space around it, never empty
  std::vector<Piece> pieces;   // parts of `text`, one for each line
};

/// A place in a master file, from 1. The column counts bytes; 0: the whole line.
struct MasterPlace {
  uint32_t line = 0;
  uint32_t column = 0;
};

/// Returns the place in the file of byte `at` of an entry's text.
[[nodiscard]] MasterPlace place_of(const MasterEntry& entry, size_t at) noexcept;

/// A fault of the text itself, and its place.
struct ScanError {
  MasterPlace place;
  std::string message;
};

/// Splits a master file into entries. Lines may end with LF or CRLF; the final line end may be
/// missing. After an error it continues with the next line; a file with a byte order mark ends
/// there, unless the mark is that of UTF-8.
/// The scanner of ldns is not used: it accepts an unclosed parenthesis, joins the words around a
/// comment inside parentheses, and does not report where a record begins.
/// Threads: one. Cost: linear; holds one entry.
class MasterScanner {
 public:
  /// Maximum size of an entry in bytes: RDATA of 65,535 bytes, each as `\DDD`, and an owner.
  static constexpr size_t kMaxEntry = 300'000;

  explicit MasterScanner(std::unique_ptr<std::istream> text) : text_(std::move(text)) {}

  /// Reads the next entry. Returns false at the end of the text.
  /// Errors: a byte order mark; an unclosed quote or parenthesis (at the line where it opens); an
  /// unmatched `)`; a backslash at the end of a line; a NUL; an entry over `kMaxEntry`; a read
  /// error.
  [[nodiscard]] Result<bool, ScanError> next(MasterEntry& entry);

 private:
  /// A fault of a line, and its first byte.
  struct LineProblem {
    std::string_view message;  // empty: no fault
    size_t at = 0;
  };
  /// Appends line_ to `entry`.
  [[nodiscard]] LineProblem append_line(MasterEntry& entry);
  /// Removes a byte order mark from the first line. Returns the error message for it.
  [[nodiscard]] std::string_view check_byte_order_mark();
  [[nodiscard]] Result<bool, ScanError> end_of_text();

  std::unique_ptr<std::istream> text_;
  std::string line_;
  bool has_line_ = false;  // line_ is read and not yet used
  uint32_t line_number_ = 0;
  uint32_t open_parentheses_ = 0;
  MasterPlace parenthesis_;  // the outermost open one
};

/// Removes the first word, up to white space that is neither quoted nor escaped, from `text` and
/// returns it. Empty when there is none. Lifetime: the text's.
[[nodiscard]] std::string_view next_word(std::string_view& text) noexcept;

/// Returns true when an odd number of backslashes is before `at`.
[[nodiscard]] bool is_escaped(std::string_view text, size_t at) noexcept;

/// Parses a domain name of a master file (RFC 1035 §5.1): absolute with its final dot, relative to
/// `origin` without one, or `@` for the origin itself. Absent when it is malformed, in quotes, or
/// over 255 bytes. Requires: `word` is not empty.
[[nodiscard]] std::optional<dns::Name> parse_master_name(std::string_view word,
                                                         dns::NameView origin);

/// Parses a whole word as a number; absent when it is malformed or over `max`.
[[nodiscard]] std::optional<uint64_t> parse_number(std::string_view word, uint64_t max);

/// Maximum TTL in seconds. Source: RFC 2181 §8.
inline constexpr uint32_t kMaxTtl = 0x7FFFFFFF;

/// Parses a time in seconds as in master files: `3600`, or with BIND's units, `1h30m` (w d h m s in
/// any letter case). Absent when it is malformed or over `kMaxTtl`.
[[nodiscard]] std::optional<uint32_t> parse_ttl(std::string_view text) noexcept;

}  // namespace inlet53::zone
