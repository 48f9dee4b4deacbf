// SPDX-License-Identifier: Apache-2.0
#include "rdata_parser.h"

#include <algorithm>
#include <optional>

#include "master_scanner.h"

#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {
namespace {

constexpr size_t kMaxRdata = 65535;
constexpr uint16_t kDsync = 66;
constexpr uint16_t kAmtrelay = 260;

/// Returns `fault` with its token in the message.
TextFault cite_token(const TextFault& fault) {
  if (fault.token.empty()) return fault;
  return {concat(cite_word(fault.token), ": ", fault.message), fault.token};
}

std::string ldns_text(ldns_status status) {
  const char* text = ldns_get_errorstr_by_id(status);
  return text != nullptr ? text : "ldns rejects it";
}

/// Returns the fields of a type when ldns knows all of them, else null. For SINK, ldns has one
/// field instead of three.
const ldns_rr_descriptor* find_known(uint16_t type) {
  const ldns_rr_descriptor* descriptor = ldns_rr_descript(type);
  if (descriptor == nullptr || type == LDNS_RR_TYPE_SINK) return nullptr;
  for (size_t i = 0; i < std::max<size_t>(1, ldns_rr_descriptor_minimum(descriptor)); ++i) {
    if (ldns_rr_descriptor_field_type(descriptor, i) == LDNS_RDF_TYPE_UNKNOWN) return nullptr;
  }
  return descriptor;
}

/// Parses RDATA of CSYNC without types, which ldns rejects; absent when `text` has another form.
/// Source: RFC 7477 §2.1.1.
std::optional<std::vector<uint8_t>> parse_csync_without_types(std::string_view text) {
  const std::optional<uint64_t> serial = parse_number(next_word(text), UINT32_MAX);
  const std::optional<uint64_t> flags = parse_number(next_word(text), UINT16_MAX);
  if (!serial || !flags || !next_word(text).empty()) return {};
  std::vector<uint8_t> rdata(6);
  store_be32(rdata.data(), static_cast<uint32_t>(*serial));
  store_be16(rdata.data() + 4, static_cast<uint16_t>(*flags));
  return rdata;
}

/// Returns whether the last field of RDATA is missing and optional: a KEY without a key, a CSYNC
/// without types. ldns requires both; `find_rdata_fault` reports a key that is missing in error.
bool ends_early(uint16_t type, Bytes rdata) {
  return (type == LDNS_RR_TYPE_KEY && rdata.size() == 4) ||
         (type == LDNS_RR_TYPE_CSYNC && rdata.size() == 6);
}

}  // namespace

void RdataParser::set_origin(dns::NameView origin) {
  origin_ = dns::Name(origin);
  ldns_origin_.reset(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin.size(), origin.data()));
}

Result<Bytes, TextFault> RdataParser::parse(uint16_t type, std::string_view text) {
  Result<Bytes, TextFault> rdata = parse_fields(type, text);
  if (!rdata) return Unexpected(cite_token(rdata.error()));
  if (const std::optional<std::string> fault = find_rdata_fault(type, *rdata)) {
    return Unexpected(TextFault{*fault});
  }
  return rdata;
}

Result<Bytes, TextFault> RdataParser::parse_fields(uint16_t type, std::string_view text) {
  std::string_view rest = text;
  if (next_word(rest) == "\\#") return parse_generic(type, rest);
  const auto keep =
      [this](Result<std::vector<uint8_t>, TextFault> rdata) -> Result<Bytes, TextFault> {
    if (!rdata) return Unexpected(rdata.error());
    rdata_ = *std::move(rdata);
    return Bytes(rdata_);
  };
  switch (type) {
    case LDNS_RR_TYPE_IPSECKEY:
      return keep(parse_ipseckey(text, origin_.view()));
    case LDNS_RR_TYPE_SVCB:
    case LDNS_RR_TYPE_HTTPS:
      return keep(parse_svcb(text, origin_.view()));
    case kDsync:
      return keep(parse_dsync(text, origin_.view()));
    case kAmtrelay:
      return keep(parse_amtrelay(text, origin_.view()));
    case LDNS_RR_TYPE_KEY:
      return keep(parse_key(text));
    case LDNS_RR_TYPE_ATMA:
      return keep(parse_atma(text));
    case LDNS_RR_TYPE_CSYNC:
      if (auto rdata = parse_csync_without_types(text)) return keep(*std::move(rdata));
      return parse_known(type, text);
    default:
      return parse_known(type_with_same_fields(type), text);
  }
}

