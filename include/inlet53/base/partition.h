#pragma once

#include <string_view>

namespace inlet53 {

/// `aws`, `aws-cn`, `aws-us-gov`, …: the partition that a region lies in.
/// Source: AWS General Reference, "Amazon Resource Names".
[[nodiscard]] std::string_view partition_of(std::string_view region) noexcept;

/// The domain of AWS's names in a region: `amazonaws.com`, in China `amazonaws.com.cn`, in the
/// isolated partitions `c2s.ic.gov` and `sc2s.sgov.gov`.
/// Source: botocore, partitions.json (`dnsSuffix`).
[[nodiscard]] std::string_view dns_suffix_of(std::string_view region) noexcept;

}  // namespace inlet53
