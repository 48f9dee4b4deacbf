#include "svcb_text.h"

#include <algorithm>

#include "inlet53/base/ip_address.h"

namespace inlet53::dns {

namespace {

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

// RFC 9460 appendix A: `non-special`, which stand in a value without quotation marks.
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

// Within an id of the list, RFC 9460 appendix A.1 puts a backslash before `,` and `\`; the whole is
// then a character string and is escaped once more.
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
