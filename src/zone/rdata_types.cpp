// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <optional>
#include <string>

#include "ldns.h"
#include "master_scanner.h"
#include "rdata_parser.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {
namespace {

using Octets = std::vector<uint8_t>;
using Parsed = Result<Octets, TextFault>;

Parsed fail(std::string message, std::string_view token) {
  return Unexpected(TextFault{std::move(message), token});
}

void append(Octets& octets, Bytes more) { octets.insert(octets.end(), more.begin(), more.end()); }

void append_be16(Octets& octets, uint64_t number) {
  octets.push_back(static_cast<uint8_t>(number >> 8));
  octets.push_back(static_cast<uint8_t>(number));
}

/// Appends a key: the rest of `text` in base64 without its white space. Returns false when it is
/// not base64.
bool append_key(Octets& rdata, std::string_view text) {
  std::string base64;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    base64 += word;
  }
  if (base64.empty()) return true;
  const LdnsRdf key(ldns_rdf_new_frm_str(LDNS_RDF_TYPE_B64, base64.c_str()));
  if (key == nullptr) return false;
  append(rdata, {ldns_rdf_data(key.get()), ldns_rdf_size(key.get())});
  return true;
}

/// Types of gateways and relays. Source: RFC 4025 §2.3, RFC 8777 §4.2.3.
enum GatewayType : uint8_t { kNoGateway, kIpv4Gateway, kIpv6Gateway, kNamedGateway };

/// Appends the gateway of an IPSECKEY or the relay of an AMTRELAY. Returns false when `word` does
/// not have the format of `type`.
bool append_gateway(Octets& rdata, uint64_t type, std::string_view word, dns::NameView origin) {
  if (type == kNoGateway) return word == ".";
  if (type == kIpv4Gateway || type == kIpv6Gateway) {
    const std::optional<IpAddress> address = IpAddress::parse(word);
    if (!address || address->is_v4() != (type == kIpv4Gateway)) return false;
    append(rdata, address->bytes());
    return true;
  }
  if (type != kNamedGateway || word.empty()) return false;
  const std::optional<dns::Name> name = parse_master_name(word, origin);
  if (name) append(rdata, name->view().bytes());
  return name.has_value();
}

enum AtmaFormat : uint8_t { kAesa, kE164 };

/// Returns the digits of an address; absent when a dot is not between two digits.
std::optional<std::string> without_dots(std::string_view address) {
  std::string digits;
  bool may_end = false;
  for (const char c : address) {
    if (c == '.' && !may_end) return {};
    if (c != '.') digits += c;
    may_end = c != '.';
  }
  return may_end ? std::optional(digits) : std::nullopt;
}

