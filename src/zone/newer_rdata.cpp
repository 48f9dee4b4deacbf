#include "newer_rdata.h"

#include <optional>

#include "ldns.h"
#include "master_name.h"
#include "master_scanner.h"
#include "rdata_words.h"

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

void append_be16(Octets& octets, uint64_t number) {
  octets.push_back(static_cast<uint8_t>(number >> 8));
  octets.push_back(static_cast<uint8_t>(number));
}

void append(Octets& octets, Bytes more) { octets.insert(octets.end(), more.begin(), more.end()); }

/// Kinds of relays. Source: RFC 8777 §4.2.3.
enum RelayType : uint8_t { kNoRelay, kIpv4Relay, kIpv6Relay, kNamedRelay };

bool append_relay(Octets& rdata, uint64_t type, std::string_view word, dns::NameView origin) {
  if (word.empty()) return false;
  if (type == kNoRelay) return word == ".";
  if (type == kNamedRelay) {
    const std::optional<dns::Name> name = parse_master_name(word, origin);
    if (name) append(rdata, name->view().bytes());
    return name.has_value();
  }
  const std::optional<IpAddress> address = IpAddress::parse(word);
  if (!address || address->is_v4() != (type == kIpv4Relay)) return false;
  append(rdata, address->bytes());
  return true;
}

}  // namespace

Result<std::vector<uint8_t>, TextFault> parse_amtrelay(std::string_view text,
                                                       dns::NameView origin) {
  uint64_t numbers[3];
  constexpr uint64_t kMax[] = {UINT8_MAX, 1, kNamedRelay};
  for (size_t i = 0; i < 3; ++i) {
    const std::string_view word = take_word(text);
    const std::optional<uint64_t> number = parse_number(word, kMax[i]);
    if (!number) return fail(concat("this is not a number from 0 to ", kMax[i]), word);
    numbers[i] = *number;
  }
  Octets rdata{static_cast<uint8_t>(numbers[0]),
               static_cast<uint8_t>(numbers[1] << 7 | numbers[2])};
  const std::string_view relay = take_word(text);
  if (!append_relay(rdata, numbers[2], relay, origin)) {
    return fail(concat("this is not a relay of type ", numbers[2]), relay);
  }
  const std::string_view more = take_word(text);
  if (!more.empty()) return fail("the record has no more fields", more);
  return rdata;
}

Result<std::vector<uint8_t>, TextFault> parse_dsync(std::string_view text, dns::NameView origin) {
  const std::string_view type_word = take_word(text);
  const std::optional<uint16_t> type = dns::parse_type(type_word);
  if (!type) return fail("this is not a record type", type_word);
  const std::string_view scheme_word = take_word(text);
  const std::optional<uint64_t> scheme = ascii_lower(scheme_word) == "notify"
                                             ? std::optional<uint64_t>(1)
                                             : parse_number(scheme_word, UINT8_MAX);
  if (!scheme) return fail("this is not NOTIFY or a number from 0 to 255", scheme_word);
  const std::string_view port_word = take_word(text);
  const std::optional<uint64_t> port = parse_number(port_word, UINT16_MAX);
  if (!port) return fail("this is not a number from 0 to 65535", port_word);
  const std::string_view target_word = take_word(text);
  if (target_word.empty()) return fail("the target is missing", {});
  const std::optional<dns::Name> target = parse_master_name(target_word, origin);
  if (!target) return fail("this is not a domain name", target_word);
  const std::string_view more = take_word(text);
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
