#include "rules.h"

#include "inlet53/base/text.h"

/// What resolver endpoints and VPC endpoints have in common.
namespace inlet53::topology {

namespace {

/// True when a dangling `vpc` has been reported at a subnet, or when no subnet is there to imply
/// one.
bool said_by_subnets(std::string_view vpc, const std::vector<const Subnet*>& subnets) {
  bool any = false;
  for (const Subnet* subnet : subnets) {
    if (subnet == nullptr) continue;
    if (subnet->vpc == vpc) return true;
    any = true;
  }
  return !any && vpc.empty();
}

}  // namespace

const Vpc* check_endpoint_vpc(Findings& findings, const KeyPath& path, std::string_view vpc,
                              const std::vector<const Subnet*>& subnets) {
  const Topology& topology = findings.topology();
  if (said_by_subnets(vpc, subnets)) return topology.find_vpc(vpc);
  return findings.reference(below(path, "vpc"), topology.vpcs, vpc, "VPC");
}

void check_subnet_vpc(Findings& findings, const KeyPath& path, const Subnet& subnet,
                      const Vpc& vpc) {
  // A reference that dangles is reported at the subnet.
  if (subnet.vpc == vpc.id || findings.topology().find_vpc(subnet.vpc) == nullptr) return;
  findings.add(path, concat("subnet \"", subnet.name, "\" is not in VPC \"", vpc.name,
                            "\", as the endpoint is"));
}

void check_security_group_list(Findings& findings, const KeyPath& path, const Vpc* vpc,
                               const std::vector<std::string>& ids) {
  const KeyPath list = below(path, "security_groups");
  const auto groups =
      findings.references(list, findings.topology().security_groups, ids, "security group");
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] == nullptr || vpc == nullptr || groups[i]->vpc == vpc->id) continue;
    // A reference that dangles is reported at the group.
    if (findings.topology().find_vpc(groups[i]->vpc) == nullptr) continue;
    findings.add(below(list, i), concat("security group \"", groups[i]->name, "\" is not in VPC \"",
                                        vpc->name, "\", as the endpoint is"));
  }
}

}  // namespace inlet53::topology
