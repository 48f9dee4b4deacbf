#include "answers_json.h"

#include <string_view>

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/rdata_text.h"
#include "inlet53/dns/types.h"

namespace inlet53::record {

namespace {

constexpr std::string_view kElementHead = R"({"Rdata":")";
constexpr std::string_view kElementType = R"(","Type":")";
// A prepared RRset has no other class.
constexpr std::string_view kElementTail = R"(","Class":"IN"},)";
constexpr size_t kMaxTypeText = 16;
// All of an element and its comma but the text of its RDATA.
constexpr size_t kMaxAround =
    kElementHead.size() + kElementType.size() + kMaxTypeText + kElementTail.size();
static_assert(kMaxAround == 52);  // max_elements has the reckoning

constexpr size_t max_element(size_t rdata_size) noexcept {
  return kMaxAround + 2 * dns::max_rdata_text(rdata_size);
}

bool is_address(uint16_t type, Bytes rdata) noexcept {
  return (type == static_cast<uint16_t>(dns::RRType::A) && rdata.size() == 4) ||
         (type == static_cast<uint16_t>(dns::RRType::AAAA) && rdata.size() == 16);
}

char* put_rdata(char* out, uint16_t type, Bytes rdata) noexcept {
  if (is_address(type, rdata)) return out + IpAddress::from_bytes(rdata).write_text(out);
  const size_t room = dns::max_rdata_text(rdata.size());
  return escape_json(out, dns::write_rdata_text(type, rdata, out, room));
}

// From the RDATA's closing quote to the comma, the same for a whole RRset.
size_t write_element_end(uint16_t type, char* out) noexcept {
  char* at = put(out, kElementType);
  at += dns::write_type(type, at);
  return static_cast<size_t>(put(at, kElementTail) - out);
}

}  // namespace

size_t max_elements(const dns::RRsetView& rrset) noexcept {
  constexpr size_t kForEachOctet = max_element(1) - max_element(0);
  const size_t rdata_octets = rrset.records.size() - rrset.count * dns::PreparedRecord::kHead;
  return rrset.count * max_element(0) + rdata_octets * kForEachOctet;
}

char* put_elements(char* out, size_t room, const dns::RRsetView& rrset) noexcept {
  char element_end[kMaxAround];
  const std::string_view end{element_end, write_element_end(rrset.type, element_end)};
  char* at = out;
  for (const dns::PreparedRecord record : rrset) {
    const Bytes rdata = record.rdata();
    if (static_cast<size_t>(at - out) + max_element(rdata.size()) > room) break;
    at = put_rdata(put(at, kElementHead), rrset.type, rdata);
    at = put(at, end);
  }
  return at;
}

char* put_chain(char* out, size_t room, std::span<const AnswerRRset> answers) noexcept {
  char* at = out;
  for (const AnswerRRset& answer : answers) {
    const size_t left = room - static_cast<size_t>(at - out);
    if (!answer.json.empty() && answer.json.size() < left) {
      at = put(at, answer.json);
      *at++ = ',';
    } else {
      at = put_elements(at, left, answer.wire);
    }
  }
  return at == out ? at : at - 1;
}

}  // namespace inlet53::record
