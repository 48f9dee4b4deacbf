// SPDX-License-Identifier: Apache-2.0
#include "inlet53/loadgen/report.h"

#include <cmath>

namespace inlet53::loadgen {

double LatencyHistogram::mean() const noexcept {
  return count_ == 0 ? 0.0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

uint64_t LatencyHistogram::percentile(double share) const noexcept {
  const auto rank = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_)));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= rank) return std::min(upper_end(i), max_);
  }
  return max_;
}

uint64_t LatencyHistogram::upper_end(size_t index) noexcept {
  constexpr size_t kSub = size_t{1} << kSubBits;
  if (index < 2 * kSub) return index;
  const size_t shift = (index >> kSubBits) - 1;
  return ((uint64_t{index} - (shift << kSubBits) + 1) << shift) - 1;
}

}  // namespace inlet53::loadgen
