#include "generate_range.h"

#include <algorithm>
#include <charconv>

#include "master_scanner.h"
#include "rdata_words.h"

namespace inlet53::zone {
namespace {

constexpr uint64_t kMaxNumber = INT32_MAX;
constexpr uint64_t kMaxWidth = 255;

/// How a number is written.
struct Format {
  int64_t offset = 0;
  uint64_t width = 0;
  char base = 'd';
};

/// `offset[,width[,base]]`.
std::optional<Format> parse_format(std::string_view text) {
  Format format;
  const auto take_part = [&text] {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    return part;
  };
  std::string_view offset = take_part();
  const bool negative = offset.starts_with('-');
  if (negative || offset.starts_with('+')) offset.remove_prefix(1);
  const std::optional<uint64_t> distance = parse_number(offset, kMaxNumber);
  if (!distance) return {};
  format.offset = negative ? -static_cast<int64_t>(*distance) : static_cast<int64_t>(*distance);
  if (text.empty()) return format;
  const std::optional<uint64_t> width = parse_number(take_part(), kMaxWidth);
  if (!width) return {};
  format.width = *width;
  if (text.empty()) return format;
  constexpr std::string_view kBases = "doxXnN";
  if (text.size() != 1 || kBases.find(text.front()) == std::string_view::npos) return {};
  format.base = text.front();
  return format;
}

/// Digits with zeros before them up to `width`.
std::string write_digits(uint64_t number, const Format& format) {
  constexpr size_t kMaxDigits = 24;
  char digits[kMaxDigits];
  const int base = format.base == 'd' ? 10 : format.base == 'o' ? 8 : 16;
  const char* const end = std::to_chars(digits, digits + kMaxDigits, number, base).ptr;
  std::string text(static_cast<const char*>(digits), end);
  if (text.size() < format.width) text.insert(0, format.width - text.size(), '0');
  if (format.base == 'X' || format.base == 'N') {
    std::ranges::transform(text, text.begin(), [](char c) {
      return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
  }
  return text;
}

/// Hex digits from the last to the first, a dot after each while digits or `width` remain, as in
/// BIND: an even width ends with a dot.
std::string write_nibbles(uint64_t number, const Format& format) {
  const std::string_view digits = format.base == 'N' ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string text;
  do {
    text += digits[number % 16];
    number /= 16;
    if (text.size() < format.width || number > 0) text += '.';
  } while (number > 0 || text.size() < format.width);
  return text;
}

}  // namespace

std::optional<GenerateRange> parse_generate_range(std::string_view word) {
  const size_t dash = word.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view rest = word.substr(dash + 1);
  const size_t slash = std::min(rest.find('/'), rest.size());
  const std::optional<uint64_t> start = parse_number(word.substr(0, dash), kMaxNumber);
  const std::optional<uint64_t> stop = parse_number(rest.substr(0, slash), kMaxNumber);
  const std::optional<uint64_t> step = slash == rest.size()
                                           ? std::optional<uint64_t>(1)
                                           : parse_number(rest.substr(slash + 1), kMaxNumber);
  if (!start || !stop || !step || *step == 0 || *start > *stop) return {};
  if ((*stop - *start) / *step >= GenerateRange::kMaxRecords) return {};
  return GenerateRange{*start, *stop, *step};
}

std::optional<std::string> expand_generate(std::string_view pattern, uint64_t number) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (out.size() > MasterScanner::kMaxEntry) return {};
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      ++i;
      if (pattern[i] != '$') out += c;
      out += pattern[i];
    } else if (c != '$') {
      out += c;
    } else if (pattern.substr(i + 1).starts_with('$')) {
      out += '$';
      ++i;
    } else {
      Format format;
      if (pattern.substr(i + 1).starts_with('{')) {
        const size_t close = pattern.find('}', i);
        if (close == std::string_view::npos) return {};
        const std::optional<Format> parsed = parse_format(pattern.substr(i + 2, close - i - 2));
        if (!parsed) return {};
        format = *parsed;
        i = close;
      }
      const int64_t value = static_cast<int64_t>(number) + format.offset;
      if (value < 0) return {};
      const bool nibbles = format.base == 'n' || format.base == 'N';
      out += nibbles ? write_nibbles(static_cast<uint64_t>(value), format)
                     : write_digits(static_cast<uint64_t>(value), format);
    }
  }
  return out;
}

}  // namespace inlet53::zone
