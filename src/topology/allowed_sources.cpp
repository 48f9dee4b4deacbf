// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/allowed_sources.h"

namespace inlet53::topology {

namespace {

bool rule_covers(const SecurityGroupRule& rule, IpProtocol protocol, uint16_t port) {
  if (rule.protocol == IpProtocol::All) return true;
  return rule.protocol == protocol && rule.from_port <= port && port <= rule.to_port;
}

}  // namespace

CidrSet allowed_sources(const Topology& topology, const std::vector<std::string>& security_groups,
                        IpProtocol protocol, uint16_t port) {
  std::vector<Cidr> blocks;
  for (const std::string& id : security_groups) {
    const SecurityGroup* group = topology.find_security_group(id);
    if (group == nullptr) continue;  // `validate` rejects such a topology
    for (const SecurityGroupRule& rule : group->ingress) {
      if (!rule_covers(rule, protocol, port)) continue;
      if (const Cidr* cidr = std::get_if<Cidr>(&rule.source)) {
        blocks.push_back(*cidr);
        continue;
      }
      const PrefixList* list = topology.find_prefix_list(std::get<std::string>(rule.source));
      if (list == nullptr) continue;
      for (const PrefixListEntry& entry : list->entries) blocks.push_back(entry.cidr);
    }
  }
  return CidrSet(blocks);
}

}  // namespace inlet53::topology
