// SPDX-License-Identifier: Apache-2.0
#include "condition_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "inlet53/base/text.h"
#include "inlet53/policy/iso_date.h"

namespace inlet53::policy {

namespace {

using Parsed = Result<ConditionValue, std::string>;

auto no(std::string_view text, std::string_view what) {
  return Unexpected(concat("\"", text, "\" is ", what));
}

// Decodes base64 (RFC 4648 §4) with padding; absent for another text.
std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  std::string octets;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = ((bits << 6) | static_cast<uint32_t>(digit)) & 0xFFFFFFU;
    held += 6;
    if (held >= 8) {
      held -= 8;
      octets += static_cast<char>((bits >> held) & 0xFFU);
    }
  }
  return octets;
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
      return no(text, concat("no CIDR block: the prefix length goes from 0 to ", limit));
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

}  // namespace inlet53::policy
