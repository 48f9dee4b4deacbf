// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "rules.h"
#include "shapes.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

/// Prefix lengths that AWS accepts. Source: EC2 API Reference, CreateVpc and CreateSubnet.
struct BlockSizes {
  uint8_t v4_shortest, v4_longest, v6_shortest, v6_longest;
};
constexpr BlockSizes kVpcSizes{16, 28, 44, 60};
constexpr BlockSizes kSubnetSizes{16, 28, 44, 64};

void check_size(Validation& validation, const KeyPath& path, const Cidr& block,
                const BlockSizes& sizes) {
  const bool v4 = block.network.is_v4();
  const uint8_t shortest = v4 ? sizes.v4_shortest : sizes.v6_shortest;
  const uint8_t longest = v4 ? sizes.v4_longest : sizes.v6_longest;
  if (block.prefix_length >= shortest && block.prefix_length <= longest) return;
  validation.add(path, concat(block.to_text(), " has the wrong size: AWS takes /", shortest,
                              " to /", longest));
}

std::string list_blocks(const std::vector<Cidr>& blocks, IpFamily family) {
  std::vector<std::string> texts;
  for (const Cidr& block : blocks) {
    if (block.network.family() == family) texts.push_back(block.to_text());
  }
  return texts.empty() ? "it has none of this family" : joined(texts);
}

void check_inside_vpc(Validation& validation, const KeyPath& path, const Cidr& block,
                      const Vpc& vpc) {
  const bool inside = std::any_of(vpc.cidr_blocks.begin(), vpc.cidr_blocks.end(),
                                  [&](const Cidr& outer) { return outer.contains(block); });
  if (inside) return;
  validation.add(path, concat(block.to_text(), " is outside the blocks of VPC \"", vpc.name,
                              "\": ", list_blocks(vpc.cidr_blocks, block.network.family())));
}

/// Reports where `subnet` overlaps an earlier subnet.
void check_overlap(Validation& validation, const Subnet& subnet) {
  const KeyPath path{"subnet", subnet.name};
  for (const Subnet& other : validation.topology().subnets) {
    if (&other == &subnet) return;
    if (other.vpc != subnet.vpc) continue;
    if (other.cidr_block.overlaps(subnet.cidr_block)) {
      validation.add(below(path, "cidr_block"),
                     concat(subnet.cidr_block.to_text(), " overlaps subnet \"", other.name, "\" (",
                            other.cidr_block.to_text(), ')'));
    }
    if (other.ipv6_cidr_block && subnet.ipv6_cidr_block &&
        other.ipv6_cidr_block->overlaps(*subnet.ipv6_cidr_block)) {
      validation.add(below(path, "ipv6_cidr_block"),
                     concat(subnet.ipv6_cidr_block->to_text(), " overlaps subnet \"", other.name,
                            "\" (", other.ipv6_cidr_block->to_text(), ')'));
    }
  }
}

/// Checks one block of a subnet. `vpc` is null when the subnet's reference dangles.
void check_subnet_block(Validation& validation, const KeyPath& path, const Cidr& block,
                        IpFamily family, const Vpc* vpc) {
  if (block.network.family() != family) {
    const bool v4 = block.network.is_v4();
    return validation.add(
        path, concat(block.to_text(), " is an ", v4 ? "IPv4" : "IPv6", " block; its key is ",
                     v4 ? "cidr_block" : "ipv6_cidr_block"));
  }
  check_size(validation, path, block, kSubnetSizes);
  if (vpc != nullptr) check_inside_vpc(validation, path, block, *vpc);
}

