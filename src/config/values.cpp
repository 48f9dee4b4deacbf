// SPDX-License-Identifier: Apache-2.0
#include "values.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <optional>
#include <span>
#include <sstream>

namespace inlet53::config {

namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

constexpr Unit kOctetUnits[] = {
    {"TiB", 1ULL << 40}, {"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}};
constexpr Unit kTimeUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}};

/// Parses `64 MiB`, `64MiB`: the number times its unit; absent for another text or a too large
/// amount.
std::optional<uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units) {
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  for (const Unit& unit : units) {
    if (text != unit.name) continue;
    if (count > std::numeric_limits<uint64_t>::max() / unit.factor) return std::nullopt;
    return count * unit.factor;
  }
  return std::nullopt;
}

/// Returns the quantity in the largest unit that divides it.
std::string quantity_text(uint64_t amount, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (amount != 0 && amount % unit.factor == 0) {
      return concat(amount / unit.factor, ' ', unit.name);
    }
  }
  return concat(amount);
}

std::string out_of_range(std::string_view shown, const std::string& least,
                         const std::string& most) {
  return concat(shown, " is out of range: from ", least, " to ", most);
}

/// Parses a string with a unit, or a number, which counts in units of `bare_factor`.
Value<uint64_t> parse_with_unit(const toml::node& node, std::span<const Unit> units,
                                uint64_t bare_factor, Range range, std::string_view example) {
  std::optional<uint64_t> amount;
  std::string shown;
  if (const auto* number = node.as_integer()) {
    shown = concat(number->get());
    // A negative number is no amount; one that would overflow is above every range as well.
    const uint64_t most = std::numeric_limits<int64_t>::max() / bare_factor;
    if (number->get() >= 0) {
      amount = std::min(static_cast<uint64_t>(number->get()), most) * bare_factor;
    }
  } else if (const auto* text = node.as_string()) {
    shown = concat('"', text->get(), '"');
    amount = parse_quantity(text->get(), units);
    if (!amount) return Unexpected(concat(shown, " is not ", example));
  } else {
    return Unexpected(wrong_type(example, node));
  }
  if (amount && *amount >= range.least && *amount <= range.most) return *amount;
  return Unexpected(
      out_of_range(shown, quantity_text(range.least, units), quantity_text(range.most, units)));
}

constexpr std::string_view kDurationExample =
    "a duration as in \"500 ms\", \"10 s\", \"5 min\", \"24 h\" or \"7 d\"";

}  // namespace

std::string_view type_name(const toml::node& node) noexcept {
  switch (node.type()) {
    case toml::node_type::none:
      break;
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
  }
  return "nothing";
}

std::string wrong_type(std::string_view wanted, const toml::node& node, std::string_view instead) {
  const std::string help = instead.empty() ? "" : concat(": write ", instead);
  return concat("expected ", wanted, ", found ", type_name(node), help);
}

std::string plain_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return concat(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return {};
}

std::string quoted_text(std::string_view text) {
  if (text.find_first_of("\"\\") == std::string_view::npos) return concat('"', text, '"');
  if (text.find('\'') == std::string_view::npos) return concat('\'', text, '\'');
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return concat('"', escaped, '"');
}

std::string_view boolean_for(std::string_view word) noexcept {
  constexpr std::string_view kTrue[] = {"true", "yes", "on", "1"};
  constexpr std::string_view kFalse[] = {"false", "no", "off", "0"};
  const auto is_one_of = [word](const auto& words) {
    return std::ranges::any_of(words, [word](std::string_view known) {
      return std::ranges::equal(word, known, {}, [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      });
    });
  };
  if (is_one_of(kTrue)) return "true";
  return is_one_of(kFalse) ? "false" : std::string_view();
}

Value<std::string> parse_text(const toml::node& node) {
  const auto* text = node.as_string();
  if (text == nullptr) {
    const std::string plain = plain_text(node);
    return Unexpected(
        wrong_type("a text in quotes", node, plain.empty() ? plain : quoted_text(plain)));
  }
  return text->get();
}

