// SPDX-License-Identifier: Apache-2.0
#include "presentation.h"

#include <algorithm>
#include <array>

#include "inlet53/base/base64.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/dns/types.h"

namespace inlet53::dns {

void TextSink::put_type(uint16_t type) noexcept {
  char text[16];
  put({text, write_type(type, text)});
}

void TextSink::put_hex(Bytes octets) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const uint8_t octet : octets) {
    const char pair[] = {kDigits[octet >> 4], kDigits[octet & 0x0F]};
    put({pair, sizeof pair});
  }
}

void TextSink::put_base64(Bytes octets) noexcept {
  for (size_t at = 0; at < octets.size(); at += 3) {
    const auto text = base64_group(octets.subspan(at, std::min<size_t>(3, octets.size() - at)));
    put({text.data(), text.size()});
  }
}

void TextSink::put_base32hex(Bytes octets) noexcept {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
  uint32_t bits = 0;  // not written yet, in the low bits
  unsigned count = 0;
  for (const uint8_t octet : octets) {
    bits = (bits << 8) | octet;
    for (count += 8; count >= 5; count -= 5) put(kDigits[(bits >> (count - 5)) & 0x1F]);
  }
  if (count > 0) put(kDigits[(bits << (5 - count)) & 0x1F]);
}

void TextSink::put_escaped(uint8_t octet) noexcept {
  if (octet < 0x20 || octet > 0x7E) {
    char text[4];
    write_decimal_escape(octet, text);
    put({text, sizeof text});
    return;
  }
  if (octet == '"' || octet == '\\') put('\\');
  put(static_cast<char>(octet));
}

void TextSink::put_quoted(Bytes octets) noexcept {
  put('"');
  for (const uint8_t octet : octets) put_escaped(octet);
  put('"');
}

