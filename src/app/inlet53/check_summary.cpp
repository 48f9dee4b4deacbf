// SPDX-License-Identifier: Apache-2.0
#include "check_summary.h"

#include <algorithm>
#include <iostream>

#include <nlohmann/json.hpp>

#include "inlet53/base/json_dump.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/endpoint_access.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;
using topology::EndpointProtocol;

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

// Address for a protocol; null when the endpoint does not serve it.
Json end_json(const topology::ResolverEndpoint& endpoint, const topology::ResolverEndpointIp& ip,
              topology::EndpointProtocol protocol) {
  if (endpoint.direction == topology::Direction::Outbound) return nullptr;
  const auto& protocols = endpoint.protocols;
  if (std::find(protocols.begin(), protocols.end(), protocol) == protocols.end()) return nullptr;
  return topology::serving_address(ip, protocol).to_text();
}

Json addresses_json(const topology::Topology& topology) {
  Json addresses = Json::array();
  for (const topology::ResolverEndpoint& endpoint : topology.resolver_endpoints) {
    for (const topology::ResolverEndpointIp& ip : endpoint.ip_addresses) {
      addresses.push_back({{"resolver_endpoint", endpoint.id},
                           {"resolver_network_interface", ip.id},
                           {"availability_zone", availability_zone(topology, ip)},
                           {"address", ip.address.to_text()},
                           {"listen", end_json(endpoint, ip, EndpointProtocol::Do53)},
                           {"listen_dot", end_json(endpoint, ip, EndpointProtocol::DoT)},
                           {"listen_doh", end_json(endpoint, ip, EndpointProtocol::DoH)},
                           {"enabled", ip.enabled}});
    }
  }
  return addresses;
}

// Address to which queries for a target go if it differs from the target's address.
std::string reached_text(const topology::Topology& topology, const topology::ResolverRule& rule,
                         const topology::TargetAddress& target) {
  const SocketAddress reached = topology::reached_address(topology, rule, target);
  return reached == target.address ? "" : reached.to_text();
}

Json resolver_rules_json(const topology::Topology& topology) {
  Json rules = Json::array();
  for (const topology::ResolverRule& rule : topology.resolver_rules) {
    Json targets = Json::array();
    for (const topology::TargetAddress& target : rule.target_ips) {
      const bool over_tls = target.protocol == topology::TargetProtocol::DoT;
      targets.push_back(
          {{"address", target.address.to_text()}, {"protocol", over_tls ? "DoT" : "Do53"}});
      const std::string reached = reached_text(topology, rule, target);
      if (!reached.empty()) targets.back()["served_at"] = reached;
    }
    const bool forwards = rule.rule_type == topology::RuleType::Forward;
    rules.push_back({{"id", rule.id},
                     {"domain_name", rule.domain_name},
                     {"rule_type", forwards ? "FORWARD" : "SYSTEM"},
                     {"target_ips", std::move(targets)}});
  }
  return rules;
}

Json interfaces_json(const topology::Topology& topology, const topology::VpcEndpoint& endpoint) {
  Json interfaces = Json::array();
  for (const topology::NetworkInterface& interface : endpoint.network_interfaces) {
    const topology::Subnet* subnet = topology.find_subnet(interface.subnet);
    Json one{{"id", interface.id},
             {"availability_zone", subnet == nullptr ? "" : subnet->availability_zone}};
    if (interface.address) one["address"] = interface.address->to_text();
    if (interface.ipv6_address) one["ipv6_address"] = interface.ipv6_address->to_text();
    // Address of the gateway; the first of two addresses without `listen`.
    const auto served = topology::serving_addresses(interface);
    if (!served.empty()) one["listen"] = served.front().to_text();
    interfaces.push_back(std::move(one));
  }
  return interfaces;
}