void check_vpc_blocks(Validation& validation, const Vpc& vpc) {
  const KeyPath path{"vpc", vpc.name, "cidr_blocks"};
  if (vpc.cidr_blocks.empty()) {
    return validation.add(path, "a VPC has at least one CIDR block, as in \"10.0.0.0/16\"");
  }
  if (!vpc.cidr_blocks.front().network.is_v4()) {
    validation.add(below(path, size_t{0}), "the first block of a VPC is an IPv4 block");
  }
  for (size_t i = 0; i < vpc.cidr_blocks.size(); ++i) {
    check_size(validation, below(path, i), vpc.cidr_blocks[i], kVpcSizes);
    for (size_t j = 0; j < i; ++j) {
      if (!vpc.cidr_blocks[j].overlaps(vpc.cidr_blocks[i])) continue;
      validation.add(below(path, i), concat(vpc.cidr_blocks[i].to_text(), " overlaps ",
                                            vpc.cidr_blocks[j].to_text(), " of the same VPC"));
    }
  }
}

void check_availability_zone(Validation& validation, const Subnet& subnet, const Vpc& vpc) {
  // A malformed region is reported at the VPC.
  if (!is_region(vpc.region) || is_availability_zone_of(subnet.availability_zone, vpc.region)) {
    return;
  }
  const std::string_view zone = subnet.availability_zone;
  const char letter = !zone.empty() && zone.back() >= 'a' && zone.back() <= 'z' ? zone.back() : 'a';
  validation.add({"subnet", subnet.name, "availability_zone"},
                 concat('"', zone, "\" is no Availability Zone of ", vpc.region, ", where VPC \"",
                        vpc.name, "\" is; did you mean \"", vpc.region, letter, "\"?"));
}

void check_ingress_rule(Validation& validation, const KeyPath& path,
                        const SecurityGroupRule& rule) {
  if (rule.from_port > rule.to_port) {
    validation.add(below(path, "from_port"), concat("the first port, ", rule.from_port,
                                                    ", comes after the last, ", rule.to_port));
  }
  if (const auto* prefix_list = std::get_if<std::string>(&rule.source)) {
    validation.reference(below(path, "prefix_list"), validation.topology().prefix_lists,
                         *prefix_list, "prefix list");
  }
}

/// Addresses of a subnet that an interface can have: AWS reserves the first four and the last.
/// Source: Amazon VPC User Guide, "Subnet CIDR blocks". Requires: `block` has at least four host
/// bits.
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
  // Neither addition carries: at least four bits of the last byte are host bits.
  first[network.size() - 1] = static_cast<uint8_t>(first[network.size() - 1] + 4);
  last[network.size() - 1] = static_cast<uint8_t>(last[network.size() - 1] - 1);
  return {IpAddress::from_bytes({first.data(), network.size()}),
          IpAddress::from_bytes({last.data(), network.size()})};
}

/// Returns a hint that names the subnet of the same VPC that contains `address`.
std::string other_subnet(const Topology& topology, const IpAddress& address, const Subnet& subnet) {
  for (const Subnet& other : topology.subnets) {
    const bool holds = other.cidr_block.contains(address) ||
                       (other.ipv6_cidr_block && other.ipv6_cidr_block->contains(address));
    if (other.vpc == subnet.vpc && holds) return concat("; it is in subnet \"", other.name, '"');
  }
  return {};
}

/// Detects duplicates: stores the path of the first occurrence of each value.
template <class Value>
class Duplicates {
 public:
  /// Returns the path of an earlier occurrence of `value`, null when it is new.
  const KeyPath* add(const Value& value, const KeyPath& path) {
    const auto [first, fresh] = seen_.emplace(value, path);
    return fresh ? nullptr : &first->second;
  }

 private:
  std::map<Value, KeyPath> seen_;
};

/// Compares every address with the earlier ones.
class Collisions {
 public:
  explicit Collisions(Validation& validation) : findings_(validation) {}

  /// Adds the address of an interface; its subnet determines the VPC.
  void add_address(const KeyPath& path, std::string_view subnet_id, const IpAddress& address) {
    const Subnet* subnet = findings_.topology().find_subnet(subnet_id);
    if (subnet == nullptr) return;
    if (const KeyPath* first = addresses_.add({subnet->vpc, address}, path)) {
      findings_.add(path, concat(address.to_text(), " is taken in this VPC by ", to_text(*first)));
    }
  }

