// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/file.h"
#include "inlet53/config/config.h"
#include "inlet53/resolver/domain_set.h"
#include "inlet53/topology/topology.h"

namespace inlet53::app {

/// Private hosted zone with the number of records in its zone file.
struct LoadedZone {
  const topology::HostedZone* zone = nullptr;
  size_t records = 0;
};

/// DNS Firewall domain list with the content of its file. A null set: the file cannot be read, and
/// VPCs that use the list fail open.
struct LoadedList {
  const topology::FirewallDomainList* list = nullptr;
  std::shared_ptr<const resolver::DomainSet> domains;
};

/// Result of reading the files of a configuration.
struct CheckReport {
  std::vector<config::ConfigError> errors;
  std::vector<LoadedZone> zones;
  std::vector<FileError> ignored_records;  // outside their zones
  std::vector<LoadedList> domain_lists;
  std::string isolation;  // of functions, in words; empty: there are none
  std::vector<std::string> isolation_problems;
  std::vector<std::string> interpreter_problems;  // other versions than those of runtimes
};

/// Summary of a valid configuration: text to stdout, or one JSON object.
void print_summary(const config::Config& config, const CheckReport& report);
[[nodiscard]] std::string summary_json(const config::Config& config, const CheckReport& report);

}  // namespace inlet53::app
