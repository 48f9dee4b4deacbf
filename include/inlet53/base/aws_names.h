// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Ids, partitions and regions of AWS.
namespace inlet53 {

/// Format of one kind of AWS id: a prefix, then hexadecimal digits (or a-z0-9).
struct IdShape {
  std::string_view prefix;
  /// Digits after the prefix in current ids.
  size_t digits = 17;
  /// Digits in ids of older objects; 0: there are none.
  size_t legacy_digits = 0;
  /// True for a-z0-9 (REST API ids), false for 0-9a-f.
  bool base36 = false;
};

/// Source: AWS API references of EC2, Route 53 Resolver and API Gateway.
namespace id_shape {
inline constexpr IdShape kVpc{"vpc-", 17, 8};
inline constexpr IdShape kSubnet{"subnet-", 17, 8};
inline constexpr IdShape kSecurityGroup{"sg-", 17, 8};
inline constexpr IdShape kPrefixList{"pl-", 17, 8};
inline constexpr IdShape kNetworkInterface{"eni-", 17, 8};
inline constexpr IdShape kVpcEndpoint{"vpce-", 17, 8};
inline constexpr IdShape kEndpointService{"vpce-svc-", 17, 8};
inline constexpr IdShape kInstance{"i-", 17, 8};
inline constexpr IdShape kInboundEndpoint{"rslvr-in-", 17};
inline constexpr IdShape kOutboundEndpoint{"rslvr-out-", 17};
inline constexpr IdShape kResolverNetworkInterface{"rni-", 17};
inline constexpr IdShape kResolverRule{"rslvr-rr-", 17};
inline constexpr IdShape kFirewallRuleGroup{"rslvr-frg-", 17};
inline constexpr IdShape kFirewallRuleGroupAssociation{"rslvr-frgassoc-", 17};
inline constexpr IdShape kFirewallDomainList{"rslvr-fdl-", 17};
inline constexpr IdShape kRestApi{"", 10, 0, true};
inline constexpr IdShape kApiResource{"", 6, 10, true};
inline constexpr IdShape kApiDeployment{"", 6, 0, true};
/// Random part of the regional DNS name of a VPC endpoint, `vpce-0ac…-RRRRRRRR`.
inline constexpr IdShape kVpcEndpointSuffix{"", 8, 0, true};
}  // namespace id_shape

/// Returns true when `id` has the prefix, the right number of digits, and lower case.
[[nodiscard]] bool has_shape(std::string_view id, const IdShape& shape) noexcept;

/// Describes the format in an error message: `vpc- and 17 (or 8) of 0-9a-f`.
[[nodiscard]] std::string describe(const IdShape& shape);

/// Returns an id of this format. The same `seed` text (for example the object's key path) always
/// gives the same id, so that an id that the configuration leaves out does not change between runs.
[[nodiscard]] std::string generate_id(const IdShape& shape, std::string_view seed);

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