Result<Bytes, TextFault> RdataParser::parse_known(uint16_t type, std::string_view text) {
  const ldns_rr_descriptor* descriptor = find_known(type);
  if (descriptor == nullptr) {
    return Unexpected(TextFault{"this type's RDATA is only known as \\# length hex (RFC 3597)"});
  }
  if (text.size() > kMaxText) {
    return Unexpected(TextFault{"the RDATA is too long; \\# length hex takes it (RFC 3597)"});
  }
  if (const std::optional<TextFault> fault = find_misread_word(*descriptor, text)) {
    return Unexpected(*fault);
  }
  line_ = concat(". 0 IN TYPE", type, text_for_ldns(*descriptor, text));
  ldns_rr* parsed = nullptr;
  const ldns_status status =
      ldns_rr_new_frm_str(&parsed, line_.c_str(), 0, ldns_origin_.get(), nullptr);
  const LdnsRr rr(parsed);
  if (status != LDNS_STATUS_OK) {
    return Unexpected(find_refused_word(*descriptor, text, ldns_text(status)));
  }
  return join_fields(*rr);
}

Result<Bytes, TextFault> RdataParser::join_fields(const ldns_rr& rr) {
  rdata_.clear();
  for (size_t i = 0; i < ldns_rr_rd_count(&rr); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(&rr, i);
    if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME && ldns_rdf_size(field) > dns::kMaxName) {
      return Unexpected(TextFault{"a name is over 255 octets"});
    }
    const uint8_t* octets = ldns_rdf_data(field);
    rdata_.insert(rdata_.end(), octets, octets + ldns_rdf_size(field));
  }
  if (rdata_.size() > kMaxRdata) return Unexpected(TextFault{"the RDATA is over 65535 octets"});
  return Bytes(rdata_);
}

// RFC 3597 §5.
Result<Bytes, TextFault> RdataParser::parse_generic(uint16_t type, std::string_view text) {
  const std::optional<uint64_t> size = parse_number(next_word(text), kMaxRdata);
  if (!size) return Unexpected(TextFault{"\\# needs the number of octets, 0 to 65535"});
  std::vector<uint8_t> octets;
  if (!append_hex(text, octets)) return Unexpected(TextFault{"\\# takes pairs of hex digits"});
  if (octets.size() != *size) {
    return Unexpected(TextFault{concat("\\# ", *size, " comes with ", octets.size(), " octets")});
  }
  const uint16_t known = type_with_same_fields(type);
  const ldns_rr_descriptor* descriptor = find_known(known);
  if (descriptor != nullptr && !ends_early(known, octets) &&
      !has_shape(*descriptor, known, octets)) {
    return Unexpected(TextFault{concat("the octets are not the RDATA of ", dns::type_text(type))});
  }
  rdata_ = std::move(octets);
  return Bytes(rdata_);
}

// Parses RDATA with ldns and composes it again: the result must be equal. It differs for a
// compressed name, which RFC 3597 §4 forbids.
bool RdataParser::has_shape(const ldns_rr_descriptor& descriptor, uint16_t type, Bytes rdata) {
  std::vector<uint8_t> wire(2);
  store_be16(wire.data(), static_cast<uint16_t>(rdata.size()));
  wire.insert(wire.end(), rdata.begin(), rdata.end());
  const LdnsRr rr(ldns_rr_new());
  ldns_rr_set_type(rr.get(), static_cast<ldns_rr_type>(type));
  size_t position = 0;
  if (ldns_wire2rdf(rr.get(), wire.data(), wire.size(), &position) != LDNS_STATUS_OK) return false;
  if (ldns_rr_rd_count(rr.get()) < ldns_rr_descriptor_minimum(&descriptor)) return false;
  const Result<Bytes, TextFault> same = join_fields(*rr);
  return same && std::ranges::equal(*same, rdata);
}

}  // namespace inlet53::zone
