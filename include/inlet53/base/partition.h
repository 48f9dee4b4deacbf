#pragma once

#include <string_view>

namespace inlet53 {

/// `aws`, `aws-cn`, `aws-us-gov`, …: the partition that a region lies in.
/// Source: AWS General Reference, "Amazon Resource Names".
[[nodiscard]] std::string_view partition_of(std::string_view region) noexcept;

}  // namespace inlet53
