#include <map>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

std::string canonical_domain(std::string_view domain_name) {
  if (domain_name.ends_with('.')) domain_name.remove_suffix(1);
  return ascii_lower(domain_name);
}

namespace {

/// Which zone of a VPC has a name.
using ZoneNames = std::map<std::pair<std::string_view, std::string>, const HostedZone*>;

void check_zone_vpcs(Findings& findings, ZoneNames& names, const HostedZone& zone) {
  const KeyPath list{"hosted_zone", zone.name, "vpcs"};
  if (zone.vpcs.empty()) {
    findings.add(list, "a private hosted zone is associated with at least one VPC");
  }
  const auto vpcs = findings.references(list, findings.topology().vpcs, zone.vpcs, "VPC");
  for (size_t i = 0; i < vpcs.size(); ++i) {
    if (vpcs[i] == nullptr) continue;
    if (!(vpcs[i]->enable_dns_support && vpcs[i]->enable_dns_hostnames)) {
      findings.add(below(list, i),
                   concat("a private hosted zone needs a VPC with enable_dns_support and "
                          "enable_dns_hostnames; VPC \"",
                          vpcs[i]->name, "\" has not both"));
    }
    const auto [first, fresh] = names.emplace(
        std::pair(std::string_view(vpcs[i]->id), canonical_domain(zone.domain_name)), &zone);
    if (!fresh && first->second != &zone) {
      findings.add(below(list, i),
                   concat("hosted zone \"", first->second->name,
                          "\" has the same domain_name in VPC \"", vpcs[i]->name, '"'));
    }
  }
}

}  // namespace

void check_hosted_zones(Findings& findings) {
  ZoneNames names;
  for (const HostedZone& zone : findings.topology().hosted_zones) {
    const KeyPath path{"hosted_zone", zone.name};
    if (!is_zone_name(zone.domain_name)) {
      findings.add(below(path, "domain_name"),
                   concat('"', zone.domain_name,
                          "\" is no domain name of a zone: labels of 1 to 63 "
                          "letters, digits, - and _ with dots between, as in \"corp.internal\""));
    }
    if (zone.file.empty()) findings.add(below(path, "file"), "the zone has no master file");
    check_zone_vpcs(findings, names, zone);
  }
}

}  // namespace inlet53::topology
