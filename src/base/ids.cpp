// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/ids.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <sys/random.h>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"

namespace inlet53 {

namespace {

constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";

// FNV-1a, then the splitmix64 finalizer: enough distribution for generated ids, and the same result
// on every machine.
uint64_t spread(std::string_view text, uint64_t round) {
  uint64_t h = 0xcbf29ce484222325ULL + round;
  for (const char c : text) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
  return h ^ (h >> 31);
}

}  // namespace

bool has_shape(std::string_view id, const IdShape& shape) noexcept {
  if (!id.starts_with(shape.prefix)) return false;
  const std::string_view digits = id.substr(shape.prefix.size());
  if (digits.size() != shape.digits &&
      (shape.legacy_digits == 0 || digits.size() != shape.legacy_digits)) {
    return false;
  }
  const std::string_view allowed = kDigits.substr(0, shape.base36 ? 36 : 16);
  return digits.find_first_not_of(allowed) == std::string_view::npos;
}

std::string describe(const IdShape& shape) {
  const std::string count = shape.legacy_digits == 0
                                ? concat(shape.digits)
                                : concat(shape.digits, " (or ", shape.legacy_digits, ")");
  const std::string_view set = shape.base36 ? "a-z0-9" : "0-9a-f";
  return shape.prefix.empty() ? concat(count, " of ", set)
                              : concat(shape.prefix, " and ", count, " of ", set);
}

std::string generate_id(const IdShape& shape, std::string_view seed) {
  std::string id(shape.prefix);
  const uint64_t base = shape.base36 ? 36 : 16;
  // Current AWS ids begin with a zero (vpc-0c00…), REST API ids with any character.
  if (shape.digits == 17) id += '0';
  for (uint64_t round = 0; id.size() < shape.prefix.size() + shape.digits; ++round) {
    id += kDigits[spread(seed, round) % base];
  }
  return id;
}

namespace {

constexpr size_t kMaxDigits = 64;

}  // namespace

std::string random_hex(size_t digits) {
  INLET53_CHECK(digits <= kMaxDigits);
  std::array<uint8_t, kMaxDigits / 2> octets;
  const size_t size = (digits + 1) / 2;
  // Up to 256 bytes it does not fail and is not interrupted once the system has seeded its
  // generator.
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
