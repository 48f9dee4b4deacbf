// SPDX-License-Identifier: Apache-2.0
#include "master_scanner.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "inlet53/base/text.h"

namespace inlet53::zone {
namespace {

constexpr size_t kMaxCited = 60;

constexpr std::string_view kBlanks = " \t";

bool is_blank(char c) noexcept { return kBlanks.find(c) != std::string_view::npos; }

constexpr std::array<bool, 256> make_special() {
  std::array<bool, 256> special{};
  for (const char c : {'"', ';', '(', ')', '\\', '\0', '\r'})
    special[static_cast<uint8_t>(c)] = true;
  return special;
}
constexpr std::array<bool, 256> kSpecial = make_special();

/// Returns the end of the bytes from `at` on that have no special meaning.
size_t plain_end(std::string_view line, size_t at) noexcept {
  while (at < line.size() && !kSpecial[static_cast<uint8_t>(line[at])]) ++at;
  return at;
}

void trim(MasterEntry& entry) {
  std::string& text = entry.text;
  while (!text.empty() && is_blank(text.back()) && !is_escaped(text, text.size() - 1)) {
    text.pop_back();
  }
  const size_t blanks = std::min(text.find_first_not_of(kBlanks), text.size());
  if (blanks == 0) return;
  text.erase(0, blanks);
  for (MasterEntry::Piece& piece : entry.pieces) {
    const size_t gone = blanks > piece.at ? blanks - piece.at : 0;
    piece.at -= std::min(piece.at, blanks);
    piece.column += static_cast<uint32_t>(gone);
  }
}

/// Returns `relative` completed with `origin`; absent when over 255 bytes.
std::optional<dns::Name> concatenate(dns::NameView relative, dns::NameView origin) {
  const size_t head = relative.size() - 1;
  if (head + origin.size() > dns::kMaxName) return {};
  uint8_t octets[dns::kMaxName];
  std::memcpy(octets, relative.data(), head);
  std::memcpy(octets + head, origin.data(), origin.size());
  return dns::Name(dns::NameView::from_checked(octets, head + origin.size()));
}

/// Returns the seconds of a unit, 0 when there is no such unit.
uint32_t unit_seconds(char unit) noexcept {
  switch (unit | 0x20) {
    case 'w':
      return 604800;
    case 'd':
      return 86400;
    case 'h':
      return 3600;
    case 'm':
      return 60;
    case 's':
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::string cite_word(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMaxCited)) {
    const auto octet = static_cast<uint8_t>(c);
    if (octet >= 0x20 && octet != 0x7F) {
      out += c;
    } else {
      out += concat("\\", octet / 100, octet / 10 % 10, octet % 10);
    }
  }
  return out + (text.size() > kMaxCited ? "…" : "");
}

Result<bool, ScanError> MasterScanner::next(MasterEntry& entry) {
  entry.text.clear();
  entry.pieces.clear();
  while (has_line_ || std::getline(*text_, line_)) {
    if (!has_line_) ++line_number_;
    if (line_number_ == 1 && !has_line_) {
      const std::string_view problem = check_byte_order_mark();
      if (!problem.empty()) return Unexpected(ScanError{{1, 1}, std::string(problem)});
    }
    has_line_ = false;
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (open_parentheses_ == 0) {
      entry.line = line_number_;
      entry.owner_omitted = !line_.empty() && is_blank(line_.front());
    }
    const LineProblem problem = append_line(entry);
    if (!problem.message.empty()) {
      open_parentheses_ = 0;
      return Unexpected(ScanError{{line_number_, static_cast<uint32_t>(problem.at + 1)},
                                  std::string(problem.message)});
    }
    if (open_parentheses_ > 0) {
      entry.text += ' ';
      continue;
    }
    trim(entry);
    if (!entry.text.empty()) return true;
  }
  return end_of_text();
}

// RFC 1035 §5.1 requires ASCII; the mark would be a part of the first word.
std::string_view MasterScanner::check_byte_order_mark() {
  constexpr std::string_view kUtf8 = "\xEF\xBB\xBF";
  if (line_.starts_with(kUtf8)) {
    line_.erase(0, kUtf8.size());
    has_line_ = true;  // to find other faults, too
    return "the file begins with a byte order mark of UTF-8 (EF BB BF); save it without one";
  }
  if (line_.starts_with("\xFF\xFE") || line_.starts_with("\xFE\xFF")) {
    text_->setstate(std::ios::eofbit);
    return "the file begins with a byte order mark of UTF-16; save it as ASCII or UTF-8 without "
           "one";
  }
  return {};
}

Result<bool, ScanError> MasterScanner::end_of_text() {
  if (text_->bad()) return Unexpected(ScanError{{line_number_, 0}, "reading the file failed"});
  if (open_parentheses_ > 0) {
    open_parentheses_ = 0;
    return Unexpected(ScanError{parenthesis_, "this parenthesis is never closed"});
  }
  return false;
}

MasterScanner::LineProblem MasterScanner::append_line(MasterEntry& entry) {
  std::string& text = entry.text;
  const std::string_view line = line_;
  bool quoted = false;
  size_t quote = 0;
  size_t at = text.empty() ? line.find_first_not_of(kBlanks) : 0;
  if (at == std::string_view::npos) return {};
  entry.pieces.push_back({text.size(), line_number_, static_cast<uint32_t>(at + 1)});
  while (at < line.size()) {
    const size_t end = plain_end(line, at);
    text.append(line, at, end - at);
    if (text.size() > kMaxEntry) return {"the record is too long", end};
    if (end == line.size()) break;
    const char c = line[end];
    at = end + 1;
    if (c == '\0') return {"a NUL octet", end};
    if (c == '\r') return {"a carriage return inside the line", end};
    if (c == '\\') {
      if (at == line.size()) return {"a backslash at the end of the line", end};
      text.append(line, end, 2);
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
      quote = end;
      text += c;
    } else if (quoted) {
      text += c;
    } else if (c == ';') {
      break;
    } else if (c == '(') {
      if (open_parentheses_++ == 0) {
        parenthesis_ = {line_number_, static_cast<uint32_t>(end + 1)};
      }
      text += ' ';
    } else {
      if (open_parentheses_ == 0) return {"a closing parenthesis without an opening one", end};
      --open_parentheses_;
      text += ' ';
    }
  }
  if (quoted) return {"the quoted text is not closed on its line", quote};
  return {};
}

MasterPlace place_of(const MasterEntry& entry, size_t at) noexcept {
  MasterPlace place{entry.line, 0};
  for (const MasterEntry::Piece& piece : entry.pieces) {
    if (piece.at > at) break;
    place = {piece.line, piece.column + static_cast<uint32_t>(at - piece.at)};
  }
  return place;
}

bool is_escaped(std::string_view text, size_t at) noexcept {
  size_t backslashes = 0;
  while (backslashes < at && text[at - backslashes - 1] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

std::string_view next_word(std::string_view& text) noexcept {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) {
    text = {};
    return {};
  }
  size_t end = begin;
  for (bool quoted = false; end < text.size() && (quoted || !is_blank(text[end])); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (text[end] == '\\' && end + 1 < text.size()) ++end;
  }
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

std::optional<dns::Name> parse_master_name(std::string_view word, dns::NameView origin) {
  if (word == "@") return dns::Name(origin);
  if (word.front() == '"') return {};
  const std::optional<dns::Name> name = dns::Name::parse_text(word);
  const bool is_absolute = word.back() == '.' && !is_escaped(word, word.size() - 1);
  if (!name || is_absolute) return name;
  return concatenate(name->view(), origin);
}

std::optional<uint64_t> parse_number(std::string_view word, uint64_t max) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || number > max) return {};
  return number;
}

std::optional<uint32_t> parse_ttl(std::string_view text) noexcept {
  uint64_t total = 0;
  uint64_t number = 0;
  bool has_digit = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = 10 * number + static_cast<uint64_t>(c - '0');
      has_digit = true;
    } else {
      const uint32_t seconds = unit_seconds(c);
      if (seconds == 0 || !has_digit) return {};
      total += number * seconds;
      number = 0;
      has_digit = false;
    }
    if (number > kMaxTtl || total > kMaxTtl) return {};
  }
  total += number;
  if (text.empty() || total > kMaxTtl) return {};
  return static_cast<uint32_t>(total);
}

}  // namespace inlet53::zone
