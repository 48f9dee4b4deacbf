#include "object_keys.h"
#include "topology_reader.h"

namespace inlet53::config {

namespace {

void read_rest_api(TableReader& in, const Owner& owner, topology::RestApi& api) {
  api.name = in.name();
  read_id(in, "id", id_shape::kRestApi, api.id);
  read_owner(in, owner, api.region, api.account_id);
  in.read_list("vpc_endpoints", Need::Optional, api.vpc_endpoints, parse_text);
}

/// Z and 20 of A-Z0-9, as Route 53 makes them today.
std::string generate_hosted_zone_id(std::string_view seed) {
  constexpr IdShape kDigits{"", 20, 0, true};
  std::string id = concat('Z', generate_id(kDigits, seed));
  for (char& c : id) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return id;
}

void read_hosted_zone(TableReader& in, topology::HostedZone& zone) {
  zone.name = in.name();
  in.read("id", Need::Optional, zone.id, parse_text);
  if (!in.has("id")) zone.id = generate_hosted_zone_id(topology::to_text(in.path()));
  in.read("domain_name", Need::Required, zone.domain_name, parse_text);
  in.read("file", Need::Required, zone.file, path_below(in.reading().folder));
  in.read_list("vpcs", Need::Required, zone.vpcs, parse_text);
}

}  // namespace

void read_names(TableReader& root, const Owner& owner, topology::Topology& topology) {
  root.each_named("rest_api", [&](TableReader& in) {
    read_rest_api(in, owner, topology.rest_apis.emplace_back());
  });
  root.each_named("hosted_zone", [&](TableReader& in) {
    read_hosted_zone(in, topology.hosted_zones.emplace_back());
  });
}

void read_topology(TableReader& root, topology::Topology& topology) {
  Owner owner;
  owner.has_region = root.has("region");
  owner.has_account_id = root.has("account_id");
  root.read("region", Need::Optional, owner.region, parse_text);
  root.read("account_id", Need::Optional, owner.account_id, parse_text);
  read_networks(root, owner, topology);
  read_endpoints(root, topology);
  read_names(root, owner, topology);
}

}  // namespace inlet53::config
