#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "rules.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

/// The addresses of a subnet that an interface can have: AWS keeps the first four and the last.
/// Source: Amazon VPC User Guide, "Subnet CIDR blocks". `block` leaves at least four bits.
struct UsableRange {
  IpAddress first, last;
};

UsableRange usable_range(const Cidr& block) {
  std::array<uint8_t, 16> first{};
  const Bytes network = block.network.bytes();
  std::copy(network.begin(), network.end(), first.begin());
  std::array<uint8_t, 16> last = first;
  for (size_t bit = block.prefix_length; bit < network.size() * 8; ++bit) {
    last[bit / 8] = static_cast<uint8_t>(last[bit / 8] | (0x80U >> (bit % 8)));
  }
  // Neither carries: at least four bits of the last octet are the host's.
  first[network.size() - 1] = static_cast<uint8_t>(first[network.size() - 1] + 4);
  last[network.size() - 1] = static_cast<uint8_t>(last[network.size() - 1] - 1);
  return {IpAddress::from_bytes({first.data(), network.size()}),
          IpAddress::from_bytes({last.data(), network.size()})};
}

/// The subnet of the same VPC that `address` could be meant for, as a hint.
std::string other_subnet(const Topology& topology, const IpAddress& address, const Subnet& subnet) {
  for (const Subnet& other : topology.subnets) {
    const bool holds = other.cidr_block.contains(address) ||
                       (other.ipv6_cidr_block && other.ipv6_cidr_block->contains(address));
    if (other.vpc == subnet.vpc && holds) return concat("; it is in subnet \"", other.name, '"');
  }
  return {};
}

/// Finds what is there twice: remembers where each value was seen first.
template <class Value>
class Duplicates {
 public:
  /// Where `value` was seen before, null when it is new.
  const KeyPath* add(const Value& value, const KeyPath& path) {
    const auto [first, fresh] = seen_.emplace(value, path);
    return fresh ? nullptr : &first->second;
  }

 private:
  std::map<Value, KeyPath> seen_;
};

/// Holds every address against those that came before it.
class Collisions {
 public:
  explicit Collisions(Findings& findings) : findings_(findings) {}

  /// One interface address; its subnet says the VPC.
  void add_address(const KeyPath& path, std::string_view subnet_id, const IpAddress& address) {
    const Subnet* subnet = findings_.topology().find_subnet(subnet_id);
    if (subnet == nullptr) return;
    if (const KeyPath* first = addresses_.add({subnet->vpc, address}, path)) {
      findings_.add(path, concat(address.to_text(), " is taken in this VPC by ", to_text(*first)));
    }
  }

  /// One place where something is served.
  void add_listen(const KeyPath& path, const SocketAddress& listen) {
    if (const KeyPath* first = listens_.add(listen, path)) {
      findings_.add(path, concat(listen.to_text(), " serves ", to_text(*first),
                                 " already; give one of them a `listen` of its own"));
    }
  }

 private:
  Findings& findings_;
  Duplicates<std::pair<std::string_view, IpAddress>> addresses_;
  Duplicates<SocketAddress> listens_;
};

}  // namespace

void check_address(Findings& findings, const KeyPath& path, const IpAddress& address,
                   const Subnet& subnet) {
  const std::optional<Cidr> block =
      address.is_v4() ? std::optional(subnet.cidr_block) : subnet.ipv6_cidr_block;
  if (!block) {
    return findings.add(path, concat(address.to_text(), " is an IPv6 address, but subnet \"",
                                     subnet.name, "\" has no ipv6_cidr_block"));
  }
  // Smaller blocks are no subnets of AWS; check_subnets says so.
  if (block->prefix_length + 4U > address.bytes().size() * 8) return;
  const auto [first, last] = usable_range(*block);
  if (!block->contains(address)) {
    const std::string hint = other_subnet(findings.topology(), address, subnet);
    return findings.add(path, concat(address.to_text(), " is outside subnet \"", subnet.name,
                                     "\" (", block->to_text(), "), whose addresses go from ",
                                     first.to_text(), " to ", last.to_text(), hint));
  }
  if (address < first || address > last) {
    findings.add(path, concat(address.to_text(),
                              " is reserved: AWS keeps the first four addresses "
                              "of a subnet and the last; the nearest for use is ",
                              (address < first ? first : last).to_text()));
  }
}

void check_collisions(Findings& findings) {
  Collisions collisions(findings);
  for (const ResolverEndpoint& endpoint : findings.topology().resolver_endpoints) {
    for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
      const ResolverEndpointIp& ip = endpoint.ip_addresses[i];
      const KeyPath path{"resolver_endpoint", endpoint.name, "ip_address", i};
      collisions.add_address(below(path, "address"), ip.subnet, ip.address);
      // A disabled address has no listener, so that it can be kept for a day when it gets one.
      if (!ip.enabled || endpoint.direction == Direction::Outbound) continue;
      // One that is there twice is said elsewhere.
      const std::set<EndpointProtocol> protocols(endpoint.protocols.begin(),
                                                 endpoint.protocols.end());
      for (const EndpointProtocol protocol : protocols) {
        collisions.add_listen(
            below(path, listen_of(ip, protocol) ? listen_key(protocol) : std::string("address")),
            serving_address(ip, protocol));
      }
    }
  }
  for (const VpcEndpoint& endpoint : findings.topology().vpc_endpoints) {
    for (size_t i = 0; i < endpoint.network_interfaces.size(); ++i) {
      const NetworkInterface& interface = endpoint.network_interfaces[i];
      const KeyPath path{"vpc_endpoint", endpoint.name, "network_interface", i};
      if (interface.address) {
        collisions.add_address(below(path, "address"), interface.subnet, *interface.address);
      }
      if (interface.ipv6_address) {
        collisions.add_address(below(path, "ipv6_address"), interface.subnet,
                               *interface.ipv6_address);
      }
      if (interface.listen) collisions.add_listen(below(path, "listen"), *interface.listen);
    }
  }
  for (const Instance& instance : findings.topology().instances) {
    const KeyPath path{"instance", instance.name};
    collisions.add_address(below(path, "address"), instance.subnet, instance.address);
    if (instance.ipv6_address) {
      collisions.add_address(below(path, "ipv6_address"), instance.subnet, *instance.ipv6_address);
    }
  }
}

}  // namespace inlet53::topology
