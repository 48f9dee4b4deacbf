#include <map>

#include "rules.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

/// Whether `address` is of the family that its key is for.
bool check_family(Findings& findings, const KeyPath& path, const IpAddress& address,
                  IpFamily family) {
  if (address.family() == family) return true;
  findings.add(path, concat(address.to_text(), " is no ", family == IpFamily::V4 ? "IPv4" : "IPv6",
                            " address"));
  return false;
}

}  // namespace

void check_instances(Findings& findings) {
  std::map<IpAddress, std::string_view> public_addresses;
  for (const Instance& instance : findings.topology().instances) {
    const KeyPath path{"instance", instance.name};
    const Subnet* subnet = findings.reference(below(path, "subnet"), findings.topology().subnets,
                                              instance.subnet, "subnet");
    const KeyPath address = below(path, "address");
    if (check_family(findings, address, instance.address, IpFamily::V4) && subnet != nullptr) {
      check_address(findings, address, instance.address, *subnet);
    }
    if (instance.ipv6_address) {
      const KeyPath ipv6 = below(path, "ipv6_address");
      if (check_family(findings, ipv6, *instance.ipv6_address, IpFamily::V6) && subnet != nullptr) {
        check_address(findings, ipv6, *instance.ipv6_address, *subnet);
      }
    }
    if (!instance.public_address) continue;
    const KeyPath public_path = below(path, "public_address");
    check_family(findings, public_path, *instance.public_address, IpFamily::V4);
    const auto [first, fresh] = public_addresses.emplace(*instance.public_address, instance.name);
    if (!fresh) {
      findings.add(public_path, concat(instance.public_address->to_text(),
                                       " is that of instance \"", first->second, "\" already"));
    }
  }
}

}  // namespace inlet53::topology
