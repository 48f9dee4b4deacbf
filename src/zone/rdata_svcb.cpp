// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <set>

#include "ldns.h"
#include "master_scanner.h"
#include "rdata_parser.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/base/text.h"

namespace inlet53::zone {
namespace {

using Octets = std::vector<uint8_t>;

enum Key : uint16_t {
  kMandatory,
  kAlpn,
  kNoDefaultAlpn,
  kPort,
  kIpv4Hint,
  kEch,
  kIpv6Hint,
  kDohPath,
  kOhttp,
};
constexpr std::array<std::string_view, 9> kKeyNames = {
    "mandatory", "alpn",     "no-default-alpn", "port",  "ipv4hint",
    "ech",       "ipv6hint", "dohpath",         "ohttp",
};

std::string key_text(uint16_t key) {
  return key < kKeyNames.size() ? std::string(kKeyNames[key]) : concat("key", key);
}

std::optional<uint16_t> parse_u16(std::string_view word) {
  const std::optional<uint64_t> number = parse_number(word, UINT16_MAX);
  if (!number) return {};
  return static_cast<uint16_t>(*number);
}

/// Parses a name in lower case, or `key` and a number without leading zeros. Source: RFC 9460 §2.1.
std::optional<uint16_t> parse_key(std::string_view word) {
  const auto* named = std::ranges::find(kKeyNames, word);
  if (named != kKeyNames.end()) return static_cast<uint16_t>(named - kKeyNames.begin());
  if (!word.starts_with("key")) return {};
  word.remove_prefix(3);
  if (word.size() > 1 && word.front() == '0') return {};
  return parse_u16(word);
}

/// Returns the bytes of one character string, in quotes or not, without the limit of 255 bytes.
std::optional<std::string> decode(std::string_view text) {
  const bool quoted = text.starts_with('"');
  if (quoted) {
    if (text.size() < 2 || text.back() != '"' || is_escaped(text, text.size() - 1)) return {};
    text = text.substr(1, text.size() - 2);
  }
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return {};
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return {};
    if (text[i] < '0' || text[i] > '9') {
      out += text[i];
      continue;
    }
    uint8_t octet = 0;
    const char* digits = text.data() + i;
    const char* end = digits + std::min<size_t>(3, text.size() - i);
    const auto parsed = std::from_chars(digits, end, octet);
    if (parsed.ec != std::errc{} || parsed.ptr != digits + 3) return {};
    out += static_cast<char>(octet);
    i += 2;
  }
  return out;
}

/// Returns the items of a list separated by commas. Source: RFC 9460 appendix A.1.
std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> items(1);
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] == ',') {
      items.emplace_back();
    } else {
      if (list[i] == '\\' && i + 1 < list.size()) ++i;
      items.back() += list[i];
    }
  }
  return items;
}

void append_be16(Octets& octets, uint16_t number) {
  octets.push_back(static_cast<uint8_t>(number >> 8));
  octets.push_back(static_cast<uint8_t>(number));
}

std::optional<Octets> mandatory_octets(std::string_view list) {
  std::set<uint16_t> keys;
  for (const std::string& item : split_list(list)) {
    const std::optional<uint16_t> key = parse_key(item);
    if (!key || !keys.insert(*key).second) return {};
  }
  Octets out;
  for (const uint16_t key : keys) append_be16(out, key);
  return out;
}

std::optional<Octets> alpn_octets(std::string_view list) {
  Octets out;
  for (const std::string& id : split_list(list)) {
    if (id.empty() || id.size() > UINT8_MAX) return {};
    out.push_back(static_cast<uint8_t>(id.size()));
    out.insert(out.end(), id.begin(), id.end());
  }
  return out;
}

std::optional<Octets> address_octets(std::string_view list, bool is_v4) {
  Octets out;
  for (const std::string& item : split_list(list)) {
    const std::optional<IpAddress> address = IpAddress::parse(item);
    if (!address || address->is_v4() != is_v4) return {};
    const Bytes octets = address->bytes();
    out.insert(out.end(), octets.begin(), octets.end());
  }
  return out;
}

std::optional<Octets> base64_octets(const std::string& text) {
  const LdnsRdf decoded(ldns_rdf_new_frm_str(LDNS_RDF_TYPE_B64, text.c_str()));
  if (decoded == nullptr) return {};
  const uint8_t* octets = ldns_rdf_data(decoded.get());
  return Octets(octets, octets + ldns_rdf_size(decoded.get()));
}

/// Returns the wire form of a value; absent when it is invalid for its key. `named`: the key is not
/// written as a number.
std::optional<Octets> value_octets(uint16_t key, bool named, const std::string& value) {
  if (named) {
    switch (key) {
      case kMandatory:
        return mandatory_octets(value);
      case kAlpn:
        return alpn_octets(value);
      case kPort: {
        const std::optional<uint16_t> port = parse_u16(value);
        if (!port) return {};
        Octets out;
        append_be16(out, *port);
        return out;
      }
      case kIpv4Hint:
      case kIpv6Hint:
        return address_octets(value, key == kIpv4Hint);
      case kEch:
        return base64_octets(value);
      default:
        break;
    }
  }
  return Octets(value.begin(), value.end());
}

