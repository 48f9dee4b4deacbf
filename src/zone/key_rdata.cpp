#include "key_rdata.h"

#include <optional>
#include <string>

#include "ldns.h"
#include "master_scanner.h"
#include "rdata_words.h"

#include "inlet53/base/text.h"

namespace inlet53::zone {
namespace {

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

/// A number, or names with `|` between them.
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

Result<std::vector<uint8_t>, TextFault> parse_key(std::string_view text) {
  const auto fail = [](std::string message, std::string_view word) {
    return Unexpected(TextFault{std::move(message), word});
  };
  const std::string_view flags_word = take_word(text);
  const std::optional<uint16_t> flags = parse_flags(flags_word);
  if (!flags) return fail("this is not a number from 0 to 65535 or names of flags", flags_word);
  const std::string_view protocol_word = take_word(text);
  const std::optional<uint8_t> protocol = parse_protocol(protocol_word);
  if (!protocol) return fail("this is not a number from 0 to 255 or a protocol", protocol_word);
  const std::string_view algorithm_word = take_word(text);
  const std::optional<uint8_t> algorithm = parse_algorithm(algorithm_word);
  if (!algorithm) return fail("this is not a number from 0 to 255 or an algorithm", algorithm_word);
  std::vector<uint8_t> rdata{static_cast<uint8_t>(*flags >> 8), static_cast<uint8_t>(*flags),
                             *protocol, *algorithm};

  std::string base64;
  const std::string_view first = take_word(text);
  for (std::string_view word = first; !word.empty(); word = take_word(text)) base64 += word;
  if ((*flags & kNoKey) == kNoKey) {
    if (!first.empty()) return fail("flags that say NOKEY have no key", first);
    return rdata;
  }
  if (base64.empty()) return fail("the key is missing", {});
  const LdnsRdf key(ldns_rdf_new_frm_str(LDNS_RDF_TYPE_B64, base64.c_str()));
  if (key == nullptr) return fail("the key is not Base64", first);
  const uint8_t* octets = ldns_rdf_data(key.get());
  rdata.insert(rdata.end(), octets, octets + ldns_rdf_size(key.get()));
  return rdata;
}

}  // namespace inlet53::zone
