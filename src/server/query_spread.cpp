// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/query_spread.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace inlet53::server {

void QuerySpread::fell_behind() noexcept { all_take(); }

void QuerySpread::all_take() noexcept {
  calm_ = 0;
  if (taking_ == all_) return;
  taking_ = all_;
  calm_needed_ = since_fewer_ < kSoon ? std::min(calm_needed_ * 2, kMostCalm) : kCalm;
}

void QuerySpread::observe(std::span<const double> busy) noexcept {
  since_fewer_ = std::min(since_fewer_ + 1, kSoon);
  const auto full = [](double part) { return part > kFull; };
  if (std::ranges::any_of(busy.first(taking_), full)) return all_take();
  const double all = std::accumulate(busy.begin(), busy.end(), 0.0);
  const auto enough = static_cast<uint32_t>(std::max(1.0, std::ceil(all / kFilled)));
  enough_ = calm_ == 0 ? enough : std::max(enough_, enough);
  calm_ = enough < taking_ ? calm_ + 1 : 0;
  if (calm_ < calm_needed_) return;
  taking_ = enough_;
  calm_ = 0;
  since_fewer_ = 0;
}

}  // namespace inlet53::server