Json rest_apis_json(const topology::Topology& topology) {
  Json apis = Json::array();
  for (const topology::RestApi& api : topology.rest_apis) {
    Json stages = Json::array();
    for (const topology::Stage& stage : api.stages) {
      stages.push_back({{"name", stage.name},
                        {"access_log", stage.access_log.file},
                        {"execution_log", stage.execution_log}});
    }
    Json methods = Json::array();
    for (const topology::Resource& resource : api.resources) {
      for (const topology::Method& method : resource.methods) {
        methods.push_back(concat(method.http_method, ' ', resource.path));
      }
    }
    apis.push_back({{"id", api.id},
                    {"name", api.name},
                    {"region", api.region},
                    {"account_id", api.account_id},
                    {"has_policy", !api.policy.empty()},
                    {"stages", std::move(stages)},
                    {"methods", std::move(methods)}});
  }
  return apis;
}

Json vpc_endpoints_json(const topology::Topology& topology) {
  Json endpoints = Json::array();
  for (const topology::VpcEndpoint& endpoint : topology.vpc_endpoints) {
    endpoints.push_back({{"id", endpoint.id},
                         {"vpc", endpoint.vpc},
                         {"service_name", endpoint.service_name},
                         {"dns_suffix", endpoint.dns_suffix},
                         {"private_dns", private_dns_text(endpoint.private_dns)},
                         {"network_interfaces", interfaces_json(topology, endpoint)}});
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

Json domain_lists_json(const std::vector<LoadedList>& loaded_lists) {
  Json lists = Json::array();
  for (const LoadedList& loaded : loaded_lists) {
    Json one{{"id", loaded.list->id}, {"name", loaded.list->name}, {"file", loaded.list->file}};
    if (loaded.domains != nullptr) one["domains"] = loaded.domains->size();
    one["readable"] = loaded.domains != nullptr;
    lists.push_back(std::move(one));
  }
  return lists;
}

// Empty when the configuration has its own certificate.
std::string authority_file(const settings::Gateway& settings) {
  return settings.certificate_file.empty() ? settings.authority_folder + "/ca.pem" : "";
}

// `1 VPC`, `2 subnets`.
std::string counted(size_t count, std::string_view one, std::string_view many) {
  return concat(count, " ", count == 1 ? one : many);
}

// Inbound and outbound endpoints.
std::string end_text(const topology::ResolverEndpoint& endpoint,
                     const topology::ResolverEndpointIp& ip) {
  if (endpoint.direction != topology::Direction::Outbound) {
    std::string text = "served";
    for (const EndpointProtocol protocol : endpoint.protocols) {
      text += concat(protocol == EndpointProtocol::Do53 ? "" : concat("  ", to_text(protocol)),
                     " at ", topology::serving_address(ip, protocol).to_text());
    }
    return text;
  }
  return ip.send_from ? concat("sends from ", ip.send_from->to_text()) : "sends";
}

void print_resolver_rule(const topology::Topology& topology, const topology::ResolverRule& rule) {
  std::cout << "  resolver rule " << rule.domain_name;
  const char* before = "  forwards to ";
  for (const topology::TargetAddress& target : rule.target_ips) {
    std::cout << before << target.address.to_text()
              << (target.protocol == topology::TargetProtocol::DoT ? " over TLS" : "");
    const std::string reached = reached_text(topology, rule, target);
    if (!reached.empty()) std::cout << " (served at " << reached << ')';
    before = ", ";
  }
  std::cout << (rule.rule_type == topology::RuleType::System ? "  forwards nothing\n" : "\n");
}

void print_resolver_endpoint(const topology::Topology& topology,
                             const topology::ResolverEndpoint& endpoint) {
  std::cout << "  resolver endpoint " << endpoint.id << '\n';
  for (const topology::ResolverEndpointIp& ip : endpoint.ip_addresses) {
    std::cout << "    " << ip.id << "  " << availability_zone(topology, ip) << "  "
              << ip.address.to_text() << "  " << (ip.enabled ? end_text(endpoint, ip) : "disabled")
              << '\n';
  }
}

void print_interfaces(const topology::Topology& topology, const topology::VpcEndpoint& endpoint) {
  for (const topology::NetworkInterface& interface : endpoint.network_interfaces) {
    const topology::Subnet* subnet = topology.find_subnet(interface.subnet);
    std::cout << "    " << interface.id << "  "
              << (subnet == nullptr ? "" : subnet->availability_zone);
    if (interface.address) std::cout << "  " << interface.address->to_text();
    for (const SocketAddress& served : topology::serving_addresses(interface)) {
      std::cout << "  served at " << served.to_text();
    }
    std::cout << '\n';
  }
}

void print_api(const topology::RestApi& api) {
  size_t methods = 0;
  for (const topology::Resource& resource : api.resources) methods += resource.methods.size();
  std::cout << "  REST API " << api.id << "  " << counted(api.stages.size(), "stage", "stages")
            << ", " << counted(methods, "method", "methods");
  if (!api.stages.empty() && api.policy.empty()) {
    std::cout << "  (no resource policy: every call will be refused)";
  }
  std::cout << '\n';
}

void print_isolation(const config::Config& config, const CheckReport& report) {
  if (report.isolation.empty()) return;
  std::cout << "  functions " << counted(config.topology.functions.size(), "function", "functions")
            << ", isolation: " << report.isolation << '\n';
  const bool required = config.settings.https.lambda.isolation == settings::Isolation::Required;
  for (const std::string& problem : report.isolation_problems) {
    std::cout << "  warning: " << problem << (required ? "; inlet53-gateway will not start" : "")
              << '\n';
  }
  for (const std::string& problem : report.interpreter_problems) {
    std::cout << "  warning: " << problem << '\n';
  }
}

template <class Place>
Json places_json(const std::vector<Place>& places) {
  Json list = Json::array();
  for (const Place& place : places) list.push_back(place.to_text());
  return list;
}

}  // namespace

std::string summary_json(const config::Config& config, const CheckReport& report) {
  const Json summary = {{"file", config.file},
                        {"ok", true},
                        {"calls_for_dns", topology::calls_for_dns(config.topology)},
                        {"calls_for_gateway", topology::calls_for_gateway(config.topology)},
                        {"warnings", places_json(config.warnings)},
                        {"vpcs", config.topology.vpcs.size()},
                        {"subnets", config.topology.subnets.size()},
                        {"resolver_ip_addresses", addresses_json(config.topology)},
                        {"vpc_endpoints", vpc_endpoints_json(config.topology)},
                        {"rest_apis", rest_apis_json(config.topology)},
                        {"hosted_zones", zones_json(report.zones)},
                        {"ignored_records", places_json(report.ignored_records)},
                        {"resolver_rules", resolver_rules_json(config.topology)},
                        {"firewall_domain_lists", domain_lists_json(report.domain_lists)},
                        {"function_isolation", report.isolation},
                        {"function_isolation_problems", report.isolation_problems},
                        {"function_interpreter_problems", report.interpreter_problems},
                        {"query_log", config.settings.dns.query_log.file},
                        {"certificate_authority", authority_file(config.settings.https.gateway)}};
  return dump_json(summary);
}

void print_summary(const config::Config& config, const CheckReport& report) {
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
    if (topology::calls_for_gateway(topology)) print_interfaces(topology, endpoint);
  }
  for (const topology::RestApi& api : topology.rest_apis) print_api(api);
  print_isolation(config, report);
  for (const LoadedZone& loaded : report.zones) {
    std::cout << "  hosted zone " << loaded.zone->domain_name << "  "
              << counted(loaded.records, "record", "records") << "  " << loaded.zone->file << '\n';
  }
  for (const topology::ResolverRule& rule : topology.resolver_rules) {
    print_resolver_rule(topology, rule);
  }
  for (const LoadedList& loaded : report.domain_lists) {
    std::cout << "  firewall domain list " << loaded.list->id << "  "
              << (loaded.domains == nullptr
                      ? concat("(can't be read: DNS Firewall fails open)  ", loaded.list->file)
                      : counted(loaded.domains->size(), "domain", "domains"))
              << '\n';
  }
  const std::string& log = config.settings.dns.query_log.file;
  std::cout << "  query log " << (log.empty() ? "off" : log) << '\n';
  if (!topology::calls_for_dns(topology)) {
    std::cout
        << "  note: no resolver endpoint has an enabled IP address; inlet53d will not start\n";
  }
  if (!topology::calls_for_gateway(topology)) {
    std::cout << "  note: no REST API has a stage; inlet53-gateway will not start\n";
  }
}

}  // namespace inlet53::app