namespace {

enum class Form : uint8_t { Plain, Backslash, Decimal };

// The form of ldns, with the quotation mark escaped too: in a master file, `"` would begin a quoted
// string.
constexpr auto kForms = [] {
  std::array<Form, 256> out{};
  for (size_t octet = 0; octet < out.size(); ++octet) {
    out[octet] = octet > 0x20 && octet < 0x7F ? Form::Plain : Form::Decimal;
  }
  for (const uint8_t special : {'.', '\\', '"', '(', ')', ';'}) out[special] = Form::Backslash;
  return out;
}();

char* write_octet(uint8_t octet, char* out) noexcept {
  switch (kForms[octet]) {
    case Form::Decimal:
      return write_decimal_escape(octet, out);
    case Form::Backslash:
      *out++ = '\\';
      [[fallthrough]];
    case Form::Plain:
      *out++ = static_cast<char>(octet);
  }
  return out;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Parses the escape at the start of `text` and removes it from `text`.
std::optional<uint8_t> parse_escape(std::string_view& text) noexcept {
  text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  if (!is_digit(text[0])) {
    const auto octet = static_cast<uint8_t>(text[0]);
    text.remove_prefix(1);
    return octet;
  }
  if (text.size() < 3 || !is_digit(text[1]) || !is_digit(text[2])) return std::nullopt;
  const int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  if (value > 255) return std::nullopt;
  text.remove_prefix(3);
  return static_cast<uint8_t>(value);
}

// RFC 1876 §2: "the high four bits are the base, the low four bits the power of ten", in cm.
uint64_t read_size(RdataReader& rdata) noexcept {
  const uint8_t field = rdata.u8();
  const unsigned base = field >> 4;
  const unsigned power = field & 0x0F;
  rdata.require(base <= 9 && power <= 9);
  uint64_t size = base;
  for (unsigned i = 0; i < power && power <= 9; ++i) size *= 10;
  return size;
}

void put_metres(uint64_t centimetres, TextSink& text) noexcept {
  text.put_number(centimetres / 100);
  text.put('.');
  text.put_padded(centimetres % 100, 2);
  text.put('m');
}

// Writes an angle, given in thousandths of a second of arc with the equator or the prime meridian
// at 2^31.
void write_angle(RdataReader& rdata, uint32_t max_degrees, std::string_view hemispheres,
                 TextSink& text) noexcept {
  constexpr uint32_t kZero = uint32_t{1} << 31;
  constexpr uint32_t kSecond = 1000, kMinute = 60 * kSecond, kDegree = 60 * kMinute;
  const uint32_t field = rdata.u32();
  const uint32_t angle = field >= kZero ? field - kZero : kZero - field;
  rdata.require(angle <= max_degrees * kDegree);
  text.put_number(angle / kDegree);
  text.put(' ');
  text.put_padded(angle % kDegree / kMinute, 2);
  text.put(' ');
  text.put_padded(angle % kMinute / kSecond, 2);
  text.put('.');
  text.put_padded(angle % kSecond, 3);
  text.put(' ');
  text.put(field >= kZero ? hemispheres[0] : hemispheres[1]);
  text.put(' ');
}

// Writes an altitude, given in centimetres above a base 100,000 m below the reference spheroid.
void write_altitude(uint32_t field, TextSink& text) noexcept {
  constexpr uint32_t kBase = 10'000'000;
  if (field < kBase) text.put('-');
  put_metres(field >= kBase ? field - kBase : kBase - field, text);
}

enum class SvcKey : uint16_t {
  Mandatory,
  Alpn,
  NoDefaultAlpn,
  Port,
  Ipv4Hint,
  Ech,
  Ipv6Hint,
  DohPath,
};

void write_key(uint16_t key, TextSink& text) noexcept {
  constexpr std::string_view kKeys[] = {
      "mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath",
  };
  if (key < std::size(kKeys)) {
    text.put(kKeys[key]);
  } else {
    text.put("key");
    text.put_number(key);
  }
}

// RFC 9460 appendix A: `non-special`, which need no quotation marks.
bool is_plain(uint8_t octet) noexcept {
  constexpr std::string_view kSpecial = "\"();\\";
  return octet > 0x20 && octet < 0x7F &&
         kSpecial.find(static_cast<char>(octet)) == std::string_view::npos;
}

void write_value(Bytes value, TextSink& text) noexcept {
  if (std::all_of(value.begin(), value.end(), is_plain)) {
    text.put(as_text(value));
  } else {
    text.put_quoted(value);
  }
}

void write_mandatory(RdataReader& value, TextSink& text) noexcept {
  write_key(value.u16(), text);
  while (!value.at_end()) {
    text.put(',');
    write_key(value.u16(), text);
  }
}

// RFC 9460 appendix A.1: within an id of the list, `,` and `\` get a backslash. The whole list is
// then a character string, whose escapes are added to these.
void write_alpn_id(Bytes id, TextSink& text) noexcept {
  for (const uint8_t octet : id) {
    if (octet == ',' || octet == '\\') text.put("\\\\");
    text.put_escaped(octet);
  }
}

void write_alpn(Bytes value, RdataReader& rdata, TextSink& text) noexcept {
  bool plain = true;
  RdataReader looked(value);
  do {
    const Bytes id = looked.string();
    looked.require(!id.empty());
    plain = plain && std::all_of(id.begin(), id.end(),
                                 [](uint8_t octet) { return is_plain(octet) && octet != ','; });
  } while (!looked.at_end());
  rdata.require(!looked.broken());

  if (!plain) text.put('"');
  RdataReader ids(value);
  write_alpn_id(ids.string(), text);
  while (!ids.at_end()) {
    text.put(',');
    write_alpn_id(ids.string(), text);
  }
  if (!plain) text.put('"');
}

void write_addresses(RdataReader& value, size_t address_size, TextSink& text) noexcept {
  bool first = true;
  do {
    const Bytes octets = value.octets(address_size);
    if (octets.empty()) return;
    if (!first) text.put(',');
    first = false;
    char address[IpAddress::kMaxText];
    text.put({address, IpAddress::from_bytes(octets).write_text(address)});
  } while (!value.at_end());
}

void write_param(uint16_t key, Bytes octets, RdataReader& rdata, TextSink& text) noexcept {
  write_key(key, text);
  if (key == static_cast<uint16_t>(SvcKey::NoDefaultAlpn)) return rdata.require(octets.empty());
  if (octets.empty() && key > static_cast<uint16_t>(SvcKey::DohPath)) return;
  text.put('=');
  RdataReader value(octets);
  switch (static_cast<SvcKey>(key)) {
    case SvcKey::Mandatory:
      write_mandatory(value, text);
      break;
    case SvcKey::Alpn:
      write_alpn(value.rest(), value, text);
      break;
    case SvcKey::Port:
      text.put_number(value.u16());
      break;
    case SvcKey::Ipv4Hint:
      write_addresses(value, 4, text);
      break;
    case SvcKey::Ipv6Hint:
      write_addresses(value, 16, text);
      break;
    case SvcKey::Ech:
      value.require(!octets.empty());
      text.put_base64(value.rest());
      break;
    case SvcKey::DohPath:
      value.require(!octets.empty());
      [[fallthrough]];
    default:
      write_value(value.rest(), text);
  }
  rdata.require(!value.broken() && value.at_end());
}

}  // namespace

size_t write_name_text(NameView name, char* out) noexcept {
  char* at = out;
  const uint8_t* label = name.data();
  if (*label == 0) *at++ = '.';
  while (*label != 0) {
    const uint8_t* end = label + 1 + *label;
    for (const uint8_t* octet = label + 1; octet != end; ++octet) {
      if (kForms[*octet] == Form::Plain) {
        *at++ = static_cast<char>(*octet);
      } else {
        at = write_octet(*octet, at);
      }
    }
    *at++ = '.';
    label = end;
  }
  return static_cast<size_t>(at - out);
}

std::optional<LabelText> parse_label_text(std::string_view text) noexcept {
  std::optional<LabelText> label(std::in_place);
  const size_t whole = text.size();
  while (!text.empty() && text[0] != '.') {
    uint8_t octet;
    if (text[0] == '\\') {
      const auto escaped = parse_escape(text);
      if (!escaped) return std::nullopt;
      octet = *escaped;
    } else {
      octet = static_cast<uint8_t>(text[0]);
      text.remove_prefix(1);
    }
    if (label->size == kMaxLabel) return std::nullopt;
    label->octets[label->size++] = octet;
  }
  if (!text.empty()) text.remove_prefix(1);
  label->text_size = whole - text.size();
  return label;
}

void write_loc(RdataReader& rdata, TextSink& text) noexcept {
  rdata.require(rdata.u8() == 0);  // version
  const uint64_t size = read_size(rdata);
  const uint64_t horizontal = read_size(rdata);
  const uint64_t vertical = read_size(rdata);
  write_angle(rdata, 90, "NS", text);
  write_angle(rdata, 180, "EW", text);
  write_altitude(rdata.u32(), text);
  for (const uint64_t length : {size, horizontal, vertical}) {
    text.put(' ');
    put_metres(length, text);
  }
}

void write_svc_params(RdataReader& rdata, TextSink& text) noexcept {
  int last_key = -1;
  while (!rdata.at_end()) {
    const uint16_t key = rdata.u16();
    const Bytes value = rdata.octets(rdata.u16());
    // RFC 9460 §2.2: "SvcParamKeys SHALL appear in increasing numeric order."
    rdata.require(key > last_key);
    if (rdata.broken()) return;
    last_key = key;
    text.put(' ');
    write_param(key, value, rdata, text);
  }
}

}  // namespace inlet53::dns
