#include "check.h"

#include <iostream>
#include <vector>

#include <nlohmann/json.hpp>

#include "inlet53/base/exit_code.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/dns/name.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;
using config::ConfigError;

// One private hosted zone as its master file gave it.
struct LoadedZone {
  const topology::HostedZone* zone = nullptr;
  size_t records = 0;
};

struct Report {
  std::vector<ConfigError> errors;
  std::vector<LoadedZone> zones;
};

Report load_zones(const topology::Topology& topology) {
  Report report;
  for (const topology::HostedZone& zone : topology.hosted_zones) {
    const auto apex = dns::Name::parse_text(zone.domain_name);
    if (!apex) {
      report.errors.push_back(
          {zone.file, 0, 0, zone.name, concat("not a domain name: ", zone.domain_name)});
      continue;
    }
    const auto data = zone::load_zone_file(zone.file, apex->view());
    if (data) {
      report.zones.push_back({&zone, data->size()});
    } else {
      const zone::ZoneLoadError& error = data.error();
      report.errors.push_back({error.file, error.line, 0, {}, error.message});
    }
  }
  return report;
}

std::string error_text(const ConfigError& error) {
  if (error.column != 0 || !error.key.empty()) return error.to_text();
  return zone::ZoneLoadError{error.file, error.line, error.message}.to_text();
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

std::string_view availability_zone(const topology::Topology& topology,
                                   const topology::ResolverEndpointIp& ip) {
  const topology::Subnet* subnet = topology.find_subnet(ip.subnet);
  return subnet == nullptr ? std::string_view{} : subnet->availability_zone;
}

std::string_view private_dns_text(topology::PrivateDns value) {
  switch (value) {
    case topology::PrivateDns::Disabled:
      return "disabled";
    case topology::PrivateDns::Enabled:
      return "enabled";
    case topology::PrivateDns::Listed:
      return "listed";
  }
  return "";
}

Json addresses_json(const topology::Topology& topology) {
  Json addresses = Json::array();
  for (const topology::ResolverEndpoint& endpoint : topology.resolver_endpoints) {
    for (const topology::ResolverEndpointIp& ip : endpoint.ip_addresses) {
      addresses.push_back({{"resolver_endpoint", endpoint.id},
                           {"resolver_network_interface", ip.id},
                           {"availability_zone", availability_zone(topology, ip)},
                           {"address", ip.address.to_text()},
                           {"listen", topology::serving_address(ip).to_text()},
                           {"enabled", ip.enabled}});
    }
  }
  return addresses;
}

Json vpc_endpoints_json(const topology::Topology& topology) {
  Json endpoints = Json::array();
  for (const topology::VpcEndpoint& endpoint : topology.vpc_endpoints) {
    endpoints.push_back({{"id", endpoint.id},
                         {"vpc", endpoint.vpc},
                         {"service_name", endpoint.service_name},
                         {"dns_suffix", endpoint.dns_suffix},
                         {"private_dns", private_dns_text(endpoint.private_dns)}});
  }
  return endpoints;
}

Json zones_json(const std::vector<LoadedZone>& loaded_zones) {
  Json zones = Json::array();
  for (const LoadedZone& loaded : loaded_zones) {
    zones.push_back({{"id", loaded.zone->id},
                     {"domain_name", loaded.zone->domain_name},
                     {"file", loaded.zone->file},
                     {"records", loaded.records}});
  }
  return zones;
}

Json summary_json(const config::Config& config, const Report& report) {
  Json rest_apis = Json::array();
  for (const topology::RestApi& api : config.topology.rest_apis) rest_apis.push_back(api.id);
  return {{"file", config.file},
          {"ok", true},
          {"calls_for_dns", topology::calls_for_dns(config.topology)},
          {"vpcs", config.topology.vpcs.size()},
          {"subnets", config.topology.subnets.size()},
          {"resolver_ip_addresses", addresses_json(config.topology)},
          {"vpc_endpoints", vpc_endpoints_json(config.topology)},
          {"rest_apis", std::move(rest_apis)},
          {"hosted_zones", zones_json(report.zones)},
          {"query_log", config.settings.query_log.file}};
}

// `1 VPC`, `2 subnets`.
std::string counted(size_t count, std::string_view one, std::string_view many) {
  return concat(count, " ", count == 1 ? one : many);
}

void print_resolver_endpoint(const topology::Topology& topology,
                             const topology::ResolverEndpoint& endpoint) {
  std::cout << "  resolver endpoint " << endpoint.id << '\n';
  for (const topology::ResolverEndpointIp& ip : endpoint.ip_addresses) {
    std::cout << "    " << ip.id << "  " << availability_zone(topology, ip) << "  "
              << ip.address.to_text() << "  "
              << (ip.enabled ? concat("served at ", topology::serving_address(ip).to_text())
                             : "disabled")
              << '\n';
  }
}

void print_summary(const config::Config& config, const Report& report) {
  const topology::Topology& topology = config.topology;
  std::cout << config.file << ": ok\n  " << counted(topology.vpcs.size(), "VPC", "VPCs") << ", "
            << counted(topology.subnets.size(), "subnet", "subnets") << ", "
            << counted(topology.rest_apis.size(), "REST API", "REST APIs") << '\n';
  for (const topology::ResolverEndpoint& endpoint : topology.resolver_endpoints) {
    print_resolver_endpoint(topology, endpoint);
  }
  for (const topology::VpcEndpoint& endpoint : topology.vpc_endpoints) {
    std::cout << "  VPC endpoint " << endpoint.id << "  " << endpoint.service_name
              << "  private DNS " << private_dns_text(endpoint.private_dns) << '\n';
  }
  for (const LoadedZone& loaded : report.zones) {
    std::cout << "  hosted zone " << loaded.zone->domain_name << "  "
              << counted(loaded.records, "record", "records") << "  " << loaded.zone->file << '\n';
  }
  const std::string& log = config.settings.query_log.file;
  std::cout << "  query log " << (log.empty() ? "off" : log) << '\n';
  if (!topology::calls_for_dns(topology)) {
    std::cout
        << "  note: no resolver endpoint has an enabled IP address; inlet53d will not start\n";
  }
}

}  // namespace

int run_check(const CheckOptions& options) {
  const auto config = config::load_config(options.file);
  const Report report = config ? load_zones(config->topology) : Report{config.error(), {}};
  if (!report.errors.empty()) {
    if (options.json) {
      std::cout << errors_json(options, report.errors).dump() << '\n';
    } else {
      print_errors(report.errors);
    }
    return kExitConfiguration;
  }
  if (options.json) {
    std::cout << summary_json(*config, report).dump() << '\n';
  } else {
    print_summary(*config, report);
  }
  return kExitOk;
}

}  // namespace inlet53::app
