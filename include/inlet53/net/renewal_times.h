#pragma once

#include <cstdint>

namespace inlet53::net {

/// When a certificate of the local authority is made anew, in seconds since 1970-01-01T00:00:00Z:
/// from `renew_at` on, and before `valid_from`, which a clock that is set back comes to.
struct RenewalTimes {
  int64_t valid_from = 0;
  int64_t renew_at = 0;  // 0: never

  friend bool operator==(const RenewalTimes&, const RenewalTimes&) = default;
};

/// Tells whether a certificate is due. `now`: seconds since 1970-01-01T00:00:00Z.
[[nodiscard]] constexpr bool is_due(const RenewalTimes& times, int64_t now) noexcept {
  return times.renew_at != 0 && (now < times.valid_from || now >= times.renew_at);
}

}  // namespace inlet53::net