/// Returns true when `path` is a relative URI template with the variable `dns`. Source: RFC 9461
/// §5.
bool has_dns_variable(std::string_view path) {
  if (!path.starts_with('/')) return false;
  for (size_t open = path.find('{'); open != std::string_view::npos;
       open = path.find('{', open + 1)) {
    const size_t close = path.find('}', open);
    if (close == std::string_view::npos) return false;
    std::string_view names = path.substr(open + 1, close - open - 1);
    names.remove_prefix(std::min(names.find_first_not_of("+#./;?&"), names.size()));
    for (std::string name : split_list(names)) {
      name.resize(std::min(name.find_first_of(":*"), name.size()));
      if (name == "dns") return true;
    }
  }
  return false;
}

bool is_alpn(Bytes value) {
  if (value.empty()) return false;
  while (!value.empty()) {
    const size_t size = 1U + value[0];
    if (size == 1 || size > value.size()) return false;
    value = value.subspan(size);
  }
  return true;
}

bool is_mandatory(Bytes value) {
  if (value.empty() || value.size() % 2 != 0) return false;
  uint16_t last = kMandatory;  // the list may not contain mandatory itself, and keys ascend: §8
  for (size_t at = 0; at < value.size(); at += 2) {
    const uint16_t key = load_be16(value.data() + at);
    if (key <= last) return false;
    last = key;
  }
  return true;
}

bool is_value(uint16_t key, Bytes value) {
  constexpr size_t kIpv4 = 4;
  constexpr size_t kIpv6 = 16;
  switch (key) {
    case kMandatory:
      return is_mandatory(value);
    case kAlpn:
      return is_alpn(value);
    case kNoDefaultAlpn:
    case kOhttp:
      return value.empty();
    case kPort:
      return value.size() == 2;
    case kIpv4Hint:
      return !value.empty() && value.size() % kIpv4 == 0;
    case kEch:
      return !value.empty();
    case kIpv6Hint:
      return !value.empty() && value.size() % kIpv6 == 0;
    case kDohPath:
      return has_dns_variable(as_text(value));
    default:
      return true;
  }
}

/// Parses one parameter, `key=value` or `key`.
std::optional<TextFault> read_param(std::string_view word, std::map<uint16_t, Octets>& params) {
  const size_t equals = std::min(word.find('='), word.size());
  const std::optional<uint16_t> key = parse_key(word.substr(0, equals));
  if (!key) return TextFault{"this is not a key of SVCB", word};
  const std::optional<std::string> value = decode(word.substr(std::min(equals + 1, word.size())));
  if (!value) return TextFault{"the value is not a character string", word};
  const bool named = *key < kKeyNames.size() && !word.starts_with("key");
  const std::optional<Octets> octets = value_octets(*key, named, *value);
  if (!octets || !is_value(*key, *octets)) {
    return TextFault{concat(key_text(*key), " has no such value"), word};
  }
  if (!params.emplace(*key, *octets).second) {
    return TextFault{concat(key_text(*key), " is repeated"), word};
  }
  return {};
}

}  // namespace

Result<std::vector<uint8_t>, TextFault> parse_svcb(std::string_view text, dns::NameView origin) {
  const std::string_view priority_word = next_word(text);
  const std::optional<uint16_t> priority = parse_u16(priority_word);
  if (!priority) {
    return Unexpected(TextFault{"the priority is not a number from 0 to 65535", priority_word});
  }
  const std::string_view target_word = next_word(text);
  if (target_word.empty()) return Unexpected(TextFault{"the target is missing"});
  const std::optional<dns::Name> target = parse_master_name(target_word, origin);
  if (!target) return Unexpected(TextFault{"the target is not a domain name", target_word});

  std::map<uint16_t, Octets> params;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    if (std::optional<TextFault> fault = read_param(word, params)) {
      return Unexpected(*std::move(fault));
    }
  }
  Octets rdata;
  append_be16(rdata, *priority);
  const Bytes name = target->view().bytes();
  rdata.insert(rdata.end(), name.begin(), name.end());
  for (const auto& [key, value] : params) {
    if (value.size() > UINT16_MAX) return Unexpected(TextFault{"a value is over 65535 octets"});
    append_be16(rdata, key);
    append_be16(rdata, static_cast<uint16_t>(value.size()));
    rdata.insert(rdata.end(), value.begin(), value.end());
  }
  if (rdata.size() > UINT16_MAX) return Unexpected(TextFault{"the RDATA is over 65535 octets"});
  return rdata;
}

std::optional<std::string> find_svc_params_fault(Bytes params) {
  constexpr size_t kHead = 4;
  std::map<uint16_t, Bytes> values;
  while (!params.empty()) {
    if (params.size() < kHead) return "the last parameter is not whole";
    const uint16_t key = load_be16(params.data());
    const size_t size = load_be16(params.data() + 2);
    if (params.size() - kHead < size) return "the last parameter is not whole";
    const Bytes value = params.subspan(kHead, size);
    if (!values.empty() && values.rbegin()->first >= key) return "the keys do not ascend";
    if (!is_value(key, value)) return concat(key_text(key), " has no such value");
    values.emplace(key, value);
    params = params.subspan(kHead + size);
  }
  if (values.contains(kNoDefaultAlpn) && !values.contains(kAlpn)) {
    return "no-default-alpn needs alpn (RFC 9460 §7.1.1)";
  }
  if (!values.contains(kMandatory)) return {};
  const Bytes mandatory = values.at(kMandatory);
  for (size_t at = 0; at < mandatory.size(); at += 2) {
    const uint16_t key = load_be16(mandatory.data() + at);
    if (!values.contains(key)) {
      return concat(key_text(key), " is mandatory and missing (RFC 9460 §8)");
    }
  }
  return {};
}

}  // namespace inlet53::zone
