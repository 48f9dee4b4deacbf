#include "loc_text.h"

namespace inlet53::dns {

namespace {

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

// Thousandths of a second of arc, with the equator or the prime meridian at 2^31.
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

// Centimetres above a base 100,000 m below the reference spheroid.
void write_altitude(uint32_t field, TextSink& text) noexcept {
  constexpr uint32_t kBase = 10'000'000;
  if (field < kBase) text.put('-');
  put_metres(field >= kBase ? field - kBase : kBase - field, text);
}

}  // namespace

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

}  // namespace inlet53::dns