Value<bool> parse_boolean(const toml::node& node) {
  const auto* value = node.as_boolean();
  if (value == nullptr) {
    return Unexpected(wrong_type("true or false", node, boolean_for(plain_text(node))));
  }
  return value->get();
}

Value<IpAddress> parse_ip_address(const toml::node& node) {
  const Value<std::string> text = parse_text(node);
  if (!text) return Unexpected(text.error());
  const auto address = IpAddress::parse(*text);
  if (!address) return Unexpected(concat('"', *text, "\" is no IP address"));
  return *address;
}

Value<SocketAddress> parse_socket_address(const toml::node& node) {
  const Value<std::string> text = parse_text(node);
  if (!text) return Unexpected(text.error());
  const auto address = SocketAddress::parse(*text);
  if (!address) {
    return Unexpected(concat('"', *text,
                             "\" is no address with a port, as in \"127.0.53.1:5300\" "
                             "or \"[::1]:5300\""));
  }
  if (address->port == 0) {
    return Unexpected(concat('"', *text, "\": port 0 can't be asked; from 1 to 65535"));
  }
  return *address;
}

Value<Cidr> parse_cidr(const toml::node& node) {
  const Value<std::string> text = parse_text(node);
  if (!text) return Unexpected(text.error());
  return Cidr::parse(*text);
}

Value<uint64_t> parse_number(const toml::node& node, Range range) {
  const auto* number = node.as_integer();
  if (number == nullptr) {
    const std::string text = plain_text(node);
    const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    return Unexpected(wrong_type("a whole number", node, is_number ? text : ""));
  }
  const int64_t value = number->get();
  if (value < 0 || static_cast<uint64_t>(value) < range.least ||
      static_cast<uint64_t>(value) > range.most) {
    return Unexpected(out_of_range(concat(value), concat(range.least), concat(range.most)));
  }
  return static_cast<uint64_t>(value);
}

Value<double> parse_decimal(const toml::node& node, Range range) {
  const auto value = node.value<double>();
  if (!(node.is_integer() || node.is_floating_point()) || !value) {
    const std::string text = plain_text(node);
    const bool is_number = !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
    return Unexpected(wrong_type("a number", node, is_number ? text : ""));
  }
  // This form of the condition also rejects NaN.
  if (*value >= static_cast<double>(range.least) && *value <= static_cast<double>(range.most)) {
    return *value;
  }
  std::ostringstream shown;
  shown << *value;
  return Unexpected(out_of_range(shown.str(), concat(range.least), concat(range.most)));
}

Value<uint64_t> parse_octets(const toml::node& node, Range range) {
  return parse_with_unit(node, kOctetUnits, 1, range,
                         "a size as in \"64 KiB\", \"4 MiB\" or \"1 GiB\"");
}

Value<uint64_t> parse_milliseconds(const toml::node& node, Range range) {
  return parse_with_unit(node, kTimeUnits, 1000, range, kDurationExample);
}

Value<uint64_t> parse_seconds(const toml::node& node, Range range) {
  Value<uint64_t> milliseconds = parse_milliseconds(node, {range.least * 1000, range.most * 1000});
  if (!milliseconds) return milliseconds;
  if (*milliseconds % 1000 != 0) {
    return Unexpected(concat(quantity_text(*milliseconds, kTimeUnits),
                             " is no whole number of "
                             "seconds"));
  }
  return *milliseconds / 1000;
}

std::string unknown_word(std::string_view word, const std::vector<std::string_view>& words) {
  std::vector<std::string> quoted;
  for (const std::string_view each : words) quoted.push_back(concat('"', each, '"'));
  const std::string_view nearest = nearest_word(word, words);
  const std::string hint = nearest.empty() ? "" : concat("; did you mean \"", nearest, "\"?");
  return concat('"', word, "\" is none of ", joined(quoted), hint);
}

}  // namespace inlet53::config
