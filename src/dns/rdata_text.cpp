// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/rdata_text.h"

#include <algorithm>
#include <cctype>
#include <chrono>

#include "presentation.h"

#include "inlet53/base/ip_address.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

namespace {

// The formats of one field of RDATA.
enum class Field : uint8_t {
  None,
  Name,
  U8,
  U16,
  U32,
  Ipv4,
  Ipv6,
  Type,
  Time,        // seconds since 1970 as YYYYMMDDHHmmSS (RFC 4034 §3.2)
  String,      // one character string
  Salt,        // length and bytes as hex, `-` when empty (RFC 5155 §3.3)
  NextHashed,  // length and bytes as base32hex (RFC 5155 §3.3)
  Tag,         // length and letters or digits, without quotes (RFC 8659 §4.1)
  Ilnp64,      // four groups of hex digits (RFC 6742 §2.2)
  Eui48,       // hex pairs (RFC 7043)
  Eui64,
  Loc,
  Strings,     // to the end: one or more character strings
  LongString,  // to the end: one character string without length (RFC 8659 §4.1, RFC 7553 §4.4)
  Base64,      // to the end, not empty
  Hex,         // to the end, not empty
  TypeBitmap,  // to the end (RFC 4034 §4.1.2)
  SvcParams,   // to the end
};

struct Shape {
  uint16_t type;
  Field fields[9];  // ends with the first None
};

constexpr uint16_t number(RRType type) noexcept { return static_cast<uint16_t>(type); }

using enum Field;
constexpr Shape kShapes[] = {
    {number(RRType::A), {Ipv4}},
    {number(RRType::NS), {Name}},
    {3, {Name}},  // MD
    {4, {Name}},  // MF
    {number(RRType::CNAME), {Name}},
    {number(RRType::SOA), {Name, Name, U32, U32, U32, U32, U32}},
    {7, {Name}},  // MB
    {8, {Name}},  // MG
    {9, {Name}},  // MR
    {number(RRType::PTR), {Name}},
    {number(RRType::HINFO), {String, String}},
    {14, {Name, Name}},  // MINFO
    {number(RRType::MX), {U16, Name}},
    {number(RRType::TXT), {Strings}},
    {number(RRType::RP), {Name, Name}},
    {number(RRType::AFSDB), {U16, Name}},
    {19, {String}},  // X25
    {number(RRType::RT), {U16, Name}},
    {number(RRType::SIG), {Type, U8, U8, U32, Time, Time, U16, Name, Base64}},
    {25, {U16, U8, U8, Base64}},  // KEY
    {number(RRType::PX), {U16, Name, Name}},
    {27, {String, String, String}},  // GPOS
    {number(RRType::AAAA), {Ipv6}},
    {29, {Loc}},  // LOC
    {31, {Hex}},  // EID
    {32, {Hex}},  // NIMLOC
    {number(RRType::SRV), {U16, U16, U16, Name}},
    {number(RRType::NAPTR), {U16, U16, String, String, String, Name}},
    {number(RRType::KX), {U16, Name}},
    {37, {U16, U16, U8, Base64}},  // CERT
    {number(RRType::DNAME), {Name}},
    {number(RRType::DS), {U16, U8, U8, Hex}},
    {number(RRType::SSHFP), {U8, U8, Hex}},
    {number(RRType::RRSIG), {Type, U8, U8, U32, Time, Time, U16, Name, Base64}},
    {number(RRType::NSEC), {Name, TypeBitmap}},
    {number(RRType::DNSKEY), {U16, U8, U8, Base64}},
    {49, {Base64}},  // DHCID
    {number(RRType::NSEC3), {U8, U8, U16, Salt, NextHashed, TypeBitmap}},
    {number(RRType::NSEC3PARAM), {U8, U8, U16, Salt}},
    {number(RRType::TLSA), {U8, U8, U8, Hex}},
    {number(RRType::SMIMEA), {U8, U8, U8, Hex}},
    {58, {Name, Name}},           // TALINK
    {59, {U16, U8, U8, Hex}},     // CDS
    {60, {U16, U8, U8, Base64}},  // CDNSKEY
    {number(RRType::OPENPGPKEY), {Base64}},
    {62, {U32, U16, TypeBitmap}},  // CSYNC
    {63, {U32, U8, U8, Hex}},      // ZONEMD
    {number(RRType::SVCB), {U16, Name, SvcParams}},
    {number(RRType::HTTPS), {U16, Name, SvcParams}},
    {number(RRType::SPF), {Strings}},
    {104, {U16, Ilnp64}},  // NID
    {105, {U16, Ipv4}},    // L32
    {106, {U16, Ilnp64}},  // L64
    {107, {U16, Name}},    // LP
    {108, {Eui48}},
    {109, {Eui64}},
    {number(RRType::URI), {U16, U16, LongString}},
    {number(RRType::CAA), {U8, Tag, LongString}},
    {32769, {U16, U8, U8, Hex}},  // DLV
};

const Shape* find_shape(uint16_t type) noexcept {
  const auto* shape = std::lower_bound(std::begin(kShapes), std::end(kShapes), type,
                                       [](const Shape& s, uint16_t t) { return s.type < t; });
  return shape != std::end(kShapes) && shape->type == type ? shape : nullptr;
}

static_assert(std::is_sorted(std::begin(kShapes), std::end(kShapes),
                             [](const Shape& a, const Shape& b) { return a.type < b.type; }));

void write_address(Bytes octets, TextSink& text) noexcept {
  if (octets.empty()) return;
  char address[IpAddress::kMaxText];
  text.put({address, IpAddress::from_bytes(octets).write_text(address)});
}

// RFC 4034 §3.1.5: seconds since 1970 in 32 bits; unsigned, which suffices until 2106.
void write_time(uint32_t seconds, TextSink& text) noexcept {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  text.put_padded(static_cast<uint64_t>(static_cast<int>(date.year())), 4);
  text.put_padded(static_cast<unsigned>(date.month()), 2);
  text.put_padded(static_cast<unsigned>(date.day()), 2);
  text.put_padded(static_cast<uint64_t>(clock.hours().count()), 2);
  text.put_padded(static_cast<uint64_t>(clock.minutes().count()), 2);
  text.put_padded(static_cast<uint64_t>(clock.seconds().count()), 2);
}

void write_strings(RdataReader& rdata, TextSink& text) noexcept {
  text.put_quoted(rdata.string());
  while (!rdata.at_end()) {
    text.put(' ');
    text.put_quoted(rdata.string());
  }
}

void write_salt(Bytes salt, TextSink& text) noexcept {
  if (salt.empty()) text.put('-');
  text.put_hex(salt);
}

void write_tag(RdataReader& rdata, TextSink& text) noexcept {
  const Bytes tag = rdata.string();
  rdata.require(!tag.empty() && std::all_of(tag.begin(), tag.end(), [](uint8_t octet) {
    return octet < 0x80 && std::isalnum(octet) != 0;
  }));
  text.put(as_text(tag));
}

void write_groups(Bytes octets, size_t group, char separator, TextSink& text) noexcept {
  for (size_t at = 0; at < octets.size(); at += group) {
    if (at > 0) text.put(separator);
    text.put_hex(octets.subspan(at, group));
  }
}

// RFC 4034 §4.1.2: window number, length 1-32, bits from the left. Windows ascend, and none is
// empty or ends with a zero byte.
void write_type_bitmap(RdataReader& rdata, TextSink& text) noexcept {
  int last_window = -1;
  while (!rdata.at_end()) {
    const uint8_t window = rdata.u8();
    const Bytes bits = rdata.string();
    rdata.require(window > last_window && !bits.empty() && bits.size() <= 32 && bits.back() != 0);
    if (rdata.broken()) return;
    last_window = window;
    for (size_t i = 0; i < 8 * bits.size(); ++i) {
      if ((bits[i / 8] & (0x80 >> (i % 8))) == 0) continue;
      text.put(' ');
      text.put_type(static_cast<uint16_t>(size_t{window} << 8 | i));
    }
  }
}

void write_blob(Field field, RdataReader& rdata, TextSink& text) noexcept {
  rdata.require(!rdata.at_end());
  field == Base64 ? text.put_base64(rdata.rest()) : text.put_hex(rdata.rest());
}

void write_field(Field field, RdataReader& rdata, TextSink& text) noexcept {
  switch (field) {
    case None:
      return;
    case Name:
      return text.put_name(rdata.name());
    case U8:
      return text.put_number(rdata.u8());
    case U16:
      return text.put_number(rdata.u16());
    case U32:
      return text.put_number(rdata.u32());
    case Ipv4:
      return write_address(rdata.octets(4), text);
    case Ipv6:
      return write_address(rdata.octets(16), text);
    case Type:
      return text.put_type(rdata.u16());
    case Time:
      return write_time(rdata.u32(), text);
    case String:
      return text.put_quoted(rdata.string());
    case Salt:
      return write_salt(rdata.string(), text);
    case NextHashed: {
      const Bytes hash = rdata.string();
      rdata.require(!hash.empty());
      return text.put_base32hex(hash);
    }
    case Tag:
      return write_tag(rdata, text);
    case Ilnp64:
      return write_groups(rdata.octets(8), 2, ':', text);
    case Eui48:
      return write_groups(rdata.octets(6), 1, '-', text);
    case Eui64:
      return write_groups(rdata.octets(8), 1, '-', text);
    case Loc:
      return write_loc(rdata, text);
    case Strings:
      return write_strings(rdata, text);
    case LongString:
      return text.put_quoted(rdata.rest());
    case Base64:
    case Hex:
      return write_blob(field, rdata, text);
    case TypeBitmap:
      return write_type_bitmap(rdata, text);
    case SvcParams:
      return write_svc_params(rdata, text);
  }
}

// Returns false when the RDATA does not have the format.
bool write_shape(const Shape& shape, Bytes rdata, TextSink& text) noexcept {
  RdataReader reader(rdata);
  bool first = true;
  for (const Field field : shape.fields) {
    if (field == None) break;
    // These two formats write a space before each of their parts, and may have no part.
    const bool spaced = field == TypeBitmap || field == SvcParams;
    if (!first && !spaced) text.put(' ');
    first = false;
    write_field(field, reader, text);
    if (reader.broken()) return false;
  }
  return reader.at_end();
}

// RFC 3597 §5.
size_t write_generic(Bytes rdata, char* out, size_t capacity) noexcept {
  TextSink text(out, capacity);
  text.put("\\# ");
  text.put_number(rdata.size());
  if (!rdata.empty()) text.put(' ');
  text.put_hex(rdata);
  return text.overflowed() ? 0 : text.size();
}

}  // namespace

size_t write_rdata_text(uint16_t type, Bytes rdata, char* out, size_t capacity) noexcept {
  if (const Shape* shape = find_shape(type)) {
    const size_t bound = max_rdata_text(rdata.size());
    TextSink text(out, std::min(capacity, bound));
    if (write_shape(*shape, rdata, text)) {
      if (!text.overflowed()) return text.size();
      if (capacity < bound) return 0;
    }
  }
  return write_generic(rdata, out, capacity);
}

std::string rdata_text(uint16_t type, Bytes rdata) {
  std::string text(max_rdata_text(rdata.size()), '\0');
  text.resize(write_rdata_text(type, rdata, text.data(), text.size()));
  return text;
}

}  // namespace inlet53::dns
