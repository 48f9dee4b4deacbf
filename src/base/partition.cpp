// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/partition.h"

#include <algorithm>

#include "inlet53/base/text.h"

namespace inlet53 {

namespace {

struct Partition {
  std::string_view name;
  std::string_view region_prefix;
  std::string_view dns_suffix;
  std::string_view dual_stack_suffix;
};

constexpr Partition kCommercial{"aws", "", "amazonaws.com", "api.aws"};
constexpr Partition kOthers[] = {
    {"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws"},
    {"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
};

constexpr std::string_view kRegions[] = {
    "af-south-1",     "ap-east-1",      "ap-east-2",      "ap-northeast-1",  "ap-northeast-2",
    "ap-northeast-3", "ap-south-1",     "ap-south-2",     "ap-southeast-1",  "ap-southeast-2",
    "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",  "ap-southeast-7",
    "ca-central-1",   "ca-west-1",      "cn-north-1",     "cn-northwest-1",  "eu-central-1",
    "eu-central-2",   "eu-isoe-west-1", "eu-north-1",     "eu-south-1",      "eu-south-2",
    "eu-west-1",      "eu-west-2",      "eu-west-3",      "eusc-de-east-1",  "il-central-1",
    "me-central-1",   "me-south-1",     "mx-central-1",   "sa-east-1",       "us-east-1",
    "us-east-2",      "us-gov-east-1",  "us-gov-west-1",  "us-iso-east-1",   "us-iso-west-1",
    "us-isob-east-1", "us-isob-west-1", "us-isof-east-1", "us-isof-south-1", "us-west-1",
    "us-west-2",
};

const Partition& find_partition(std::string_view region) noexcept {
  for (const Partition& partition : kOthers) {
    if (region.starts_with(partition.region_prefix)) return partition;
  }
  return kCommercial;
}

}  // namespace

std::string_view partition_of(std::string_view region) noexcept {
  return find_partition(region).name;
}

std::string_view dns_suffix_of(std::string_view region) noexcept {
  return find_partition(region).dns_suffix;
}

std::string_view dual_stack_suffix_of(std::string_view region) noexcept {
  return find_partition(region).dual_stack_suffix;
}

bool is_aws_region(std::string_view region) noexcept {
  return std::ranges::find(kRegions, region) != std::end(kRegions);
}

std::string_view nearest_aws_region(std::string_view region) {
  return nearest_word(region, {std::begin(kRegions), std::end(kRegions)});
}

}  // namespace inlet53
