// SPDX-License-Identifier: Apache-2.0
#include "answers_json.h"

#include <cstdint>
#include <string_view>

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/rdata_text.h"
#include "inlet53/dns/types.h"

namespace inlet53::record {
namespace {

bool needs_escape(char c) noexcept { return c == '"' || c == '\\'; }

// Several bytes: GCC and Clang translate operations on them to vector instructions.
using Octets = int8_t __attribute__((vector_size(16)));

// A memcpy for names. The compiler knows that they have at most 255 bytes and would copy them with
// `rep movs`, which takes 13 ns to start: a fifth of a record's time.
void copy_name(char* out, const uint8_t* in, size_t size) noexcept {
  constexpr size_t kBlock = sizeof(Octets);
  if (size < kBlock) {
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(in[i]);
    return;
  }
  for (size_t at = 0; at + kBlock < size; at += kBlock) std::memcpy(out + at, in + at, kBlock);
  std::memcpy(out + size - kBlock, in + size - kBlock, kBlock);
}

// Sets all bits of each byte that is one of `-./0-9:` or one of `]` to `~`: no upper-case letter,
// and no byte that presentation form or JSON escapes, except the dot inside a label. Bytes from
// 0x80 on are negative here.
Octets plain_octets(Octets octets) noexcept {
  return ((octets > '-' - 1) & (octets < ':' + 1)) | ((octets > ']' - 1) & (octets < '~' + 1));
}

size_t sum(Octets octets) noexcept {
  uint64_t halves[2];
  std::memcpy(halves, &octets, sizeof octets);
  return ((halves[0] + halves[1]) * 0x0101010101010101ULL) >> 56;
}

// Returns whether every byte of the text is plain and `labels` of them are dots, so that no dot is
// inside a label. Requires: after the text, as many bytes as Octets has, which are plain and not
// dots.
bool is_plain_name(const char* text, size_t size, size_t labels) noexcept {
  Octets plain = ~Octets{};
  Octets dots{};  // counts, 16 at most
  for (size_t at = 0; at < size; at += sizeof(Octets)) {
    Octets octets;
    std::memcpy(&octets, text + at, sizeof octets);
    plain &= plain_octets(octets);
    dots -= octets == '.';
  }
  return sum(~plain & 1) == 0 && sum(dots) == labels;
}

}  // namespace

char* escape_json(char* text, size_t size) noexcept {
  size_t escapes = 0;
  for (size_t i = 0; i < size; ++i) escapes += needs_escape(text[i]) ? 1 : 0;
  char* const end = text + size + escapes;
  // From the last byte to the first: each read is at or before each write.
  char* to = end;
  for (const char* from = text + size; from != to;) {
    const char c = *--from;
    *--to = c;
    if (needs_escape(c)) *--to = '\\';
  }
  return end;
}

char* put_name(char* out, dns::NameView name) noexcept {
  // The presentation form of a plain name is its wire form, shifted by one byte, with dots instead
  // of lengths.
  const uint8_t* const wire = name.data();
  const size_t size = name.size() - 1;
  copy_name(out, wire + 1, size);
  std::memset(out + size, '-', sizeof(Octets) - 1);
  size_t labels = 0;
  for (size_t at = 0; wire[at] != 0; ++labels) {
    at += size_t{wire[at]} + 1;
    out[at - 1] = '.';
  }
  if (labels > 0 && is_plain_name(out, size, labels)) return out + size;
  return escape_json(out, dns::write_name_text(name, out));
}

namespace {

constexpr std::string_view kElementHead = R"({"Rdata":")";
constexpr std::string_view kElementType = R"(","Type":")";
// Prepared RRsets have class IN only.
constexpr std::string_view kElementTail = R"(","Class":"IN"},)";
constexpr size_t kMaxTypeText = 16;
// Size of an element with its comma, without the text of its RDATA.
constexpr size_t kMaxAround =
    kElementHead.size() + kElementType.size() + kMaxTypeText + kElementTail.size();
static_assert(kMaxAround == 52);  // the comment on max_elements uses this number

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

// Writes the text from the RDATA's closing quote to the comma, which all records of an RRset share.
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
