// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <utility>

#include "master_scanner.h"
#include "rdata_parser.h"
#include <netdb.h>

#include "inlet53/base/text.h"
#include "inlet53/dns/name.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {
namespace {

/// Parses a number without sign in units of 10^-`decimals`; absent when it is malformed or has more
/// decimals.
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

/// Finds a fault in `d1 [m1 [s1]] {"N"|"S"}`. At `max_degrees`, minutes and seconds must be zero.
std::optional<TextFault> find_angle_fault(std::string_view& text, int64_t max_degrees,
                                          std::string_view directions) {
  const std::string_view degrees_word = next_word(text);
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
  std::string_view word = next_word(text);
  if (is_direction(word)) return {};
  constexpr int64_t kMinutes = 60;
  const std::optional<int64_t> minutes = parse_fixed(word, 0);
  if (!minutes || *minutes >= kMinutes) return fault("no number of minutes from 0 to 59", word);
  if (*degrees == max_degrees && *minutes > 0) return fault("the angle is too large", word);
  word = next_word(text);
  if (is_direction(word)) return {};
  constexpr int64_t kMilliseconds = 60'000;
  const std::optional<int64_t> seconds = parse_fixed(word, 3);
  if (!seconds || *seconds >= kMilliseconds) {
    return fault("no number of seconds from 0 to 59.999", word);
  }
  if (*degrees == max_degrees && *seconds > 0) return fault("the angle is too large", word);
  word = next_word(text);
  if (!is_direction(word)) {
    return fault(concat("no direction of ", directions.substr(0, 1), " and ", directions.substr(1)),
                 word);
  }
  return {};
}

/// Parses a length in centimetres, with or without `m` after it; absent when malformed.
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

/// Finds the first part of a location, `52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m`, that
/// RFC 1876 §3 does not allow in its place. Absent when there is none.
std::optional<TextFault> find_loc_word_fault(std::string_view text) {
  constexpr int64_t kPole = 90;
  constexpr int64_t kDateLine = 180;
  if (auto fault = find_angle_fault(text, kPole, "NS")) return fault;
  if (auto fault = find_angle_fault(text, kDateLine, "EW")) return fault;
  if (auto fault = find_altitude_fault(next_word(text))) return fault;
  constexpr int64_t kLargest = 9'000'000'000;
  for (const char* what : {"size", "horizontal precision", "vertical precision"}) {
    const std::string_view word = next_word(text);
    if (word.empty()) return {};
    const std::optional<int64_t> length = parse_length(word);
    if (!length || *length > kLargest) {
      return TextFault{concat("no ", what, " from 0.00m to 90000000.00m"), word};
    }
  }
  const std::string_view more = next_word(text);
  if (!more.empty()) return TextFault{"a location has no more fields", more};
  return {};
}

using Fault = std::optional<TextFault>;

bool starts_with_digit(std::string_view word) {
  return !word.empty() && word.front() >= '0' && word.front() <= '9';
}

Fault require_number(std::string_view word, uint64_t max) {
  if (parse_number(word, max)) return {};
  return TextFault{concat("this is not a number from 0 to ", max), word};
}

/// Requires a number, or a name that ldns knows; `-1` is neither.
Fault require_number_or_name(std::string_view word, uint64_t max) {
  if (starts_with_digit(word) || word.starts_with('-')) return require_number(word, max);
  return {};
}

/// Returns true when ldns would read `word` as the origin although it is not `@`: `@.x`, `\\064.x`.
bool is_taken_for_origin(std::string_view word) {
  if (word == "@") return false;
  const std::optional<dns::Name> name = dns::Name::parse_text(word);
  return name && name->view().data()[0] == 1 && name->view().data()[1] == '@';
}

/// Returns the seconds since 1970 of `YYYYMMDDHHmmSS`; absent when there is no such time or it
/// needs more than 32 bits. Source: RFC 4034 §3.2.
std::optional<uint64_t> parse_date(std::string_view word) {
  using namespace std::chrono;
  if (!parse_number(word, UINT64_MAX)) return {};
  const auto part = [word](size_t at, size_t size) {
    return static_cast<unsigned>(parse_number(word.substr(at, size), 9999).value_or(0));
  };
  const year_month_day date(year(static_cast<int>(part(0, 4))), month(part(4, 2)), day(part(6, 2)));
  const unsigned hour = part(8, 2);
  const unsigned minute = part(10, 2);
  const unsigned second = part(12, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return {};
  const auto time = sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
  const int64_t count = time.time_since_epoch() / seconds(1);
  if (count < 0 || count > int64_t{UINT32_MAX}) return {};
  return static_cast<uint64_t>(count);
}

Fault require_time(std::string_view word) {
  constexpr size_t kDateSize = 14;
  if (word.size() == kDateSize ? parse_date(word).has_value()
                               : parse_number(word, UINT32_MAX).has_value()) {
    return {};
  }
  return TextFault{"this is not a time, YYYYMMDDHHmmSS or seconds since 1970", word};
}

Fault require_type(std::string_view word) {
  if (dns::parse_type(word)) return {};
  return TextFault{"this is not a record type", word};
}

/// Requires pairs of hex digits; white space may be anywhere between digits.
Fault require_pairs(std::string_view text) {
  size_t digits = 0;
  std::string_view last;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    digits += word.size();
    last = word;
  }
  if (digits % 2 == 0) return {};
  return TextFault{"the number of hex digits is odd", last};
}

/// Requires `[!]family:address/prefix`. ldns checks family and address. Source: RFC 3123 §5.
Fault require_prefixes(std::string_view text) {
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    std::string_view rest = word;
    if (rest.starts_with('!')) rest.remove_prefix(1);
    const uint64_t max = rest.starts_with("1:") ? 32 : 128;
    const size_t colon = rest.find(':');
    const size_t slash = rest.find('/');
    if (colon == std::string_view::npos || slash == std::string_view::npos ||
        !parse_number(rest.substr(0, colon), UINT16_MAX)) {
      return TextFault{"this is not a prefix, family:address/length", word};
    }
    if (!parse_number(rest.substr(slash + 1), max)) {
      return TextFault{concat("the length of the prefix is not a number from 0 to ", max), word};
    }
  }
  return {};
}

