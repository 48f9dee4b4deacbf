#include "inlet53/server/query_spread.h"

#include <algorithm>
#include <cmath>

namespace inlet53::server {

void QuerySpread::fell_behind() noexcept { all_take(); }

void QuerySpread::all_take() noexcept {
  calm_ = 0;
  if (taking_ == all_) return;
  taking_ = all_;
  calm_needed_ = since_fewer_ < kSoon ? std::min(calm_needed_ * 2, kMostCalm) : kCalm;
}

void QuerySpread::observe(double busy) noexcept {
  since_fewer_ = std::min(since_fewer_ + 1, kSoon);
  if (busy > kFull * taking_) return all_take();
  const auto enough = static_cast<uint32_t>(std::max(1.0, std::ceil(busy / kFilled)));
  calm_ = enough < taking_ ? calm_ + 1 : 0;
  if (calm_ < calm_needed_) return;
  taking_ = enough;
  calm_ = 0;
  since_fewer_ = 0;
}

}  // namespace inlet53::server
