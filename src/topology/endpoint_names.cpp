// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/endpoint_names.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "service_table.h"
#include "shapes.h"

#include "inlet53/base/aws_names.h"
#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

constexpr std::string_view kRegionMark = "REGION";
constexpr std::string_view kAwsPrefix = "com.amazonaws.REGION.";
constexpr std::string_view kOtherAccountPrefix = "com.amazonaws.vpce.REGION.";
constexpr std::string_view kServicePrefix = "vpce-svc-";

/// Service name as in the table, and its region.
struct ServicePattern {
  std::string text;         // com.amazonaws.REGION.kms
  std::string_view region;  // empty: the name has no region
};

/// Row of the table, as written.
struct TableRow {
  std::string_view private_names;
  std::string_view endpoint_domains;
};

/// Returns `api.ecr` for `ecr.api`: DNS names have the labels in reverse order.
std::string reversed(std::string_view name) {
  std::string out;
  while (true) {
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return out += name;
    out += name.substr(dot + 1);
    out += '.';
    name = name.substr(0, dot);
  }
}

/// Returns the first label of `name` that has the form of a region.
std::string_view region_in(std::string_view name) noexcept {
  while (!name.empty()) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (is_region(label)) return label;
    name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
  }
  return {};
}

/// Returns the pattern of a service name. In partitions with their own domain, names may begin with
/// its labels in reverse order, `cn.com.amazonaws.REGION.ec2`; their pattern has `com.amazonaws`.
ServicePattern pattern_of(std::string_view service_name) {
  const std::string_view region = region_in(service_name);
  if (region.empty()) {
    // The table's mark for a region is no region.
    const bool has_mark = service_name.find(kRegionMark) != std::string_view::npos;
    return {has_mark ? std::string() : std::string(service_name), {}};
  }
  const auto at = static_cast<size_t>(region.data() - service_name.data());
  std::string before(service_name.substr(0, at));
  const std::string own = concat(reversed(dns_suffix_of(region)), ".");
  if (before.starts_with(own)) before = concat("com.amazonaws.", before.substr(own.size()));
  return {concat(before, kRegionMark, service_name.substr(at + region.size())), region};
}

/// Removes `text` up to `end`, including `end`, and returns it without `end`; without `end`, all of
/// it.
std::string_view read_until(std::string_view& text, char end) noexcept {
  const size_t size = text.find(end);
  const std::string_view part = text.substr(0, size);
  text = size == std::string_view::npos ? std::string_view() : text.substr(size + 1);
  return part;
}

std::optional<TableRow> find_row(std::string_view pattern) {
  std::string_view table = kServiceTable;
  while (!table.empty()) {
    std::string_view line = read_until(table, '\n');
    if (read_until(line, '\t') != pattern) continue;
    const std::string_view private_names = read_until(line, '\t');
    return TableRow{private_names == "-" ? std::string_view() : private_names, line};
  }
  return std::nullopt;
}

/// Returns a name of the table, which has those of us-east-1, for `region`.
std::string name_in(std::string_view name, std::string_view region) {
  std::string out;
  const size_t mark = name.find(kRegionMark);
  if (mark == std::string_view::npos) {
    out = name;
  } else {
    out = concat(name.substr(0, mark), region, name.substr(mark + kRegionMark.size()));
  }
  for (const auto& [suffix, own] :
       {std::pair(dns_suffix_of("us-east-1"), dns_suffix_of(region)),
        std::pair(dual_stack_suffix_of("us-east-1"), dual_stack_suffix_of(region))}) {
    if (!out.ends_with(concat(".", suffix))) continue;
    return concat(std::string_view(out).substr(0, out.size() - suffix.size()), own);
  }
  return out;
}

std::vector<std::string> names_in(std::string_view names, std::string_view region) {
  std::vector<std::string> out;
  while (!names.empty()) out.push_back(name_in(read_until(names, ' '), region));
  return out;
}

std::vector<std::string> lower(std::vector<std::string> names) {
  for (std::string& name : names) {
    name = ascii_lower(name);
    if (name.ends_with('.')) name.pop_back();
  }
  return names;
}

EndpointDnsNames computed_names(const ServicePattern& pattern, std::string_view region) {
  const std::string_view suffix = dns_suffix_of(region);
  if (pattern.text.starts_with(kOtherAccountPrefix)) {
    const std::string_view id = std::string_view(pattern.text).substr(kOtherAccountPrefix.size());
    return {{}, {concat(id, ".", region, ".vpce.", suffix)}};
  }
  if (!pattern.text.starts_with(kAwsPrefix)) return {};
  const std::string label = reversed(std::string_view(pattern.text).substr(kAwsPrefix.size()));
  return {{concat(label, ".", region, ".", suffix)},
          {concat(label, ".", region, ".vpce.", suffix)}};
}

