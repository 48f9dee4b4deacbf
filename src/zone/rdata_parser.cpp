#include "rdata_parser.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "ipseckey_rdata.h"
#include "master_scanner.h"
#include "master_ttl.h"

#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"

namespace inlet53::zone {
namespace {

constexpr size_t kMaxRdata = 65535;

std::string ldns_text(ldns_status status) {
  const char* text = ldns_get_errorstr_by_id(status);
  return text != nullptr ? text : "ldns refuses it";
}

/// The number of a whole word; absent when it is none or over `max`.
std::optional<uint64_t> parse_number(std::string_view word, uint64_t max) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size() || number > max) return {};
  return number;
}

/// True when ldns would take `word` for the origin although it is not `@`: `@.x`, `\\064.x`.
bool is_taken_for_origin(std::string_view word) {
  if (word == "@") return false;
  const std::optional<dns::Name> name = dns::Name::parse_text(word);
  return name && name->view().data()[0] == 1 && name->view().data()[1] == '@';
}

/// False when ldns would take `word` for something else than it is in a field of this kind.
bool fits_field(ldns_rdf_type field, std::string_view word) {
  switch (static_cast<int>(field)) {
    case LDNS_RDF_TYPE_INT8:
      return parse_number(word, UINT8_MAX).has_value();
    case LDNS_RDF_TYPE_INT16:
      return parse_number(word, UINT16_MAX).has_value();
    case LDNS_RDF_TYPE_INT32:
      return parse_number(word, UINT32_MAX).has_value();
    case LDNS_RDF_TYPE_PERIOD:
      return parse_ttl(word).has_value();
    case LDNS_RDF_TYPE_DNAME:
      return !is_taken_for_origin(word);
    default:
      return true;
  }
}

/// The first word that does not fit its field; empty when there is none.
std::string_view find_misfit(const ldns_rr_descriptor& descriptor, std::string_view text) {
  for (size_t i = 0; i < ldns_rr_descriptor_minimum(&descriptor); ++i) {
    const std::string_view word = take_word(text);
    if (word.empty()) break;
    if (!fits_field(ldns_rr_descriptor_field_type(&descriptor, i), word)) return word;
  }
  return {};
}

/// The type's fields when ldns knows all of them, else null. It gives SINK one field of its three.
const ldns_rr_descriptor* find_known(uint16_t type) {
  const ldns_rr_descriptor* descriptor = ldns_rr_descript(type);
  if (descriptor == nullptr || type == LDNS_RR_TYPE_SINK) return nullptr;
  for (size_t i = 0; i < std::max<size_t>(1, ldns_rr_descriptor_minimum(descriptor)); ++i) {
    if (ldns_rr_descriptor_field_type(descriptor, i) == LDNS_RDF_TYPE_UNKNOWN) return nullptr;
  }
  return descriptor;
}

/// The words of `text`, with quotes around one that ldns takes in quotes only: the value of CAA and
/// URI, which RFC 8659 §4.1.1 also has without.
std::string quote_long_words(const ldns_rr_descriptor& descriptor, std::string_view text) {
  std::string out;
  for (size_t i = 0;; ++i) {
    const std::string_view word = take_word(text);
    if (word.empty()) return out;
    const bool is_long = i < ldns_rr_descriptor_minimum(&descriptor) &&
                         ldns_rr_descriptor_field_type(&descriptor, i) == LDNS_RDF_TYPE_LONG_STR;
    const bool needs_quotes = is_long && word.front() != '"';
    out += needs_quotes ? concat(" \"", word, "\"") : concat(" ", word);
  }
}

std::optional<uint8_t> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return {};
}

/// Appends the octets of hex digits, which white space may stand between. False when it is no hex.
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

}  // namespace

void RdataParser::set_origin(dns::NameView origin) {
  origin_ = dns::Name(origin);
  ldns_origin_.reset(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin.size(), origin.data()));
}