constexpr size_t kNameBuffer = 4096;

/// Requires `protocol service…`; ldns reads unknown ones as 0.
Fault require_services(std::string_view text) {
  const std::string_view protocol_word = next_word(text);
  const std::string protocol = ascii_lower(protocol_word);
  std::array<char, kNameBuffer> buffer{};
  if (starts_with_digit(protocol)) {
    if (Fault fault = require_number(protocol_word, UINT8_MAX)) return fault;
  } else {
    protoent entry{};
    protoent* found = nullptr;
    getprotobyname_r(protocol.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (found == nullptr) return TextFault{"this protocol is not known", protocol_word};
  }
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    if (starts_with_digit(word)) {
      if (Fault fault = require_number(word, UINT16_MAX)) return fault;
      continue;
    }
    servent entry{};
    servent* found = nullptr;
    getservbyname_r(std::string(word).c_str(), nullptr, &entry, buffer.data(), buffer.size(),
                    &found);
    if (found == nullptr) return TextFault{"this service is not known", word};
  }
  return {};
}

/// Requires `0x` and pairs of hex digits; dots may separate them. Source: RFC 1706 §4.
Fault require_nsap(std::string_view word) {
  size_t digits = 0;
  for (const char c : word.substr(std::min<size_t>(2, word.size()))) digits += c == '.' ? 0 : 1;
  if (digits > 0 && digits % 2 == 0) return {};
  return TextFault{"this is not 0x and pairs of hex digits", word};
}

/// Finds a fault in the field that begins with `word`. `rest`: `word` and the text after it, for a
/// field that has all of it.
Fault find_field_fault(ldns_rdf_type field, std::string_view word, std::string_view rest) {
  switch (static_cast<int>(field)) {
    case LDNS_RDF_TYPE_INT8:
      return require_number(word, UINT8_MAX);
    case LDNS_RDF_TYPE_INT16:
      return require_number(word, UINT16_MAX);
    case LDNS_RDF_TYPE_INT32:
      return require_number(word, UINT32_MAX);
    case LDNS_RDF_TYPE_ALG:
    case LDNS_RDF_TYPE_CERTIFICATE_USAGE:
    case LDNS_RDF_TYPE_SELECTOR:
    case LDNS_RDF_TYPE_MATCHING_TYPE:
      return require_number_or_name(word, UINT8_MAX);
    case LDNS_RDF_TYPE_CERT_ALG:
      return require_number_or_name(word, UINT16_MAX);
    case LDNS_RDF_TYPE_PERIOD:
      if (parse_ttl(word)) return {};
      return TextFault{"this is not a time of at most 2147483647 seconds", word};
    case LDNS_RDF_TYPE_TIME:
      return require_time(word);
    case LDNS_RDF_TYPE_TYPE:
      return require_type(word);
    case LDNS_RDF_TYPE_NSEC:
      while (!rest.empty()) {
        const std::string_view type = next_word(rest);
        if (type.empty()) break;
        if (Fault fault = require_type(type)) return fault;
      }
      return {};
    case LDNS_RDF_TYPE_HEX:
      return require_pairs(rest);
    case LDNS_RDF_TYPE_APL:
      return require_prefixes(rest);
    case LDNS_RDF_TYPE_LOC:
      return find_loc_word_fault(rest);
    case LDNS_RDF_TYPE_WKS:
      return require_services(rest);
    case LDNS_RDF_TYPE_NSAP:
      return require_nsap(word);
    case LDNS_RDF_TYPE_DNAME:
      if (!is_taken_for_origin(word)) return {};
      return TextFault{"ldns does not read this name", word};
    default:
      return {};
  }
}

