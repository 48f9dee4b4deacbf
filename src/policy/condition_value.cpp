// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "inlet53/base/base64.h"
#include "inlet53/base/text.h"
#include "inlet53/policy/policy_condition.h"

namespace inlet53::policy {

namespace {

using Parsed = Result<ConditionValue, std::string>;

auto no(std::string_view text, std::string_view what) {
  return Unexpected(concat("\"", text, "\" is ", what));
}

IpAddress without_tail(const IpAddress& address, size_t length) {
  std::array<uint8_t, 16> octets{};
  const Bytes bytes = address.bytes();
  for (size_t i = 0; i < bytes.size(); ++i) {
    const size_t kept = std::min<size_t>(8, length - std::min(length, i * 8));
    octets[i] = static_cast<uint8_t>(bytes[i] & (0xFF00U >> kept));
  }
  return IpAddress::from_bytes({octets.data(), bytes.size()});
}

Result<Cidr, std::string> parse_block(std::string_view text) {
  const size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return no(text, "neither an IP address nor a CIDR block");
  const size_t limit = address->bytes().size() * 8;
  size_t length = limit;
  if (slash != std::string_view::npos) {
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data() + slash + 1, end, length);
    if (error != std::errc{} || last != end || length > limit) {
      return no(text, concat("not a CIDR block: the prefix length goes from 0 to ", limit));
    }
  }
  return Cidr{without_tail(*address, length), static_cast<uint8_t>(length)};
}

Parsed parse_text(ValueType type, std::string_view text, Variables variables) {
  const bool has_wildcards = type == ValueType::Pattern || type == ValueType::Arn;
  auto parsed =
      PolicyText::parse(text, has_wildcards ? Wildcards::Special : Wildcards::Literal, variables);
  if (!parsed) return Unexpected(std::move(parsed).error());
  if (type == ValueType::Bool && !parsed->has_variables()) {
    const std::string folded = ascii_lower(text);
    if (folded != "true" && folded != "false") return no(text, "neither true nor false");
  }
  if (type == ValueType::Arn && !parsed->has_variables() && text != "*" &&
      std::count(text.begin(), text.end(), ':') < 5) {
    return no(text, "no ARN: it has fewer than six fields with colons between");
  }
  return ConditionValue{std::string(text), *std::move(parsed)};
}

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

std::optional<double> parse_decimal(std::string_view text) noexcept {
  // from_chars rejects a plus sign and accepts "inf" and "nan".
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || last != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

Parsed ConditionValue::parse(ValueType type, std::string_view text, Variables variables) {
  switch (type) {
    case ValueType::String:
    case ValueType::StringAnyCase:
    case ValueType::Pattern:
    case ValueType::Bool:
    case ValueType::Arn:
      return parse_text(type, text, variables);
    case ValueType::Number: {
      const auto number = parse_decimal(text);
      if (!number) return no(text, "no number");
      return ConditionValue{std::string(text), *number};
    }
    case ValueType::Date: {
      const auto date = parse_date(text);
      if (!date) {
        return no(text,
                  "no date: neither ISO 8601 as in 2026-11-22T15:04:05Z nor seconds since 1970");
      }
      return ConditionValue{std::string(text), *date};
    }
    case ValueType::Binary: {
      auto octets = decode_base64(text);
      if (!octets) return no(text, "no base64");
      return ConditionValue{std::string(text), *std::move(octets)};
    }
    case ValueType::IpAddress: {
      const auto block = parse_block(text);
      if (!block) return Unexpected(block.error());
      return ConditionValue{std::string(text), *block};
    }
    case ValueType::Null:
      if (text != "true" && text != "false") {
        return no(text, "neither true (the key is absent) nor false (it is there)");
      }
      return ConditionValue{std::string(text), text == "true"};
  }
  return no(text, "of no known type");
}

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