  /// Adds an address and port at which something is served.
  void add_listen(const KeyPath& path, const SocketAddress& listen) {
    if (const KeyPath* first = listens_.add(listen, path)) {
      findings_.add(path, concat(listen.to_text(), " serves ", to_text(*first),
                                 " already; give one of them a `listen` of its own"));
    }
  }

 private:
  Validation& findings_;
  Duplicates<std::pair<std::string_view, IpAddress>> addresses_;
  Duplicates<SocketAddress> listens_;
};

/// Checks that `address` is of the family that its key requires.
bool check_family(Validation& validation, const KeyPath& path, const IpAddress& address,
                  IpFamily family) {
  if (address.family() == family) return true;
  validation.add(path, concat(address.to_text(), " is no ",
                              family == IpFamily::V4 ? "IPv4" : "IPv6", " address"));
  return false;
}

}  // namespace

void check_owner(Validation& validation, const KeyPath& path, std::string_view region,
                 std::string_view account_id) {
  if (!is_region(region)) {
    validation.add(below(path, "region"),
                   concat('"', region, "\" is no region; one looks like \"eu-west-1\""));
  }
  if (!is_account_id(account_id)) {
    validation.add(below(path, "account_id"),
                   concat('"', account_id, "\" is no account id; it is 12 digits"));
  }
}

void check_vpcs(Validation& validation) {
  for (const Vpc& vpc : validation.topology().vpcs) {
    check_owner(validation, {"vpc", vpc.name}, vpc.region, vpc.account_id);
    check_vpc_blocks(validation, vpc);
  }
}

void check_subnets(Validation& validation) {
  for (const Subnet& subnet : validation.topology().subnets) {
    const KeyPath path{"subnet", subnet.name};
    const Vpc* vpc =
        validation.reference(below(path, "vpc"), validation.topology().vpcs, subnet.vpc, "VPC");
    check_subnet_block(validation, below(path, "cidr_block"), subnet.cidr_block, IpFamily::V4, vpc);
    if (subnet.ipv6_cidr_block) {
      check_subnet_block(validation, below(path, "ipv6_cidr_block"), *subnet.ipv6_cidr_block,
                         IpFamily::V6, vpc);
    }
    if (vpc == nullptr) continue;
    check_availability_zone(validation, subnet, *vpc);
    check_overlap(validation, subnet);
  }
}

void check_prefix_lists(Validation& validation) {
  constexpr uint32_t kMostEntries = 1000;  // Amazon VPC User Guide, "Quotas": customer-managed
  for (const PrefixList& list : validation.topology().prefix_lists) {
    const KeyPath path{"prefix_list", list.name};
    if (list.max_entries < 1 || list.max_entries > kMostEntries) {
      validation.add(below(path, "max_entries"), concat(list.max_entries,
                                                        " is out of range: from 1 "
                                                        "to ",
                                                        kMostEntries));
    }
    if (list.entries.size() > list.max_entries) {
      validation.add(
          below(path, "entries"),
          concat(list.entries.size(), " entries are more than max_entries, ", list.max_entries));
    }
    for (size_t i = 0; i < list.entries.size(); ++i) {
      const KeyPath entry = below(path, "entries", i, "cidr");
      const Cidr& cidr = list.entries[i].cidr;
      if (cidr.network.family() != list.address_family) {
        validation.add(entry, concat(cidr.to_text(), " is not of the list's address_family, ",
                                     list.address_family == IpFamily::V4 ? "IPv4" : "IPv6"));
      }
      for (size_t j = 0; j < i; ++j) {
        if (list.entries[j].cidr == cidr) {
          validation.add(entry, concat(cidr.to_text(), " is in the list already"));
          break;
        }
      }
    }
  }
}

void check_security_groups(Validation& validation) {
  for (const SecurityGroup& group : validation.topology().security_groups) {
    const KeyPath path{"security_group", group.name};
    validation.reference(below(path, "vpc"), validation.topology().vpcs, group.vpc, "VPC");
    for (size_t i = 0; i < group.ingress.size(); ++i) {
      check_ingress_rule(validation, below(path, "ingress", i), group.ingress[i]);
    }
  }
}

