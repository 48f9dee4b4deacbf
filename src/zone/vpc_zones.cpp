// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <string_view>

#include "route53_records.h"

#include "inlet53/base/aws_names.h"
#include "inlet53/base/text.h"
#include "inlet53/dns/types.h"
#include "inlet53/zone/generated_zones.h"

namespace inlet53::zone {

namespace {

using dns::RRType;
using topology::Instance;
using topology::Topology;
using topology::Vpc;

constexpr std::string_view kOldestRegion = "us-east-1";
constexpr std::string_view kReverse = ".in-addr.arpa";

// RDATA that is never in an answer: any record makes its owner exist.
constexpr uint8_t kEmptyText[] = {0};

std::string private_domain(std::string_view region) {
  return region == kOldestRegion ? "ec2.internal" : concat(region, ".compute.internal");
}

std::string public_domain(std::string_view region) {
  return region == kOldestRegion ? "compute-1.amazonaws.com"
                                 : concat(region, ".compute.", dns_suffix_of(region));
}

bool has_names(const Vpc& vpc) { return vpc.enable_dns_support && vpc.enable_dns_hostnames; }

/// Returns the VPC of an instance.
const Vpc& vpc_of(const Topology& topology, const Instance& instance) {
  return *topology.find_vpc(topology.find_subnet(instance.subnet)->vpc);  // validated
}

GeneratedZone make_zone(std::string_view apex) {
  GeneratedZone zone{ZoneData(made_name(apex).view())};
  add_soa(zone.data);
  return zone;
}

void add_address(ZoneData& data, std::string_view owner, const IpAddress& address) {
  const RRType type = address.is_v4() ? RRType::A : RRType::AAAA;
  data.add(made_name(owner).view(), static_cast<uint16_t>(type), kVpcNameTtl, address.bytes());
}

void add_pointer(ZoneData& data, std::string_view owner, std::string_view target) {
  data.add(made_name(owner).view(), static_cast<uint16_t>(RRType::PTR), kVpcNameTtl,
           made_name(target).view().bytes());
}

GeneratedZone private_zone(const Topology& topology, const Vpc& vpc) {
  const std::string domain = private_domain(vpc.region);
  GeneratedZone zone = make_zone(domain);
  zone.address_names = AddressNames::forward(zone.data.apex(), vpc.cidr_blocks);
  for (const Instance& instance : topology.instances) {
    if (&vpc_of(topology, instance) != &vpc) continue;
    const std::string owner = concat(instance.id, '.', domain);
    add_address(zone.data, owner, instance.address);
    if (instance.ipv6_address) add_address(zone.data, owner, *instance.ipv6_address);
  }
  return zone;
}

/// Returns `ec2-A-B-C-D` with the suffix of the region's names.
std::string public_name(const IpAddress& address, std::string_view region) {
  std::string out = "ec2";
  for (const uint8_t octet : address.bytes()) out += concat('-', octet);
  return concat(out, '.', public_domain(region));
}

/// Adds the public names of instances by region. They are in public DNS, so every VPC resolves
/// them.
void add_public_zones(std::vector<GeneratedZone>& zones, const Topology& topology, const Vpc& vpc) {
  std::set<std::string_view> regions;
  for (const Instance& instance : topology.instances) {
    const Vpc& home = vpc_of(topology, instance);
    if (instance.public_address && has_names(home)) regions.insert(home.region);
  }
  for (const std::string_view region : regions) {
    GeneratedZone zone = make_zone(public_domain(region));
    zone.partial = true;
    for (const Instance& instance : topology.instances) {
      const Vpc& home = vpc_of(topology, instance);
      if (!instance.public_address || !has_names(home) || home.region != region) continue;
      add_address(zone.data, public_name(*instance.public_address, region),
                  &home == &vpc ? instance.address : *instance.public_address);
    }
    zones.push_back(std::move(zone));
  }
}

void add_loopback_zones(std::vector<GeneratedZone>& zones) {
  const IpAddress v4 = *IpAddress::parse("127.0.0.1");
  const IpAddress v6 = *IpAddress::parse("::1");
  GeneratedZone localhost = make_zone("localhost");
  GeneratedZone localdomain = make_zone("localdomain");
  for (const IpAddress& address : {v4, v6}) {
    add_address(localhost.data, "localhost", address);
    add_address(localhost.data, "*.localhost", address);
    add_address(localdomain.data, "localhost.localdomain", address);
  }
  zones.push_back(std::move(localhost));
  zones.push_back(std::move(localdomain));

  GeneratedZone loopback = make_zone("127.in-addr.arpa");
  add_pointer(loopback.data, "1.0.0.127.in-addr.arpa", "localhost");
  zones.push_back(std::move(loopback));
  std::string zeros;  // the first 31 digits of ::1 and ::
  for (int i = 0; i < 31; ++i) zeros += ".0";
  const std::string one = concat('1', zeros, ".ip6.arpa");
  GeneratedZone v6_loopback = make_zone(one);
  add_pointer(v6_loopback.data, one, "localhost");
  zones.push_back(std::move(v6_loopback));
  zones.push_back(make_zone(concat('0', zeros, ".ip6.arpa")));
}

/// A, B and C of an address as one number.
using Slice = uint32_t;

/// Returns the /24s that have addresses of the VPC.
std::set<Slice> slices_of(const Vpc& vpc) {
  std::set<Slice> slices;
  for (const Cidr& block : vpc.cidr_blocks) {
    if (!block.network.is_v4()) continue;
    const Slice first = load_be32(block.network.bytes().data()) >> 8;
    const Slice count = block.prefix_length >= 24 ? 1 : Slice{1} << (24 - block.prefix_length);
    for (Slice slice = first; slice < first + count; ++slice) slices.insert(slice);
  }
  return slices;
}

std::string slice_name(Slice slice) {
  return concat(slice & 0xFF, '.', slice >> 8 & 0xFF, '.', slice >> 16, kReverse);
}

IpAddress slice_address(Slice slice) {
  uint8_t octets[4];
  store_be32(octets, slice << 8);
  return IpAddress::from_bytes(octets);
}

std::vector<std::string> private_reverse_names() {
  std::vector<std::string> names = {"10.in-addr.arpa", "168.192.in-addr.arpa",
                                    "254.169.254.169.in-addr.arpa"};
  for (int second = 16; second <= 31; ++second) names.push_back(concat(second, ".172", kReverse));
  return names;
}

void add_reverse_zones(std::vector<GeneratedZone>& zones, const Vpc& vpc) {
  const std::set<Slice> slices = slices_of(vpc);
  const dns::Name forward_apex = made_name(private_domain(vpc.region));
  for (const std::string& name : private_reverse_names()) {
    GeneratedZone zone = make_zone(name);
    // Names between this apex and the zones below it exist (RFC 8020): after NXDOMAIN some
    // resolvers deny all names below.
    for (const Slice slice : slices) {
      const dns::Name below = made_name(slice_name(slice));
      if (below.view().is_at_or_below(zone.data.apex())) add_name_servers(zone.data, below.view());
    }
    zones.push_back(std::move(zone));
  }
  for (const Slice slice : slices) {
    GeneratedZone zone = make_zone(slice_name(slice));
    zone.address_names =
        AddressNames::reverse(slice_address(slice), vpc.cidr_blocks, forward_apex.view());
    zones.push_back(std::move(zone));
  }
}

}  // namespace

std::vector<GeneratedZone> vpc_zones(const Topology& topology, const Vpc& vpc) {
  std::vector<GeneratedZone> zones;
  if (!has_names(vpc)) return zones;
  zones.push_back(private_zone(topology, vpc));
  if (vpc.region == kOldestRegion) zones.push_back(make_zone("compute-1.internal"));
  add_public_zones(zones, topology, vpc);
  add_loopback_zones(zones);
  if (vpc.autodefined_reverse) add_reverse_zones(zones, vpc);
  return zones;
}

ZoneData root_zone(const std::vector<dns::Name>& covered) {
  ZoneData data{dns::NameView()};
  add_soa(data);
  for (const dns::Name& name : covered) {
    data.add(name.view(), static_cast<uint16_t>(RRType::TXT), kOwnNegativeTtl, kEmptyText);
  }
  return data;
}

}  // namespace inlet53::zone
