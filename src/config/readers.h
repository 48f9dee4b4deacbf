// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "table_reader.h"

#include "inlet53/base/aws_names.h"
#include "inlet53/base/result.h"
#include "inlet53/config/config.h"
#include "inlet53/settings/settings.h"
#include "inlet53/topology/topology.h"

/// Readers of a configuration file: its AWS objects and its settings.
namespace inlet53::config {

/// Parses and validates `text` into `config`, and adds all errors to `reading.errors` in the order
/// of their lines. `path` names the file.
void read_config(std::string_view text, const std::string& path, Config& config, Reading& reading);

/// Reads a file of at most `most` bytes. A pipe may block the caller. Errors: the reason for the
/// operator, without the file's name.
[[nodiscard]] Result<std::string, std::string> read_text_file(const std::string& path, size_t most);

/// Reads a regular file (or a link to one) in the same way; rejects others, which could block.
[[nodiscard]] Result<std::string, std::string> read_regular_file(const std::string& path,
                                                                 size_t most);

/// Reads every AWS object of the file. Generates ids that are left out from the object's key path.
/// Keeps references as they are written (see resolve_references).
void read_topology(TableReader& root, topology::Topology& topology);

/// Owner at the top of the file: the default for objects without their own.
struct Owner {
  std::string region;
  std::string account_id;
  /// True when the keys are at the top of the file.
  bool has_region = false;
  bool has_account_id = false;
};

/// Parts of read_topology, by kind of object.
void read_networks(TableReader& root, const Owner& owner, topology::Topology& topology);
void read_endpoints(TableReader& root, topology::Topology& topology);
void read_rest_apis(TableReader& root, const Owner& owner, topology::Topology& topology);
void read_functions(TableReader& root, const Owner& owner, topology::Topology& topology);
void read_hosted_zones(TableReader& root, topology::Topology& topology);
void read_resolver_rules(TableReader& root, topology::Topology& topology);
void read_firewalls(TableReader& root, topology::Topology& topology);

/// Part of read_networks: reads an association of a VPC with a firewall rule group.
void read_firewall_association(TableReader& in,
                               topology::FirewallRuleGroupAssociation& association);

/// Parts of read_rest_apis.
void read_stage(TableReader& in, topology::Stage& stage);
void read_method(TableReader& in, topology::Method& method);

/// Reads `key`, an id of `shape`, or generates it from the key path, so that it is the same in
/// every run. topology::validate checks its form. Reports tags of the object as not supported yet.
void read_id(TableReader& in, std::string_view key, const IdShape& shape, std::string& id);

/// Reads `region` and `account_id`, with those at the top of the file as defaults.
void read_owner(TableReader& in, const Owner& owner, std::string& region, std::string& account_id);

/// Reads `policy` or `policy_file`, at most one of them: the JSON of a policy, at most 64 KiB, and
/// its file. Does not parse the JSON.
void read_policy(TableReader& in, std::string& policy, std::string& policy_file);

/// Replaces names by ids in the references of `topology`. Keeps ids and unknown names as they are
/// written. Sets the VPC of endpoints that name none to that of their subnets.
void resolve_references(topology::Topology& topology);

/// Reads the sections of the daemons, which `settings::kDnsTable` and `settings::kHttpsTable`
/// describe.
void read_settings(TableReader& root, settings::Settings& settings);

}  // namespace inlet53::config
