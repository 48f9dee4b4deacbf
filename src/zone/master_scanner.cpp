#include "master_scanner.h"

#include <algorithm>
#include <array>

namespace inlet53::zone {
namespace {

constexpr std::string_view kBlanks = " \t";

bool is_blank(char c) noexcept { return kBlanks.find(c) != std::string_view::npos; }

constexpr std::array<bool, 256> make_special() {
  std::array<bool, 256> special{};
  for (const char c : {'"', ';', '(', ')', '\\', '\0', '\r'})
    special[static_cast<uint8_t>(c)] = true;
  return special;
}
constexpr std::array<bool, 256> kSpecial = make_special();

/// The end of the run of octets from `at` on that mean only themselves.
size_t plain_end(std::string_view line, size_t at) noexcept {
  while (at < line.size() && !kSpecial[static_cast<uint8_t>(line[at])]) ++at;
  return at;
}

void trim(std::string& text) {
  while (!text.empty() && is_blank(text.back()) && !is_escaped(text, text.size() - 1)) {
    text.pop_back();
  }
  text.erase(0, std::min(text.find_first_not_of(kBlanks), text.size()));
}

}  // namespace

Result<bool, ScanError> MasterScanner::next(MasterEntry& entry) {
  entry.text.clear();
  while (std::getline(*text_, line_)) {
    ++line_number_;
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (open_parentheses_ == 0) {
      entry.line = line_number_;
      entry.owner_omitted = !line_.empty() && is_blank(line_.front());
    }
    const std::string_view problem = append_line(entry);
    if (!problem.empty()) return Unexpected(ScanError{line_number_, std::string(problem)});
    if (open_parentheses_ > 0) {
      entry.text += ' ';
      continue;
    }
    trim(entry.text);
    if (!entry.text.empty()) return true;
  }
  return end_of_text();
}

Result<bool, ScanError> MasterScanner::end_of_text() const {
  if (text_->bad()) return Unexpected(ScanError{line_number_, "the file can't be read on"});
  if (open_parentheses_ > 0) {
    return Unexpected(ScanError{parenthesis_line_, "this parenthesis is never closed"});
  }
  return false;
}

std::string_view MasterScanner::append_line(MasterEntry& entry) {
  std::string& text = entry.text;
  const std::string_view line = line_;
  bool quoted = false;
  size_t at = text.empty() ? line.find_first_not_of(kBlanks) : 0;
  if (at == std::string_view::npos) return {};
  while (at < line.size()) {
    const size_t end = plain_end(line, at);
    text.append(line, at, end - at);
    if (text.size() > kMaxEntry) return "the record is too long";
    if (end == line.size()) break;
    const char c = line[end];
    at = end + 1;
    if (c == '\0') return "a NUL octet";
    if (c == '\r') return "a carriage return inside the line";
    if (c == '\\') {
      if (at == line.size()) return "a backslash at the end of the line";
      text.append(line, end, 2);
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
      text += c;
    } else if (quoted) {
      text += c;
    } else if (c == ';') {
      break;
    } else if (c == '(') {
      if (open_parentheses_++ == 0) parenthesis_line_ = line_number_;
      text += ' ';
    } else {
      if (open_parentheses_ == 0) return "a closing parenthesis without an opening one";
      --open_parentheses_;
      text += ' ';
    }
  }
  return quoted ? "the quoted text is not closed on its line" : std::string_view{};
}

bool is_escaped(std::string_view text, size_t at) noexcept {
  size_t backslashes = 0;
  while (backslashes < at && text[at - backslashes - 1] == '\\') ++backslashes;
  return backslashes % 2 == 1;
}

std::string_view take_word(std::string_view& text) noexcept {
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

}  // namespace inlet53::zone
