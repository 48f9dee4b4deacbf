#include <algorithm>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

/// Prefix lengths that AWS takes. Source: EC2 API Reference, CreateVpc and CreateSubnet.
struct BlockSizes {
  uint8_t v4_shortest, v4_longest, v6_shortest, v6_longest;
};
constexpr BlockSizes kVpcSizes{16, 28, 44, 60};
constexpr BlockSizes kSubnetSizes{16, 28, 44, 64};

void check_size(Findings& findings, const KeyPath& path, const Cidr& block,
                const BlockSizes& sizes) {
  const bool v4 = block.network.is_v4();
  const uint8_t shortest = v4 ? sizes.v4_shortest : sizes.v6_shortest;
  const uint8_t longest = v4 ? sizes.v4_longest : sizes.v6_longest;
  if (block.prefix_length >= shortest && block.prefix_length <= longest) return;
  findings.add(path, concat(block.to_text(), " has the wrong size: AWS takes /", shortest, " to /",
                            longest));
}

std::string list_blocks(const std::vector<Cidr>& blocks, IpFamily family) {
  std::string out;
  for (const Cidr& block : blocks) {
    if (block.network.family() != family) continue;
    if (!out.empty()) out += ", ";
    out += block.to_text();
  }
  return out.empty() ? "it has none of this family" : out;
}

void check_inside_vpc(Findings& findings, const KeyPath& path, const Cidr& block, const Vpc& vpc) {
  const bool inside = std::any_of(vpc.cidr_blocks.begin(), vpc.cidr_blocks.end(),
                                  [&](const Cidr& outer) { return outer.contains(block); });
  if (inside) return;
  findings.add(path, concat(block.to_text(), " is outside the blocks of VPC \"", vpc.name,
                            "\": ", list_blocks(vpc.cidr_blocks, block.network.family())));
}

/// Reports where `subnet` overlaps one that was read before it.
void check_overlap(Findings& findings, const Subnet& subnet) {
  const KeyPath path{"subnet", subnet.name};
  for (const Subnet& other : findings.topology().subnets) {
    if (&other == &subnet) return;
    if (other.vpc != subnet.vpc) continue;
    if (other.cidr_block.overlaps(subnet.cidr_block)) {
      findings.add(below(path, "cidr_block"),
                   concat(subnet.cidr_block.to_text(), " overlaps subnet \"", other.name, "\" (",
                          other.cidr_block.to_text(), ')'));
    }
    if (other.ipv6_cidr_block && subnet.ipv6_cidr_block &&
        other.ipv6_cidr_block->overlaps(*subnet.ipv6_cidr_block)) {
      findings.add(below(path, "ipv6_cidr_block"),
                   concat(subnet.ipv6_cidr_block->to_text(), " overlaps subnet \"", other.name,
                          "\" (", other.ipv6_cidr_block->to_text(), ')'));
    }
  }
}

/// `vpc` is null when the subnet's reference dangles.
void check_subnet_block(Findings& findings, const KeyPath& path, const Cidr& block, IpFamily family,
                        const Vpc* vpc) {
  if (block.network.family() != family) {
    const bool v4 = block.network.is_v4();
    return findings.add(path, concat(block.to_text(), " is an ", v4 ? "IPv4" : "IPv6",
                                     " block; its key is ", v4 ? "cidr_block" : "ipv6_cidr_block"));
  }
  check_size(findings, path, block, kSubnetSizes);
  if (vpc != nullptr) check_inside_vpc(findings, path, block, *vpc);
}

void check_vpc_blocks(Findings& findings, const Vpc& vpc) {
  const KeyPath path{"vpc", vpc.name, "cidr_blocks"};
  if (vpc.cidr_blocks.empty()) {
    return findings.add(path, "a VPC has at least one CIDR block, as in \"10.0.0.0/16\"");
  }
  if (!vpc.cidr_blocks.front().network.is_v4()) {
    findings.add(below(path, size_t{0}), "the first block of a VPC is an IPv4 block");
  }
  for (size_t i = 0; i < vpc.cidr_blocks.size(); ++i) {
    check_size(findings, below(path, i), vpc.cidr_blocks[i], kVpcSizes);
    for (size_t j = 0; j < i; ++j) {
      if (!vpc.cidr_blocks[j].overlaps(vpc.cidr_blocks[i])) continue;
      findings.add(below(path, i), concat(vpc.cidr_blocks[i].to_text(), " overlaps ",
                                          vpc.cidr_blocks[j].to_text(), " of the same VPC"));
    }
  }
}

