#include "object_keys.h"
#include "topology_reader.h"

namespace inlet53::config {

namespace {

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
  in.refuse_for_now("tags", {"tags"});
  in.read("id", Need::Optional, zone.id, parse_text);
  if (!in.has("id")) zone.id = generate_hosted_zone_id(topology::to_text(in.path()));
  in.read("domain_name", Need::Required, zone.domain_name, parse_text);
  in.read("file", Need::Required, zone.file, path_below(in.reading().folder));
  const Place place = in.place_of_value("file");
  zone.file_line = place.line;
  zone.file_column = place.column;
  in.read_list("vpcs", Need::Required, zone.vpcs, parse_text);
  in.refuse_for_now("descriptions", {"comment", "hosted_zone_config"});
  in.refuse_for_now("logs of public zones", {"query_logging_config"});
  in.refuse_for_now("accelerated recovery", {"hosted_zone_features"});
}

}  // namespace

void read_hosted_zones(TableReader& root, topology::Topology& topology) {
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
  read_functions(root, owner, topology);
  read_rest_apis(root, owner, topology);
  read_hosted_zones(root, topology);
  read_resolver_rules(root, topology);
  read_firewalls(root, topology);
}

}  // namespace inlet53::config
