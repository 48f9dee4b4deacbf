// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/aws_names.h"

#include <algorithm>
#include <cstdint>

#include "inlet53/base/text.h"

namespace inlet53 {

namespace {

constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";

// FNV-1a, then the splitmix64 finalizer: enough distribution for generated ids, and the same result
// on every machine.
uint64_t spread(std::string_view text, uint64_t round) {
  uint64_t h = 0xcbf29ce484222325ULL + round;
  for (const char c : text) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9ULL;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebULL;
  return h ^ (h >> 31);
}

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

bool has_shape(std::string_view id, const IdShape& shape) noexcept {
  if (!id.starts_with(shape.prefix)) return false;
  const std::string_view digits = id.substr(shape.prefix.size());
  if (digits.size() != shape.digits &&
      (shape.legacy_digits == 0 || digits.size() != shape.legacy_digits)) {
    return false;
  }
  const std::string_view allowed = kDigits.substr(0, shape.base36 ? 36 : 16);
  return digits.find_first_not_of(allowed) == std::string_view::npos;
}

std::string describe(const IdShape& shape) {
  const std::string count = shape.legacy_digits == 0
                                ? concat(shape.digits)
                                : concat(shape.digits, " (or ", shape.legacy_digits, ")");
  const std::string_view set = shape.base36 ? "a-z0-9" : "0-9a-f";
  return shape.prefix.empty() ? concat(count, " of ", set)
                              : concat(shape.prefix, " and ", count, " of ", set);
}

std::string generate_id(const IdShape& shape, std::string_view seed) {
  std::string id(shape.prefix);
  const uint64_t base = shape.base36 ? 36 : 16;
  // Current AWS ids begin with a zero (vpc-0c00…), REST API ids with any character.
  if (shape.digits == 17) id += '0';
  for (uint64_t round = 0; id.size() < shape.prefix.size() + shape.digits; ++round) {
    id += kDigits[spread(seed, round) % base];
  }
  return id;
}

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