bool is_decimal(std::string_view digits) {
  return digits.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<uint8_t> parse_octet(std::string_view word) {
  uint8_t number = 0;
  const char* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return {};
  return number;
}

struct NamedNumber {
  std::string_view name;
  uint16_t number;
};

constexpr uint16_t kNoKey = 0xc000;

// Bits and fields of the flags. Source: RFC 2535 §7.1.
constexpr NamedNumber kFlags[] = {
    {"nokey", kNoKey},  {"noauth", 0x8000}, {"noconf", 0x4000}, {"flag2", 0x2000},
    {"extend", 0x1000}, {"flag4", 0x0800},  {"flag5", 0x0400},  {"user", 0x0000},
    {"zone", 0x0100},   {"host", 0x0200},   {"ntyp3", 0x0300},  {"flag8", 0x0080},
    {"flag9", 0x0040},  {"flag10", 0x0020}, {"flag11", 0x0010}, {"sig0", 0},
    {"sig1", 1},        {"sig2", 2},        {"sig3", 3},        {"sig4", 4},
    {"sig5", 5},        {"sig6", 6},        {"sig7", 7},        {"sig8", 8},
    {"sig9", 9},        {"sig10", 10},      {"sig11", 11},      {"sig12", 12},
    {"sig13", 13},      {"sig14", 14},      {"sig15", 15},
};

constexpr NamedNumber kProtocols[] = {{"none", 0},   {"tls", 1},   {"email", 2},
                                      {"dnssec", 3}, {"ipsec", 4}, {"all", 255}};

template <size_t N>
std::optional<uint16_t> find_number(const NamedNumber (&known)[N], std::string_view word) {
  const std::string name = ascii_lower(word);
  for (const NamedNumber& one : known) {
    if (one.name == name) return one.number;
  }
  return {};
}

/// Parses a number, or names separated by `|`.
std::optional<uint16_t> parse_flags(std::string_view word) {
  if (const auto number = parse_number(word, UINT16_MAX)) return static_cast<uint16_t>(*number);
  uint16_t flags = 0;
  for (;;) {
    const size_t bar = word.find('|');
    const std::optional<uint16_t> flag = find_number(kFlags, word.substr(0, bar));
    if (!flag) return {};
    flags = static_cast<uint16_t>(flags | *flag);
    if (bar == std::string_view::npos) return flags;
    word.remove_prefix(bar + 1);
  }
}

std::optional<uint8_t> parse_protocol(std::string_view word) {
  const auto number = parse_number(word, UINT8_MAX);
  if (number) return static_cast<uint8_t>(*number);
  const std::optional<uint16_t> named = find_number(kProtocols, word);
  return named ? std::optional(static_cast<uint8_t>(*named)) : std::nullopt;
}

std::optional<uint8_t> parse_algorithm(std::string_view word) {
  if (const auto number = parse_number(word, UINT8_MAX)) return static_cast<uint8_t>(*number);
  if (word.empty() || (word[0] >= '0' && word[0] <= '9') || word[0] == '-') return {};
  const LdnsRdf known(ldns_rdf_new_frm_str(LDNS_RDF_TYPE_ALG, std::string(word).c_str()));
  return known ? std::optional(ldns_rdf_data(known.get())[0]) : std::nullopt;
}

}  // namespace

Result<std::vector<uint8_t>, TextFault> parse_atma(std::string_view text) {
  const std::string_view word = next_word(text);
  const auto fail = [word] {
    return Unexpected(TextFault{"this is not + and decimal digits, or pairs of hex digits", word});
  };
  const bool is_e164 = word.starts_with('+');
  const std::optional<std::string> digits = without_dots(word.substr(is_e164 ? 1 : 0));
  if (!digits) return fail();
  std::vector<uint8_t> rdata{is_e164 ? kE164 : kAesa};
  if (is_e164) {
    if (!is_decimal(*digits)) return fail();
    rdata.insert(rdata.end(), digits->begin(), digits->end());
  } else if (!append_hex(*digits, rdata)) {
    return fail();
  }
  const std::string_view more = next_word(text);
  if (!more.empty()) return Unexpected(TextFault{"the record has no more fields", more});
  return rdata;
}

Result<std::vector<uint8_t>, TextFault> parse_ipseckey(std::string_view text,
                                                       dns::NameView origin) {
  std::vector<uint8_t> rdata;
  for (const char* field : {"precedence", "gateway type", "algorithm"}) {
    const std::string_view word = next_word(text);
    const std::optional<uint8_t> number = parse_octet(word);
    if (!number)
      return Unexpected(TextFault{concat("the ", field, " is not a number from 0 to 255"), word});
    rdata.push_back(*number);
  }
  const std::string_view gateway = next_word(text);
  if (!append_gateway(rdata, rdata[1], gateway, origin)) {
    return Unexpected(TextFault{concat("this is not a gateway of type ", rdata[1]), gateway});
  }
  if (!append_key(rdata, text)) return Unexpected(TextFault{"the key is not Base64"});
  return rdata;
}