void check_address(Validation& validation, const KeyPath& path, const IpAddress& address,
                   const Subnet& subnet) {
  const std::optional<Cidr> block =
      address.is_v4() ? std::optional(subnet.cidr_block) : subnet.ipv6_cidr_block;
  if (!block) {
    return validation.add(path, concat(address.to_text(), " is an IPv6 address, but subnet \"",
                                       subnet.name, "\" has no ipv6_cidr_block"));
  }
  // check_subnets reports a block that is too small for a subnet of AWS.
  if (block->prefix_length + 4U > address.bytes().size() * 8) return;
  const auto [first, last] = usable_range(*block);
  if (!block->contains(address)) {
    const std::string hint = other_subnet(validation.topology(), address, subnet);
    return validation.add(path, concat(address.to_text(), " is outside subnet \"", subnet.name,
                                       "\" (", block->to_text(), "), whose addresses go from ",
                                       first.to_text(), " to ", last.to_text(), hint));
  }
  if (address < first || address > last) {
    validation.add(path, concat(address.to_text(),
                                " is reserved: AWS keeps the first four addresses "
                                "of a subnet and the last; the nearest for use is ",
                                (address < first ? first : last).to_text()));
  }
}

void check_collisions(Validation& validation) {
  Collisions collisions(validation);
  for (const ResolverEndpoint& endpoint : validation.topology().resolver_endpoints) {
    for (size_t i = 0; i < endpoint.ip_addresses.size(); ++i) {
      const ResolverEndpointIp& ip = endpoint.ip_addresses[i];
      const KeyPath path{"resolver_endpoint", endpoint.name, "ip_address", i};
      collisions.add_address(below(path, "address"), ip.subnet, ip.address);
      // A disabled address has no listener, so its address may be in use.
      if (!ip.enabled || endpoint.direction == Direction::Outbound) continue;
      // A duplicate protocol is reported elsewhere.
      const std::set<EndpointProtocol> protocols(endpoint.protocols.begin(),
                                                 endpoint.protocols.end());
      for (const EndpointProtocol protocol : protocols) {
        collisions.add_listen(
            below(path, listen_of(ip, protocol) ? listen_key(protocol) : std::string("address")),
            serving_address(ip, protocol));
      }
    }
  }
  for (const VpcEndpoint& endpoint : validation.topology().vpc_endpoints) {
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
  for (const Instance& instance : validation.topology().instances) {
    const KeyPath path{"instance", instance.name};
    collisions.add_address(below(path, "address"), instance.subnet, instance.address);
    if (instance.ipv6_address) {
      collisions.add_address(below(path, "ipv6_address"), instance.subnet, *instance.ipv6_address);
    }
  }
}

void check_instances(Validation& validation) {
  std::map<IpAddress, std::string_view> public_addresses;
  for (const Instance& instance : validation.topology().instances) {
    const KeyPath path{"instance", instance.name};
    const Subnet* subnet = validation.reference(
        below(path, "subnet"), validation.topology().subnets, instance.subnet, "subnet");
    const KeyPath address = below(path, "address");
    if (check_family(validation, address, instance.address, IpFamily::V4) && subnet != nullptr) {
      check_address(validation, address, instance.address, *subnet);
    }
    if (instance.ipv6_address) {
      const KeyPath ipv6 = below(path, "ipv6_address");
      if (check_family(validation, ipv6, *instance.ipv6_address, IpFamily::V6) &&
          subnet != nullptr) {
        check_address(validation, ipv6, *instance.ipv6_address, *subnet);
      }
    }
    if (!instance.public_address) continue;
    const KeyPath public_path = below(path, "public_address");
    check_family(validation, public_path, *instance.public_address, IpFamily::V4);
    const auto [first, fresh] = public_addresses.emplace(*instance.public_address, instance.name);
    if (!fresh) {
      validation.add(public_path, concat(instance.public_address->to_text(),
                                         " is that of instance \"", first->second, "\" already"));
    }
  }
}

}  // namespace inlet53::topology
