#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "inlet53/base/file_error.h"
#include "inlet53/config/config.h"
#include "inlet53/resolver/domain_set.h"
#include "inlet53/topology/topology.h"

namespace inlet53::app {

/// A private hosted zone as its master file gave it.
struct LoadedZone {
  const topology::HostedZone* zone = nullptr;
  size_t records = 0;
};

/// A DNS Firewall domain list with what its file gave; a null set: the file can't be read, and the
/// VPCs that use the list fail open.
struct LoadedList {
  const topology::FirewallDomainList* list = nullptr;
  std::shared_ptr<const resolver::DomainSet> domains;
};

/// What reading the files that a configuration names came to.
struct CheckReport {
  std::vector<config::ConfigError> errors;
  std::vector<LoadedZone> zones;
  std::vector<FileError> ignored_records;  // outside their zones
  std::vector<LoadedList> domain_lists;
  std::string isolation;  // of functions, in words; empty: there are none
  std::vector<std::string> isolation_problems;
  std::vector<std::string> interpreter_problems;  // other versions than those of runtimes
};

/// A sound configuration, summed up: for people on stdout, for programs as one JSON object.
void print_summary(const config::Config& config, const CheckReport& report);
[[nodiscard]] std::string summary_json(const config::Config& config, const CheckReport& report);

}  // namespace inlet53::app
