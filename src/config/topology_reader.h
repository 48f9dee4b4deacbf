#pragma once

#include <string>

#include "table_reader.h"

#include "inlet53/topology/topology.h"

namespace inlet53::config {

/// Reads every AWS object of the file. Ids that are left out are made from the object's key path;
/// references stay as they are written (see references.h).
void read_topology(TableReader& root, topology::Topology& topology);

/// What objects take from the top of the file when they don't say it themselves.
struct Owner {
  std::string region;
  std::string account_id;
  /// Whether the top of the file has the keys at all.
  bool has_region = false;
  bool has_account_id = false;
};

/// The parts of read_topology, by kind of object.
void read_networks(TableReader& root, const Owner& owner, topology::Topology& topology);
void read_endpoints(TableReader& root, topology::Topology& topology);
void read_rest_apis(TableReader& root, const Owner& owner, topology::Topology& topology);
void read_functions(TableReader& root, const Owner& owner, topology::Topology& topology);
void read_hosted_zones(TableReader& root, topology::Topology& topology);
void read_resolver_rules(TableReader& root, topology::Topology& topology);
void read_firewalls(TableReader& root, topology::Topology& topology);

/// A part of read_networks: one of a VPC's associations with firewall rule groups.
void read_firewall_association(TableReader& in,
                               topology::FirewallRuleGroupAssociation& association);

/// The parts of read_rest_apis.
void read_stage(TableReader& in, topology::Stage& stage);
void read_method(TableReader& in, topology::Method& method);

}  // namespace inlet53::config