Result<Bytes, std::string> RdataParser::parse(uint16_t type, std::string_view text) {
  std::string_view rest = text;
  if (take_word(rest) == "\\#") return parse_generic(type, rest);
  if (type != LDNS_RR_TYPE_IPSECKEY) return parse_known(type, text);
  Result<std::vector<uint8_t>, std::string> rdata = parse_ipseckey(text, origin_.view());
  if (!rdata) return Unexpected(rdata.error());
  rdata_ = *std::move(rdata);
  return Bytes(rdata_);
}

Result<Bytes, std::string> RdataParser::parse_known(uint16_t type, std::string_view text) {
  const ldns_rr_descriptor* descriptor = find_known(type);
  if (descriptor == nullptr) {
    return Unexpected(std::string("this type's RDATA is only known as \\# length hex (RFC 3597)"));
  }
  if (text.size() > kMaxText) {
    return Unexpected(std::string("the RDATA is too long; \\# length hex takes it (RFC 3597)"));
  }
  const std::string_view misfit = find_misfit(*descriptor, text);
  if (!misfit.empty()) return Unexpected(concat(misfit, " does not fit its field"));

  line_ = concat(". 0 IN TYPE", type, quote_long_words(*descriptor, text));
  ldns_rr* parsed = nullptr;
  const ldns_status status =
      ldns_rr_new_frm_str(&parsed, line_.c_str(), 0, ldns_origin_.get(), nullptr);
  const LdnsRr rr(parsed);
  if (status != LDNS_STATUS_OK) return Unexpected(ldns_text(status));
  return take_fields(*rr);
}

Result<Bytes, std::string> RdataParser::take_fields(const ldns_rr& rr) {
  rdata_.clear();
  for (size_t i = 0; i < ldns_rr_rd_count(&rr); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(&rr, i);
    if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME && ldns_rdf_size(field) > dns::kMaxName) {
      return Unexpected(std::string("a name is over 255 octets"));
    }
    const uint8_t* octets = ldns_rdf_data(field);
    rdata_.insert(rdata_.end(), octets, octets + ldns_rdf_size(field));
  }
  if (rdata_.size() > kMaxRdata) return Unexpected(std::string("the RDATA is over 65535 octets"));
  return Bytes(rdata_);
}

// RFC 3597 §5.
Result<Bytes, std::string> RdataParser::parse_generic(uint16_t type, std::string_view text) {
  const std::optional<uint64_t> size = parse_number(take_word(text), kMaxRdata);
  if (!size) return Unexpected(std::string("\\# needs the number of octets, 0 to 65535"));
  std::vector<uint8_t> octets;
  if (!append_hex(text, octets)) return Unexpected(std::string("\\# takes pairs of hex digits"));
  if (octets.size() != *size) {
    return Unexpected(concat("\\# ", *size, " comes with ", octets.size(), " octets"));
  }
  const ldns_rr_descriptor* descriptor = find_known(type);
  if (descriptor != nullptr && !has_shape(*descriptor, type, octets)) {
    return Unexpected(concat("the octets are not the RDATA of ", dns::type_text(type)));
  }
  rdata_ = std::move(octets);
  return Bytes(rdata_);
}

// Read by ldns and put together again, the RDATA is the same. A compressed name's, which RFC 3597
// §4 forbids, is not.
bool RdataParser::has_shape(const ldns_rr_descriptor& descriptor, uint16_t type, Bytes rdata) {
  std::vector<uint8_t> wire(2);
  store_be16(wire.data(), static_cast<uint16_t>(rdata.size()));
  wire.insert(wire.end(), rdata.begin(), rdata.end());
  const LdnsRr rr(ldns_rr_new());
  ldns_rr_set_type(rr.get(), static_cast<ldns_rr_type>(type));
  size_t position = 0;
  if (ldns_wire2rdf(rr.get(), wire.data(), wire.size(), &position) != LDNS_STATUS_OK) return false;
  if (ldns_rr_rd_count(rr.get()) < ldns_rr_descriptor_minimum(&descriptor)) return false;
  const Result<Bytes, std::string> same = take_fields(*rr);
  return same && std::ranges::equal(*same, rdata);
}

}  // namespace inlet53::zone
