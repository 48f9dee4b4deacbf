#include "ipseckey_rdata.h"

#include <charconv>
#include <optional>

#include "ldns.h"
#include "master_name.h"
#include "master_scanner.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/base/text.h"

namespace inlet53::zone {
namespace {

/// Gateway types. Source: RFC 4025 §2.3.
enum GatewayType : uint8_t { kNoGateway, kIpv4Gateway, kIpv6Gateway, kNamedGateway };

std::optional<uint8_t> parse_octet(std::string_view word) {
  uint8_t number = 0;
  const char* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return {};
  return number;
}

bool append_gateway(std::vector<uint8_t>& rdata, uint8_t type, std::string_view word,
                    dns::NameView origin) {
  const auto append = [&rdata](Bytes octets) {
    rdata.insert(rdata.end(), octets.begin(), octets.end());
  };
  if (type == kNoGateway) return word == ".";
  if (type == kIpv4Gateway || type == kIpv6Gateway) {
    const std::optional<IpAddress> address = IpAddress::parse(word);
    if (!address || address->is_v4() != (type == kIpv4Gateway)) return false;
    append(address->bytes());
    return true;
  }
  if (type != kNamedGateway || word.empty()) return false;
  const std::optional<dns::Name> name = parse_master_name(word, origin);
  if (name) append(name->view().bytes());
  return name.has_value();
}

/// The key in Base64, which white space may stand in; none at all when there is no key.
bool append_key(std::vector<uint8_t>& rdata, std::string_view text) {
  std::string base64;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    base64 += word;
  }
  if (base64.empty()) return true;
  const LdnsRdf key(ldns_rdf_new_frm_str(LDNS_RDF_TYPE_B64, base64.c_str()));
  if (key == nullptr) return false;
  const uint8_t* octets = ldns_rdf_data(key.get());
  rdata.insert(rdata.end(), octets, octets + ldns_rdf_size(key.get()));
  return true;
}

}  // namespace

Result<std::vector<uint8_t>, TextFault> parse_ipseckey(std::string_view text,
                                                       dns::NameView origin) {
  std::vector<uint8_t> rdata;
  for (const char* field : {"precedence", "gateway type", "algorithm"}) {
    const std::string_view word = take_word(text);
    const std::optional<uint8_t> number = parse_octet(word);
    if (!number)
      return Unexpected(TextFault{concat("the ", field, " is no number up to 255"), word});
    rdata.push_back(*number);
  }
  const std::string_view gateway = take_word(text);
  if (!append_gateway(rdata, rdata[1], gateway, origin)) {
    return Unexpected(TextFault{concat("this is no gateway of type ", rdata[1]), gateway});
  }
  if (!append_key(rdata, text)) return Unexpected(TextFault{"the key is not Base64"});
  return rdata;
}

}  // namespace inlet53::zone