std::vector<std::string> dns_names(const Topology& topology) {
  std::set<std::string> endpoints;
  std::set<IpAddress> addresses;
  for (const ResolverEndpoint& endpoint : topology.resolver_endpoints) {
    const Vpc* vpc = topology.find_vpc(endpoint.vpc);
    if (endpoint.direction == Direction::Outbound || vpc == nullptr) continue;
    for (const ResolverEndpointIp& ip : endpoint.ip_addresses) {
      if (!ip.enabled) continue;
      for (const EndpointProtocol protocol : endpoint.protocols) {
        if (protocol == EndpointProtocol::Do53) continue;
        endpoints.insert(
            concat(endpoint.id, ".resolver.", vpc->region, ".", dns_suffix_of(vpc->region)));
        addresses.insert(ip.address);
        const IpAddress listen = serving_address(ip, protocol).address;
        if (!listen.is_unspecified()) addresses.insert(listen);
      }
    }
  }
  std::vector<std::string> names(endpoints.begin(), endpoints.end());
  for (const IpAddress& address : addresses) names.push_back(address.to_text());
  return names;
}

std::vector<std::string> gateway_names(const Topology& topology) {
  std::set<std::string_view> regions;
  for (const VpcEndpoint& endpoint : topology.vpc_endpoints) {
    if (service_label(endpoint.service_name) == "execute-api") {
      regions.insert(service_region(endpoint.service_name));
    }
  }
  std::vector<std::string> names;
  for (const std::string_view region : regions) {
    names.push_back(concat("*.execute-api.", region, ".", dns_suffix_of(region)));
    names.push_back(concat("*.execute-api.", region, ".vpce.", dns_suffix_of(region)));
  }
  return names;
}

}  // namespace

EndpointDnsNames endpoint_dns_names(const VpcEndpoint& endpoint, std::string_view region) {
  const ServicePattern pattern = pattern_of(endpoint.service_name);
  EndpointDnsNames names;
  if (const auto row = find_row(pattern.text)) {
    names.private_names = names_in(row->private_names, region);
    names.endpoint_domains = names_in(row->endpoint_domains, region);
  } else {
    names = computed_names(pattern, region);
  }
  if (!endpoint.private_dns_names.empty()) {
    names.private_names = lower(endpoint.private_dns_names);
  }
  if (!endpoint.base_endpoint_dns_names.empty()) {
    names.endpoint_domains = lower(endpoint.base_endpoint_dns_names);
  }
  return names;
}

bool is_listed_service(std::string_view service_name) {
  return find_row(pattern_of(service_name).text).has_value();
}

std::string rest_api_domain(std::string_view region) {
  return concat("execute-api.", region, ".", dns_suffix_of(region));
}

std::string_view without_wildcard(std::string_view private_name) noexcept {
  return private_name.starts_with("*.") ? private_name.substr(2) : private_name;
}

ServiceKind service_kind(std::string_view service_name) {
  const ServicePattern pattern = pattern_of(service_name);
  const std::string_view text = pattern.text;
  if (text.starts_with(kOtherAccountPrefix)) {
    const std::string_view id = text.substr(kOtherAccountPrefix.size());
    return has_shape(id, id_shape::kEndpointService) ? ServiceKind::OtherAccount
                                                     : ServiceKind::None;
  }
  if (text.starts_with(kAwsPrefix) && is_service_label(text.substr(kAwsPrefix.size()))) {
    return ServiceKind::Aws;
  }
  return find_row(text).has_value() ? ServiceKind::Aws : ServiceKind::None;
}

std::string_view service_region(std::string_view service_name) noexcept {
  return region_in(service_name);
}

std::string_view service_label(std::string_view service_name) {
  const ServicePattern pattern = pattern_of(service_name);
  if (!pattern.text.starts_with(kAwsPrefix)) return {};
  return service_name.substr(service_name.size() - (pattern.text.size() - kAwsPrefix.size()));
}

CertificateNames certificate_names(const Topology& topology) {
  CertificateNames names;
  names.dns = dns_names(topology);
  if (calls_for_gateway(topology)) names.gateway = gateway_names(topology);
  return names;
}

}  // namespace inlet53::topology
