// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/random.h"

#include <cerrno>
#include <cstring>

#include <sys/random.h>

#include "inlet53/base/check.h"

namespace inlet53 {

namespace {

constexpr size_t kMaxDigits = 64;

}  // namespace

RandomBytes::~RandomBytes() { explicit_bzero(bytes_.data(), bytes_.size()); }

void RandomBytes::fill() noexcept {
  size_t filled = 0;
  while (filled < kStore) {
    const ssize_t count = getrandom(bytes_.data() + filled, kStore - filled, 0);
    // The call can only be interrupted. After any other failure no safe value exists.
    INLET53_CHECK(count > 0 || errno == EINTR);
    if (count > 0) filled += static_cast<size_t>(count);
  }
  used_ = 0;
}

std::string random_hex(size_t digits) {
  INLET53_CHECK(digits <= kMaxDigits);
  std::array<uint8_t, kMaxDigits / 2> bytes;
  const size_t size = (digits + 1) / 2;
  // Up to 256 bytes it does not fail and is not interrupted once the system has seeded its
  // generator.
  INLET53_CHECK(getrandom(bytes.data(), size, 0) == static_cast<ssize_t>(size));
  std::string text(digits, '0');
  for (size_t i = 0; i < digits; ++i) {
    const unsigned byte = bytes[i / 2];
    text[i] = "0123456789abcdef"[i % 2 == 0 ? byte >> 4 : byte & 15];
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
