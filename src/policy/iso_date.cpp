// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/iso_date.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace inlet53::policy {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Reads parts from the start of a text. After the first part that is missing, all results are
// invalid.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : rest_(text) {}

  bool accept(char c) noexcept {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Reads a number of exactly `digits` digits, at most `most`.
  int number(size_t digits, int most) noexcept {
    int value = 0;
    for (size_t i = 0; i < digits; ++i) {
      if (rest_.empty() || !is_digit(rest_.front())) {
        sound_ = false;
        return 0;
      }
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    sound_ = sound_ && value <= most;
    return value;
  }

  void expect(char c) noexcept { sound_ = accept(c) && sound_; }

  void skip_fraction() noexcept {
    if (!accept('.')) return;
    sound_ = sound_ && !rest_.empty() && is_digit(rest_.front());
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
  }

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] bool sound() const noexcept { return sound_; }

 private:
  std::string_view rest_;
  bool sound_ = true;
};

// Reads `Z`, `+01:00`, `-05:30`. Returns seconds.
int64_t parse_zone(Cursor& in) noexcept {
  if (in.accept('Z')) return 0;
  const bool east = in.accept('+');
  if (!east) in.expect('-');
  const int hours = in.number(2, 23);
  in.expect(':');
  const int64_t offset = int64_t{hours} * 3600 + int64_t{in.number(2, 59)} * 60;
  return east ? offset : -offset;
}

// Reads `T15:04:05.25+01:00`. Returns seconds from midnight UTC.
int64_t parse_time(Cursor& in) noexcept {
  in.expect('T');
  const int64_t hours = in.number(2, 23);
  in.expect(':');
  const int64_t minutes = in.number(2, 59);
  int64_t seconds = 0;
  if (in.accept(':')) {
    seconds = in.number(2, 59);
    in.skip_fraction();
  }
  return hours * 3600 + minutes * 60 + seconds - parse_zone(in);
}

}  // namespace

std::optional<int64_t> parse_date(std::string_view text) noexcept {
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  const bool is_year = text.size() == 4 && digits.size() == 4;
  if (!is_year && !digits.empty() && std::all_of(digits.begin(), digits.end(), is_digit)) {
    int64_t seconds = 0;
    const auto error = std::from_chars(text.data(), text.data() + text.size(), seconds).ec;
    return error == std::errc{} ? std::optional(seconds) : std::nullopt;
  }
  Cursor in(text);
  const int year = in.number(4, 9999);
  int month = 1;
  int day = 1;
  int64_t time = 0;
  if (in.sound() && in.accept('-')) {
    month = in.number(2, 12);
    if (in.sound() && in.accept('-')) {
      day = in.number(2, 31);
      if (in.sound() && !in.at_end()) time = parse_time(in);
    }
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!in.sound() || !in.at_end() || !date.ok()) return std::nullopt;
  return int64_t{std::chrono::sys_days{date}.time_since_epoch().count()} * 86'400 + time;
}

}  // namespace inlet53::policy
