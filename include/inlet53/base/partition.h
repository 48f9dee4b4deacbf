// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace inlet53 {

/// Returns the partition of a region: `aws`, `aws-cn`, `aws-us-gov`, ….
/// Source: AWS General Reference, "Amazon Resource Names"; botocore, partitions.json.
[[nodiscard]] std::string_view partition_of(std::string_view region) noexcept;

/// Returns the domain of AWS's names in a region: `amazonaws.com`, in China `amazonaws.com.cn`, in
/// the European Sovereign Cloud `amazonaws.eu`, in the isolated partitions `c2s.ic.gov` and others.
/// Source: botocore, partitions.json (`dnsSuffix`).
[[nodiscard]] std::string_view dns_suffix_of(std::string_view region) noexcept;

/// Returns the domain of AWS's names with addresses of both families: `api.aws`, in China
/// `api.amazonwebservices.com.cn`.
/// Source: botocore, partitions.json (`dualStackDnsSuffix`).
[[nodiscard]] std::string_view dual_stack_suffix_of(std::string_view region) noexcept;

/// Returns true when AWS has a region of this name. Source: botocore 1.43 (2026), partitions.json.
[[nodiscard]] bool is_aws_region(std::string_view region) noexcept;

/// Returns the AWS region with the name most similar to `region`; empty when none is similar.
[[nodiscard]] std::string_view nearest_aws_region(std::string_view region);

}  // namespace inlet53