void check_availability_zone(Findings& findings, const Subnet& subnet, const Vpc& vpc) {
  // A region of the wrong shape is reported at the VPC.
  if (!is_region(vpc.region) || is_availability_zone_of(subnet.availability_zone, vpc.region)) {
    return;
  }
  const std::string_view zone = subnet.availability_zone;
  const char letter = !zone.empty() && zone.back() >= 'a' && zone.back() <= 'z' ? zone.back() : 'a';
  findings.add({"subnet", subnet.name, "availability_zone"},
               concat('"', zone, "\" is no Availability Zone of ", vpc.region, ", where VPC \"",
                      vpc.name, "\" is; did you mean \"", vpc.region, letter, "\"?"));
}

void check_rule(Findings& findings, const KeyPath& path, const SecurityGroupRule& rule) {
  if (rule.from_port > rule.to_port) {
    findings.add(below(path, "from_port"), concat("the first port, ", rule.from_port,
                                                  ", comes after the last, ", rule.to_port));
  }
  if (const auto* prefix_list = std::get_if<std::string>(&rule.source)) {
    findings.reference(below(path, "prefix_list"), findings.topology().prefix_lists, *prefix_list,
                       "prefix list");
  }
}

}  // namespace

void check_owner(Findings& findings, const KeyPath& path, std::string_view region,
                 std::string_view account_id) {
  if (!is_region(region)) {
    findings.add(below(path, "region"),
                 concat('"', region, "\" is no region; one looks like \"eu-west-1\""));
  }
  if (!is_account_id(account_id)) {
    findings.add(below(path, "account_id"),
                 concat('"', account_id, "\" is no account id; it is 12 digits"));
  }
}

void check_vpcs(Findings& findings) {
  for (const Vpc& vpc : findings.topology().vpcs) {
    check_owner(findings, {"vpc", vpc.name}, vpc.region, vpc.account_id);
    check_vpc_blocks(findings, vpc);
  }
}

void check_subnets(Findings& findings) {
  for (const Subnet& subnet : findings.topology().subnets) {
    const KeyPath path{"subnet", subnet.name};
    const Vpc* vpc =
        findings.reference(below(path, "vpc"), findings.topology().vpcs, subnet.vpc, "VPC");
    check_subnet_block(findings, below(path, "cidr_block"), subnet.cidr_block, IpFamily::V4, vpc);
    if (subnet.ipv6_cidr_block) {
      check_subnet_block(findings, below(path, "ipv6_cidr_block"), *subnet.ipv6_cidr_block,
                         IpFamily::V6, vpc);
    }
    if (vpc == nullptr) continue;
    check_availability_zone(findings, subnet, *vpc);
    check_overlap(findings, subnet);
  }
}

void check_prefix_lists(Findings& findings) {
  constexpr uint32_t kMostEntries = 1000;  // Amazon VPC User Guide, "Quotas": customer-managed
  for (const PrefixList& list : findings.topology().prefix_lists) {
    const KeyPath path{"prefix_list", list.name};
    if (list.max_entries < 1 || list.max_entries > kMostEntries) {
      findings.add(below(path, "max_entries"), concat(list.max_entries,
                                                      " is out of range: from 1 "
                                                      "to ",
                                                      kMostEntries));
    }
    if (list.entries.size() > list.max_entries) {
      findings.add(
          below(path, "entries"),
          concat(list.entries.size(), " entries are more than max_entries, ", list.max_entries));
    }
    for (size_t i = 0; i < list.entries.size(); ++i) {
      const KeyPath entry = below(path, "entries", i, "cidr");
      const Cidr& cidr = list.entries[i].cidr;
      if (cidr.network.family() != list.address_family) {
        findings.add(entry, concat(cidr.to_text(), " is not of the list's address_family, ",
                                   list.address_family == IpFamily::V4 ? "IPv4" : "IPv6"));
      }
      for (size_t j = 0; j < i; ++j) {
        if (list.entries[j].cidr == cidr) {
          findings.add(entry, concat(cidr.to_text(), " is in the list already"));
          break;
        }
      }
    }
  }
}

void check_security_groups(Findings& findings) {
  for (const SecurityGroup& group : findings.topology().security_groups) {
    const KeyPath path{"security_group", group.name};
    findings.reference(below(path, "vpc"), findings.topology().vpcs, group.vpc, "VPC");
    for (size_t i = 0; i < group.ingress.size(); ++i) {
      check_rule(findings, below(path, "ingress", i), group.ingress[i]);
    }
  }
}

}  // namespace inlet53::topology
