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

/// A fault of a text in presentation form.
struct TextFault {
  std::string message;
  /// The part of the text that is wrong; empty when no part alone is. Lifetime: the text's.
  std::string_view token = {};
};

/// The beginning of `text` as messages cite it, with control octets as `\DDD`.
[[nodiscard]] std::string cite_word(std::string_view text);

/// One entry of a master file (RFC 1035 §5.1), brought to one line: comments are gone, parentheses
/// and the line ends inside them are spaces, quotes and escapes stay as written.
struct MasterEntry {
  /// A part of the text that stands in the file as it is, and where it begins there.
  struct Piece {
    size_t at = 0;
    uint32_t line = 0;
    uint32_t column = 0;
  };

  uint32_t line = 0;           // where it begins, from 1
  bool owner_omitted = false;  // it begins with white space
  std::string text;            // no white space around it, never empty
  std::vector<Piece> pieces;   // of `text`, one for each line
};

/// A place in a master file, from 1. The column counts octets; 0: the line as a whole.
struct MasterPlace {
  uint32_t line = 0;
  uint32_t column = 0;
};

/// Finds where an octet of an entry's text stands.
[[nodiscard]] MasterPlace place_of(const MasterEntry& entry, size_t at) noexcept;

/// A fault of the text itself, and its place.
struct ScanError {
  MasterPlace place;
  std::string message;
};

/// Cuts a master file into entries. Takes LF and CRLF and a missing final line end.
/// After an error it goes on with the next line; a file with a byte order mark ends there, unless
/// the mark is that of UTF-8. ldns has a scanner as well; it takes an unclosed parenthesis for a
/// whole record, joins the words around a comment inside parentheses, and does not know where a
/// record began. Threads: one. Cost: linear; holds one entry.
class MasterScanner {
 public:
  /// Octets of an entry: RDATA of 65,535 octets, each as `\DDD`, and an owner.
  static constexpr size_t kMaxEntry = 300'000;

  explicit MasterScanner(std::unique_ptr<std::istream> text) : text_(std::move(text)) {}

  /// Reads the next entry. False at the end of the text.
  /// Errors: a byte order mark; an unclosed quote or parenthesis (at the line where it was opened),
  /// a `)` too many, a backslash at the end of a line, a NUL, an entry over `kMaxEntry`, a failing
  /// read.
  [[nodiscard]] Result<bool, ScanError> next(MasterEntry& entry);

 private:
  /// A fault of a line, and the octet where it starts.
  struct LineProblem {
    std::string_view message;  // empty: nothing
    size_t at = 0;
  };
  /// Appends line_ to `entry`.
  [[nodiscard]] LineProblem append_line(MasterEntry& entry);
  /// Takes a byte order mark off the first line. The error that it is.
  [[nodiscard]] std::string_view check_byte_order_mark();
  [[nodiscard]] Result<bool, ScanError> end_of_text();

  std::unique_ptr<std::istream> text_;
  std::string line_;
  bool has_line_ = false;  // line_ is not read yet
  uint32_t line_number_ = 0;
  uint32_t open_parentheses_ = 0;
  MasterPlace parenthesis_;  // the first one that is open
};

/// Takes the first word off `text`: up to white space that is neither quoted nor escaped. Empty
/// when there is none left. Lifetime: the text's.
[[nodiscard]] std::string_view next_word(std::string_view& text) noexcept;

/// True when an odd number of backslashes stands before `at`.
[[nodiscard]] bool is_escaped(std::string_view text, size_t at) noexcept;

/// A domain name as it stands in a master file (RFC 1035 §5.1): absolute with its final dot,
/// relative to `origin` without one, or `@` for the origin itself. Absent when it is none, when it
/// is in quotes, or when it is over 255 octets. Requires: `word` is not empty.
[[nodiscard]] std::optional<dns::Name> parse_master_name(std::string_view word,
                                                         dns::NameView origin);

/// The largest TTL. Source: RFC 2181 §8.
inline constexpr uint32_t kMaxTtl = 0x7FFFFFFF;

/// A time in seconds as master files write it: `3600`, or with units as BIND has them, `1h30m`
/// (w d h m s in any letter case). Absent when it is none or over `kMaxTtl`.
[[nodiscard]] std::optional<uint32_t> parse_ttl(std::string_view text) noexcept;

}  // namespace inlet53::zone
