// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "check_summary.h"
#include "commands.h"
#include <nlohmann/json.hpp>

#include "inlet53/base/file.h"
#include "inlet53/base/json_dump.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/control/control_server.h"
#include "inlet53/dns/name.h"
#include "inlet53/gateway/gateway_state.h"
#include "inlet53/lambda/isolation.h"
#include "inlet53/lambda/runtimes.h"
#include "inlet53/resolver/firewall.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;
using config::ConfigError;

void read_domain_lists(const topology::Topology& topology, CheckReport& report) {
  constexpr zone::HashSeed kAnySeed = 0;
  const auto lists = resolver::load_firewall_lists(topology, kAnySeed);
  if (!lists) {
    const FileError& error = lists.error();
    report.errors.push_back({error.file, error.line, 0, {}, error.message});
    return;
  }
  for (size_t i = 0; i < lists->sets.size(); ++i) {
    report.domain_lists.push_back({&topology.firewall_domain_lists[i], lists->sets[i]});
  }
}

// Reports missing code and interpreters. They do not stop the gateway from starting: it reads
// changed code at the next call.
void try_functions(const config::Config& config, CheckReport& report) {
  const auto add_error = [&](std::string_view function, std::string message) {
    report.errors.push_back({config.file, 0, 0, concat("function.", function), std::move(message)});
  };
  for (const topology::Function& function : config.topology.functions) {
    std::string missing = lambda::missing_code(function);
    if (!missing.empty()) add_error(function.name, std::move(missing));
  }
  lambda::Interpretation found =
      lambda::find_interpreters(config.topology.functions, config.settings.https.lambda);
  for (lambda::InterpreterProblem& problem : found.missing) {
    add_error(problem.function, std::move(problem.message));
  }
  for (const lambda::InterpreterProblem& problem : found.different) {
    report.interpreter_problems.push_back(
        concat("function ", problem.function, ": ", problem.message));
  }
}

// Checks for the current user and machine, as the gateway does.
void try_isolation(const config::Config& config, CheckReport& report) {
  if (config.topology.functions.empty()) return;
  lambda::Isolation isolation(
      lambda::isolation_options(config.settings, config.topology, config.file));
  report.isolation = isolation.description();
  report.isolation_problems = isolation.problems(config.topology.functions);
}

void try_control(const config::Config& config, CheckReport& report) {
  const std::string& socket = config.settings.dns.control.socket;
  if (socket.empty()) return;
  if (const std::string problem = control::control_path_problem(socket); !problem.empty()) {
    report.errors.push_back({config.file, 0, 0, "control.socket", concat(socket, ": ", problem)});
  }
}

CheckReport read_files(const config::Config& config) {
  const topology::Topology& topology = config.topology;
  CheckReport report;
  for (const topology::HostedZone& zone : topology.hosted_zones) {
    const auto apex = dns::Name::parse_text(zone.domain_name);
    if (!apex) {
      report.errors.push_back(
          {zone.file, 0, 0, zone.name, concat("not a domain name: ", zone.domain_name)});
      continue;
    }
    const auto data = zone::load_zone_file(zone.file, apex->view());
    if (data) {
      report.zones.push_back({&zone, data->data.size()});
      report.ignored_records.insert(report.ignored_records.end(), data->ignored.begin(),
                                    data->ignored.end());
      continue;
    }
    for (const zone::ZoneLoadError& error : data.error()) {
      if (error.line == 0 && error.file == zone.file) {
        report.errors.push_back({config.file, zone.file_line, zone.file_column,
                                 concat("hosted_zone.", zone.name, ".file"),
                                 concat(zone.file, ": ", error.message)});
      } else {
        report.errors.push_back({error.file, error.line, error.column, {}, error.message});
      }
    }
  }
  read_domain_lists(topology, report);
  if (const auto state = gateway::GatewayState::build(topology, config.file); !state) {
    for (const gateway::StateError& error : state.error()) {
      report.errors.push_back({error.place, error.error.line, error.error.column, error.error.path,
                               error.error.message});
    }
  }
  try_control(config, report);
  try_functions(config, report);
  try_isolation(config, report);
  return report;
}

std::string error_text(const ConfigError& error) {
  if (error.column != 0 || !error.key.empty()) return error.to_text();
  return FileError{error.file, error.line, error.message}.to_text();
}

void print_errors(const std::vector<ConfigError>& errors) {
  for (const ConfigError& error : errors) std::cerr << error_text(error) << '\n';
}

Json errors_json(const CheckOptions& options, const std::vector<ConfigError>& errors) {
  Json list = Json::array();
  for (const ConfigError& error : errors) {
    list.push_back({{"file", error.file},
                    {"line", error.line},
                    {"column", error.column},
                    {"key", error.key},
                    {"message", error.message}});
  }
  return {{"file", options.file}, {"ok", false}, {"errors", std::move(list)}};
}

}  // namespace

int run_check(const CheckOptions& options) {
  const auto config = config::load_config(options.file);
  const CheckReport report =
      config ? read_files(*config) : CheckReport{config.error(), {}, {}, {}, {}, {}, {}};
  if (!report.errors.empty()) {
    if (options.json) {
      std::cout << dump_json(errors_json(options, report.errors)) << '\n';
    } else {
      print_errors(report.errors);
    }
    return kExitConfiguration;
  }
  if (options.json) {
    std::cout << summary_json(*config, report) << '\n';
  } else {
    for (const ConfigError& warning : config->warnings) {
      std::cerr << error_text(warning) << '\n';
    }
    for (const FileError& record : report.ignored_records) std::cerr << record.to_text() << '\n';
    print_summary(*config, report);
  }
  return kExitOk;
}

}  // namespace inlet53::app
