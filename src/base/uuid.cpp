#include "inlet53/base/uuid.h"

#include <array>
#include <cstdint>

#include <sys/random.h>

#include "inlet53/base/check.h"

namespace inlet53 {

namespace {

constexpr size_t kMaxDigits = 64;

}  // namespace

std::string random_hex(size_t digits) {
  INLET53_CHECK(digits <= kMaxDigits);
  std::array<uint8_t, kMaxDigits / 2> octets;
  const size_t size = (digits + 1) / 2;
  // Up to 256 octets it neither fails nor is interrupted once the system has seeded itself.
  INLET53_CHECK(getrandom(octets.data(), size, 0) == static_cast<ssize_t>(size));
  std::string text(digits, '0');
  for (size_t i = 0; i < digits; ++i) {
    const unsigned octet = octets[i / 2];
    text[i] = "0123456789abcdef"[i % 2 == 0 ? octet >> 4 : octet & 15];
  }
  return text;
}

std::string random_uuid() {
  std::string text = random_hex(32);
  text[12] = '4';
  const char variant = text[16];
  text[16] = "89ab"[variant & 3];
  for (const size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace inlet53
