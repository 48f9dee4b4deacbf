#include "master_ttl.h"

namespace inlet53::zone {
namespace {

/// Seconds of a unit, 0 when it is none.
uint32_t unit_seconds(char unit) noexcept {
  switch (unit | 0x20) {
    case 'w':
      return 604800;
    case 'd':
      return 86400;
    case 'h':
      return 3600;
    case 'm':
      return 60;
    case 's':
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::optional<uint32_t> parse_ttl(std::string_view text) noexcept {
  uint64_t total = 0;
  uint64_t number = 0;
  bool has_digit = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      number = 10 * number + static_cast<uint64_t>(c - '0');
      has_digit = true;
    } else {
      const uint32_t seconds = unit_seconds(c);
      if (seconds == 0 || !has_digit) return {};
      total += number * seconds;
      number = 0;
      has_digit = false;
    }
    if (number > kMaxTtl || total > kMaxTtl) return {};
  }
  total += number;
  if (text.empty() || total > kMaxTtl) return {};
  return static_cast<uint32_t>(total);
}

}  // namespace inlet53::zone
