#include "inlet53/base/partition.h"

namespace inlet53 {

std::string_view partition_of(std::string_view region) noexcept {
  // Each call of the gateway asks, mostly about a region with another first letter.
  if (!region.starts_with('c') && !region.starts_with('u')) return "aws";
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  if (region.starts_with("us-isob-")) return "aws-iso-b";
  if (region.starts_with("us-iso-")) return "aws-iso";
  return "aws";
}

std::string_view dns_suffix_of(std::string_view region) noexcept {
  const std::string_view partition = partition_of(region);
  if (partition == "aws-cn") return "amazonaws.com.cn";
  if (partition == "aws-iso") return "c2s.ic.gov";
  if (partition == "aws-iso-b") return "sc2s.sgov.gov";
  return "amazonaws.com";
}

}  // namespace inlet53
