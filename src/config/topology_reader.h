// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "table_reader.h"

#include "inlet53/base/ids.h"
#include "inlet53/settings/settings.h"
#include "inlet53/topology/topology.h"

/// Keys that objects of several kinds have.
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

/// `key`, an id of `shape`; made from the key path, and so the same in every run, when left out.
/// Its shape is topology::validate's to check. Says that tags of the object are not supported yet.
void read_id(TableReader& in, std::string_view key, const IdShape& shape, std::string& id);

/// `region` and `account_id`, which default to those at the top of the file.
void read_owner(TableReader& in, const Owner& owner, std::string& region, std::string& account_id);

/// `policy` or `policy_file`, at most one of them: a policy's JSON, at most 64 KiB, and the file
/// that it is from. What the JSON says is not read here.
void read_policy(TableReader& in, std::string& policy, std::string& policy_file);

/// Turns the references of `topology` from names into ids; an id, and what is neither, stays as it
/// is written. Gives endpoints that name no VPC the VPC of their subnets.
void resolve_references(topology::Topology& topology);

/// Reads the sections of the daemons, as `settings::kDnsTable` and `settings::kHttpsTable` describe
/// them.
void read_settings(TableReader& root, settings::Settings& settings);

}  // namespace inlet53::config
