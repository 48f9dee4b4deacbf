#include "check_budget.h"

#include <algorithm>

namespace inlet53::lambda {

void CheckBudget::refill(uint64_t now_ms) noexcept {
  // A search of 4,096 steps takes some milliseconds: a second pays for more than any debt.
  const uint64_t passed = std::min<uint64_t>(now_ms - std::min(refilled_ms_, now_ms), 10'000);
  left_us_ = std::min(left_us_ + static_cast<int64_t>(passed) * kUsPerMs, kMaxUs);
  refilled_ms_ = now_ms;
}

bool CheckBudget::used_up(uint64_t now_ms) noexcept {
  refill(now_ms);
  return left_us_ <= 0;
}

void CheckBudget::charge(uint64_t cost_us, uint64_t now_ms) noexcept {
  refill(now_ms);
  // At least 1: a clock may be coarse. At most a second's worth, so that no debt lasts long.
  left_us_ -= static_cast<int64_t>(std::clamp<uint64_t>(cost_us, 1, kMaxUs));
}

}  // namespace inlet53::lambda
