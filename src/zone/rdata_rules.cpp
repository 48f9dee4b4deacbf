// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iterator>

#include "ldns.h"
#include "rdata_parser.h"

#include "inlet53/base/text.h"
#include "inlet53/dns/name.h"

namespace inlet53::zone {
namespace {

using Fault = std::optional<std::string>;

constexpr uint16_t kRkey = 57;

/// Removes `size` bytes from the start of `rdata` and returns them; fewer when it has fewer.
Bytes read_bytes(Bytes& rdata, size_t size) {
  const Bytes out = rdata.first(std::min(size, rdata.size()));
  rdata = rdata.subspan(out.size());
  return out;
}

/// Removes a character string from the start of `rdata` and returns it.
std::string_view read_string(Bytes& rdata) {
  const Bytes size = read_bytes(rdata, 1);
  return as_text(read_bytes(rdata, size.empty() ? 0 : size[0]));
}

Fault require_size(Bytes digest, size_t size, std::string_view what) {
  if (digest.size() == size) return {};
  return concat("the ", what, " has ", digest.size(), " bytes instead of ", size);
}

// Sizes of digests of types 1 to 6. Source: RFC 4034 §5.1.4, RFC 4509 §2.2, RFC 5933 §3, RFC 6605
// §2, RFC 9558 §3, RFC 9563 §3.
Fault find_ds_fault(Bytes rdata) {
  constexpr size_t kSizes[] = {0, 20, 32, 32, 48, 32, 32};
  if (rdata.size() < 4) return {};
  const uint8_t digest_type = rdata[3];
  if (digest_type == 0 || digest_type >= std::size(kSizes)) return {};
  return require_size(rdata.subspan(4), kSizes[digest_type], "digest");
}

// Source: RFC 4255 §3.1.3, RFC 6594 §4.2.
Fault find_sshfp_fault(Bytes rdata) {
  if (rdata.size() < 2) return {};
  if (rdata[1] == 1) return require_size(rdata.subspan(2), 20, "fingerprint");
  if (rdata[1] == 2) return require_size(rdata.subspan(2), 32, "fingerprint");
  return {};
}

// Source: RFC 6698 §2.1.3, RFC 8162 §2.
Fault find_tlsa_fault(Bytes rdata) {
  if (rdata.size() < 3) return {};
  if (rdata[2] == 1) return require_size(rdata.subspan(3), 32, "hash");
  if (rdata[2] == 2) return require_size(rdata.subspan(3), 64, "hash");
  return {};
}

// Source: RFC 8976 §2.2.2 to §2.2.4.
Fault find_zonemd_fault(Bytes rdata) {
  constexpr size_t kFixed = 6;
  constexpr size_t kShortest = 12;
  if (rdata.size() < kFixed) return {};
  const Bytes digest = rdata.subspan(kFixed);
  if (rdata[5] == 1) return require_size(digest, 48, "digest");
  if (rdata[5] == 2) return require_size(digest, 64, "digest");
  if (digest.size() < kShortest) return "the digest has under 12 bytes";
  return {};
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// An X.121 address begins with the four digits of a DNIC. Source: RFC 1183 §3.1.
Fault find_x25_fault(Bytes rdata) {
  const std::string_view address = read_string(rdata);
  if (address.size() >= 4 && std::ranges::all_of(address, is_digit)) return {};
  return "the address is not four digits or more";
}

// Source: RFC 1876 §2.
Fault find_loc_fault(Bytes rdata) {
  constexpr size_t kSize = 16;
  constexpr int64_t kEquator = int64_t{1} << 31;
  constexpr int64_t kDegree = 3'600'000;
  if (rdata.size() != kSize || rdata[0] != 0) return "the version is not 0";
  for (size_t at = 1; at < 4; ++at) {
    if (rdata[at] >> 4 > 9 || (rdata[at] & 15) > 9) return "a size or precision is not a number";
  }
  if (std::abs(load_be32(rdata.data() + 4) - kEquator) > 90 * kDegree) {
    return "the latitude is over 90 degrees";
  }
  if (std::abs(load_be32(rdata.data() + 8) - kEquator) > 180 * kDegree) {
    return "the longitude is over 180 degrees";
  }
  return {};
}

// Source: RFC 3123 §4.
Fault find_apl_fault(Bytes rdata) {
  while (!rdata.empty()) {
    const Bytes head = read_bytes(rdata, 4);
    if (head.size() < 4) return "the last prefix is not whole";
    const uint16_t family = load_be16(head.data());
    const size_t size = head[3] & 0x7F;
    const Bytes address = read_bytes(rdata, size);
    if (address.size() < size) return "the last prefix is not whole";
    if (!address.empty() && address.back() == 0) return "an address ends with a zero byte";
    if (family != 1 && family != 2) continue;
    const size_t octets = family == 1 ? 4 : 16;
    if (head[2] > 8 * octets) return concat("a prefix length is over ", 8 * octets);
    if (size > octets) return concat("an address has over ", octets, " octets");
  }
  return {};
}

// Source: RFC 4034 §4.1.2, §2.3.
Fault find_nsec_fault(Bytes rdata) {
  const auto next = dns::parse_flat_name(rdata, 0);
  if (next && next->size() == rdata.size()) return "no type follows the next name";
  return {};
}

// A key must be absent when the flags say NOKEY, and present otherwise. Source: RFC 2535 §3.1.2.
Fault find_key_fault(Bytes rdata) {
  constexpr size_t kFixed = 4;
  if (rdata.size() < kFixed) return "the flags, protocol and algorithm are not whole";
  const bool has_key = rdata.size() > kFixed;
  const bool says_none = (rdata[0] & 0xc0) == 0xc0;
  if (has_key == says_none)
    return has_key ? "flags that say NOKEY have no key" : "the key is missing";
  return {};
}

// The flags are 0. Source: IANA, template of RKEY.
Fault find_rkey_fault(Bytes rdata) {
  if (rdata.size() < 2 || load_be16(rdata.data()) == 0) return {};
  return "the flags are not 0";
}

// Format 1 is an E.164 number in digits. Source: ATM Name System 2.0 (AF-DANS-0152.000).
Fault find_atma_fault(Bytes rdata) {
  if (rdata.size() < 2) return "the address is missing";
  const bool is_e164 = rdata[0] == 1;
  if (!is_e164 || std::ranges::all_of(as_text(rdata.subspan(1)), is_digit)) return {};
  return "the E.164 number is not decimal digits";
}

/// An expression, its replacement and its flags, separated by delimiters.
struct Substitution {
  std::string_view expression;
  std::string_view replacement;
  std::string_view flags;
};
std::optional<Substitution> split_substitution(std::string_view text) {
  const char delimiter = text.front();
  std::string_view parts[2];
  text.remove_prefix(1);
  for (std::string_view& part : parts) {
    size_t end = 0;
    while (end < text.size() && text[end] != delimiter) end += text[end] == '\\' ? 2 : 1;
    if (end >= text.size()) return {};
    part = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  return Substitution{parts[0], parts[1], text};
}

/// Returns the number of groups of an extended regular expression; absent when its parentheses do
/// not match.
std::optional<size_t> count_groups(std::string_view expression) {
  size_t groups = 0;
  size_t open = 0;
  for (size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\') {
      ++i;
    } else if (c == '[') {
      i += expression.substr(i + 1).starts_with('^') ? 1 : 0;
      i = expression.find(']', i + 2);  // the first `]` is a member
      if (i == std::string_view::npos) return {};
    } else if (c == '(') {
      ++groups;
      ++open;
    } else if (c == ')') {
      if (open-- == 0) return {};
    }
  }
  if (open > 0) return {};
  return groups;
}

// Source: RFC 3402 §3.2.
bool is_substitution(std::string_view text) {
  if (is_digit(text.front()) || text.front() == '\\' || text.front() == 'i') return false;
  const std::optional<Substitution> parts = split_substitution(text);
  if (!parts || !std::ranges::all_of(parts->flags, [](char c) { return c == 'i'; })) return false;
  const std::optional<size_t> groups = count_groups(parts->expression);
  if (!groups) return false;
  const std::string_view replacement = parts->replacement;
  for (size_t i = 0; i + 1 < replacement.size(); ++i) {
    if (replacement[i] != '\\') continue;
    const char next = replacement[++i];
    if (is_digit(next) && (next == '0' || static_cast<size_t>(next - '0') > *groups)) return false;
  }
  return true;
}

// Source: RFC 3403 §4.1.
Fault find_naptr_fault(Bytes rdata) {
  read_bytes(rdata, 4);
  const std::string_view flags = read_string(rdata);
  read_string(rdata);
  const std::string_view expression = read_string(rdata);
  if (!std::ranges::all_of(flags,
                           [](char c) { return std::isalnum(static_cast<uint8_t>(c)) != 0; })) {
    return "the flags are not letters and digits";
  }
  if (expression.empty()) return {};
  if (!is_substitution(expression)) return "the expression is not one of RFC 3402";
  if (rdata.size() > 1) return "an expression and a replacement exclude each other";
  return {};
}

// Source: RFC 7553 §4.4.
Fault find_uri_fault(Bytes rdata) {
  if (rdata.size() <= 4) return "the target is empty";
  return {};
}

Fault find_svcb_fault(Bytes rdata) {
  if (rdata.size() < 2) return {};
  const auto target = dns::parse_flat_name(rdata.subspan(2), 0);
  if (!target) return {};
  return find_svc_params_fault(rdata.subspan(2 + target->size()));
}

}  // namespace

Fault find_rdata_fault(uint16_t type, Bytes rdata) {
  switch (static_cast<int>(type)) {
    case LDNS_RR_TYPE_X25:
      return find_x25_fault(rdata);
    case LDNS_RR_TYPE_LOC:
      return find_loc_fault(rdata);
    case LDNS_RR_TYPE_NAPTR:
      return find_naptr_fault(rdata);
    case LDNS_RR_TYPE_APL:
      return find_apl_fault(rdata);
    case LDNS_RR_TYPE_KEY:
      return find_key_fault(rdata);
    case kRkey:
      return find_rkey_fault(rdata);
    case LDNS_RR_TYPE_ATMA:
      return find_atma_fault(rdata);
    case LDNS_RR_TYPE_DS:
    case LDNS_RR_TYPE_CDS:
    case LDNS_RR_TYPE_DLV:
      return find_ds_fault(rdata);
    case LDNS_RR_TYPE_SSHFP:
      return find_sshfp_fault(rdata);
    case LDNS_RR_TYPE_NSEC:
      return find_nsec_fault(rdata);
    case LDNS_RR_TYPE_TLSA:
    case LDNS_RR_TYPE_SMIMEA:
      return find_tlsa_fault(rdata);
    case LDNS_RR_TYPE_ZONEMD:
      return find_zonemd_fault(rdata);
    case LDNS_RR_TYPE_SVCB:
    case LDNS_RR_TYPE_HTTPS:
      return find_svcb_fault(rdata);
    case LDNS_RR_TYPE_URI:
      return find_uri_fault(rdata);
    default:
      return {};
  }
}

}  // namespace inlet53::zone