/// Returns the name of a field's content for a message.
std::string_view name_of(ldns_rdf_type field) {
  switch (static_cast<int>(field)) {
    case LDNS_RDF_TYPE_A:
      return "an IPv4 address";
    case LDNS_RDF_TYPE_AAAA:
      return "an IPv6 address";
    case LDNS_RDF_TYPE_DNAME:
      return "a domain name";
    case LDNS_RDF_TYPE_STR:
      return "a character string of at most 255 octets";
    case LDNS_RDF_TYPE_TAG:
      return "letters and digits";
    default:
      return "what its field holds";
  }
}

/// Returns true for fields that may contain white space.
bool is_rest(ldns_rdf_type field) {
  switch (static_cast<int>(field)) {
    case LDNS_RDF_TYPE_B64:
    case LDNS_RDF_TYPE_HEX:
    case LDNS_RDF_TYPE_NSEC:
    case LDNS_RDF_TYPE_LOC:
    case LDNS_RDF_TYPE_WKS:
    case LDNS_RDF_TYPE_HIP:
      return true;
    default:
      return false;
  }
}

std::string_view unquoted(std::string_view word) {
  if (word.size() < 2 || word.front() != '"' || word.back() != '"') return word;
  return word.substr(1, word.size() - 2);
}

std::optional<uint8_t> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return {};
}

/// Returns true for fields whose check reads all remaining words.
bool has_all_words(ldns_rdf_type field) {
  return field == LDNS_RDF_TYPE_NSEC || field == LDNS_RDF_TYPE_HEX || field == LDNS_RDF_TYPE_APL ||
         field == LDNS_RDF_TYPE_LOC || field == LDNS_RDF_TYPE_WKS;
}

}  // namespace

bool append_hex(std::string_view text, std::vector<uint8_t>& octets) {
  std::optional<uint8_t> high;
  for (const char c : text) {
    if (c == ' ' || c == '\t') continue;
    const std::optional<uint8_t> digit = hex_digit(c);
    if (!digit) return false;
    if (high) octets.push_back(static_cast<uint8_t>(*high << 4 | *digit));
    high = high ? std::nullopt : digit;
  }
  return !high;
}

std::optional<TextFault> find_misread_word(const ldns_rr_descriptor& descriptor,
                                           std::string_view text) {
  const size_t maximum = ldns_rr_descriptor_maximum(&descriptor);
  for (size_t i = 0; i < maximum; ++i) {
    std::string_view rest = text;
    const std::string_view word = next_word(text);
    if (word.empty()) break;
    const ldns_rdf_type field = ldns_rr_descriptor_field_type(&descriptor, i);
    Fault fault = find_field_fault(field, word, rest);
    if (fault || has_all_words(field)) return fault;
  }
  return {};
}

TextFault find_refused_word(const ldns_rr_descriptor& descriptor, std::string_view text,
                            std::string message) {
  const size_t fields = ldns_rr_descriptor_maximum(&descriptor);
  for (size_t i = 0; i < fields; ++i) {
    const std::string_view word = next_word(text);
    if (word.empty()) return {std::move(message)};
    const ldns_rdf_type field = ldns_rr_descriptor_field_type(&descriptor, i);
    if (is_rest(field) || field == LDNS_RDF_TYPE_NONE) return {std::move(message)};
    const LdnsRdf rdf(ldns_rdf_new_frm_str(field, std::string(unquoted(word)).c_str()));
    if (rdf == nullptr) return {concat("this is not ", name_of(field)), word};
  }
  const std::string_view more = next_word(text);
  if (more.empty()) return {std::move(message)};
  return {"the record has no more fields", more};
}

std::string text_for_ldns(const ldns_rr_descriptor& descriptor, std::string_view text) {
  std::string out;
  const size_t fields = ldns_rr_descriptor_maximum(&descriptor);
  ldns_rdf_type field = LDNS_RDF_TYPE_NONE;
  for (size_t i = 0;; ++i) {
    const std::string_view word = next_word(text);
    if (word.empty()) return out;
    if (i < fields) {
      field = ldns_rr_descriptor_field_type(&descriptor, i);
    } else if (field != LDNS_RDF_TYPE_NSEC) {
      field = LDNS_RDF_TYPE_NONE;
    }
    const bool is_type = field == LDNS_RDF_TYPE_TYPE || field == LDNS_RDF_TYPE_NSEC;
    const std::optional<uint16_t> type = is_type ? dns::parse_type(word) : std::nullopt;
    const bool needs_quotes = field == LDNS_RDF_TYPE_LONG_STR && word.front() != '"';
    if (type) {
      out += concat(" TYPE", *type);
    } else {
      out += needs_quotes ? concat(" \"", word, "\"") : concat(" ", word);
    }
  }
}

}  // namespace inlet53::zone