Result<std::vector<uint8_t>, TextFault> parse_key(std::string_view text) {
  const std::string_view flags_word = next_word(text);
  const std::optional<uint16_t> flags = parse_flags(flags_word);
  if (!flags) return fail("this is not a number from 0 to 65535 or names of flags", flags_word);
  const std::string_view protocol_word = next_word(text);
  const std::optional<uint8_t> protocol = parse_protocol(protocol_word);
  if (!protocol) return fail("this is not a number from 0 to 255 or a protocol", protocol_word);
  const std::string_view algorithm_word = next_word(text);
  const std::optional<uint8_t> algorithm = parse_algorithm(algorithm_word);
  if (!algorithm) return fail("this is not a number from 0 to 255 or an algorithm", algorithm_word);
  std::vector<uint8_t> rdata{static_cast<uint8_t>(*flags >> 8), static_cast<uint8_t>(*flags),
                             *protocol, *algorithm};

  std::string_view rest = text;
  const std::string_view first = next_word(rest);
  if ((*flags & kNoKey) == kNoKey) {
    if (!first.empty()) return fail("flags that say NOKEY have no key", first);
    return rdata;
  }
  if (first.empty()) return fail("the key is missing", {});
  if (!append_key(rdata, text)) return fail("the key is not Base64", first);
  return rdata;
}

Result<std::vector<uint8_t>, TextFault> parse_amtrelay(std::string_view text,
                                                       dns::NameView origin) {
  uint64_t numbers[3];
  constexpr uint64_t kMax[] = {UINT8_MAX, 1, kNamedGateway};
  for (size_t i = 0; i < 3; ++i) {
    const std::string_view word = next_word(text);
    const std::optional<uint64_t> number = parse_number(word, kMax[i]);
    if (!number) return fail(concat("this is not a number from 0 to ", kMax[i]), word);
    numbers[i] = *number;
  }
  Octets rdata{static_cast<uint8_t>(numbers[0]),
               static_cast<uint8_t>(numbers[1] << 7 | numbers[2])};
  const std::string_view relay = next_word(text);
  if (!append_gateway(rdata, numbers[2], relay, origin)) {
    return fail(concat("this is not a relay of type ", numbers[2]), relay);
  }
  const std::string_view more = next_word(text);
  if (!more.empty()) return fail("the record has no more fields", more);
  return rdata;
}

Result<std::vector<uint8_t>, TextFault> parse_dsync(std::string_view text, dns::NameView origin) {
  const std::string_view type_word = next_word(text);
  const std::optional<uint16_t> type = dns::parse_type(type_word);
  if (!type) return fail("this is not a record type", type_word);
  const std::string_view scheme_word = next_word(text);
  const std::optional<uint64_t> scheme = ascii_lower(scheme_word) == "notify"
                                             ? std::optional<uint64_t>(1)
                                             : parse_number(scheme_word, UINT8_MAX);
  if (!scheme) return fail("this is not NOTIFY or a number from 0 to 255", scheme_word);
  const std::string_view port_word = next_word(text);
  const std::optional<uint64_t> port = parse_number(port_word, UINT16_MAX);
  if (!port) return fail("this is not a number from 0 to 65535", port_word);
  const std::string_view target_word = next_word(text);
  if (target_word.empty()) return fail("the target is missing", {});
  const std::optional<dns::Name> target = parse_master_name(target_word, origin);
  if (!target) return fail("this is not a domain name", target_word);
  const std::string_view more = next_word(text);
  if (!more.empty()) return fail("the record has no more fields", more);

  Octets rdata;
  append_be16(rdata, *type);
  rdata.push_back(static_cast<uint8_t>(*scheme));
  append_be16(rdata, *port);
  append(rdata, target->view().bytes());
  return rdata;
}

uint16_t type_with_same_fields(uint16_t type) noexcept {
  constexpr uint16_t kNinfo = 56;
  constexpr uint16_t kRkey = 57;
  constexpr uint16_t kHhit = 67;
  constexpr uint16_t kBrid = 68;
  constexpr uint16_t kAvc = 258;
  constexpr uint16_t kResinfo = 261;
  constexpr uint16_t kWallet = 262;
  constexpr uint16_t kCla = 263;
  constexpr uint16_t kTa = 32768;
  switch (type) {
    case kNinfo:
    case kAvc:
    case kResinfo:
    case kWallet:
    case kCla:
      return LDNS_RR_TYPE_TXT;
    case kRkey:
      return LDNS_RR_TYPE_DNSKEY;
    case kHhit:
    case kBrid:
      return LDNS_RR_TYPE_OPENPGPKEY;
    case kTa:
      return LDNS_RR_TYPE_DS;
    default:
      return type;
  }
}

}  // namespace inlet53::zone
