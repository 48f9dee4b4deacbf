#include "loc_words.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "master_scanner.h"

#include "inlet53/base/text.h"

namespace inlet53::zone {
namespace {

/// A number without sign in units of 10^-`decimals`; absent when it is none, or has more decimals.
std::optional<int64_t> parse_fixed(std::string_view word, size_t decimals) {
  const size_t point = std::min(word.find('.'), word.size());
  const std::string_view fraction = word.substr(std::min(point + 1, word.size()));
  if (point == 0 || fraction.size() > decimals) return {};
  if (word.ends_with('.')) return {};
  std::string digits = concat(word.substr(0, point), fraction);
  digits.append(decimals - fraction.size(), '0');
  if (digits.front() < '0' || digits.front() > '9') return {};
  int64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return {};
  return number;
}

/// `d1 [m1 [s1]] {"N"|"S"}`. `max_degrees` is where minutes and seconds must be zero.
std::optional<TextFault> find_angle_fault(std::string_view& text, int64_t max_degrees,
                                          std::string_view directions) {
  const std::string_view degrees_word = take_word(text);
  const std::optional<int64_t> degrees = parse_fixed(degrees_word, 0);
  if (!degrees || *degrees > max_degrees) {
    return TextFault{concat("no number of degrees from 0 to ", max_degrees), degrees_word};
  }
  const auto is_direction = [directions](std::string_view word) {
    return word.size() == 1 && directions.find(word.front()) != std::string_view::npos;
  };
  const auto fault = [](std::string_view what, std::string_view word) {
    return TextFault{std::string(what), word};
  };
  std::string_view word = take_word(text);
  if (is_direction(word)) return {};
  constexpr int64_t kMinutes = 60;
  const std::optional<int64_t> minutes = parse_fixed(word, 0);
  if (!minutes || *minutes >= kMinutes) return fault("no number of minutes from 0 to 59", word);
  if (*degrees == max_degrees && *minutes > 0) return fault("the angle is too large", word);
  word = take_word(text);
  if (is_direction(word)) return {};
  constexpr int64_t kMilliseconds = 60'000;
  const std::optional<int64_t> seconds = parse_fixed(word, 3);
  if (!seconds || *seconds >= kMilliseconds) {
    return fault("no number of seconds from 0 to 59.999", word);
  }
  if (*degrees == max_degrees && *seconds > 0) return fault("the angle is too large", word);
  word = take_word(text);
  if (!is_direction(word)) {
    return fault(concat("no direction of ", directions.substr(0, 1), " and ", directions.substr(1)),
                 word);
  }
  return {};
}

/// Centimetres, with or without `m` behind; absent when it is no length.
std::optional<int64_t> parse_length(std::string_view word) {
  if (word.ends_with('m')) word.remove_suffix(1);
  return parse_fixed(word, 2);
}

std::optional<TextFault> find_altitude_fault(std::string_view word) {
  constexpr int64_t kLowest = 10'000'000;
  constexpr int64_t kHighest = 4'284'967'295;
  const bool below = word.starts_with('-');
  const std::optional<int64_t> length = parse_length(word.substr(below ? 1 : 0));
  if (!length || *length > (below ? kLowest : kHighest)) {
    return TextFault{"no altitude from -100000.00m to 42849672.95m", word};
  }
  return {};
}

}  // namespace

std::optional<TextFault> find_loc_word_fault(std::string_view text) {
  constexpr int64_t kPole = 90;
  constexpr int64_t kDateLine = 180;
  if (auto fault = find_angle_fault(text, kPole, "NS")) return fault;
  if (auto fault = find_angle_fault(text, kDateLine, "EW")) return fault;
  if (auto fault = find_altitude_fault(take_word(text))) return fault;
  constexpr int64_t kLargest = 9'000'000'000;
  for (const char* what : {"size", "horizontal precision", "vertical precision"}) {
    const std::string_view word = take_word(text);
    if (word.empty()) return {};
    const std::optional<int64_t> length = parse_length(word);
    if (!length || *length > kLargest) {
      return TextFault{concat("no ", what, " from 0.00m to 90000000.00m"), word};
    }
  }
  const std::string_view more = take_word(text);
  if (!more.empty()) return TextFault{"a location has no more fields", more};
  return {};
}

}  // namespace inlet53::zone
