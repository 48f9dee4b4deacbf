// SPDX-License-Identifier: Apache-2.0
#include "daemon_status.h"

#include <nlohmann/json.hpp>

#include "inlet53/base/json_dump.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;

// The zone of an endpoint's address: that of its subnet; empty when the topology has none.
std::string_view zone_of(const topology::Topology& topology,
                         const resolver::EndpointAddress& address) {
  const topology::ResolverEndpoint* endpoint = topology.find_resolver_endpoint(address.endpoint_id);
  if (endpoint == nullptr) return {};
  for (const topology::ResolverEndpointIp& ip : endpoint->ip_addresses) {
    if (ip.id != address.interface_id) continue;
    const topology::Subnet* subnet = topology.find_subnet(ip.subnet);
    return subnet == nullptr ? std::string_view{} : subnet->availability_zone;
  }
  return {};
}

std::string_view name_of(const topology::Topology& topology, const std::string& endpoint_id) {
  const topology::ResolverEndpoint* endpoint = topology.find_resolver_endpoint(endpoint_id);
  return endpoint == nullptr ? std::string_view{} : endpoint->name;
}

Json addresses_json(const DaemonStatus& status) {
  Json list = Json::array();
  for (const resolver::EndpointAddress& address : status.state.addresses) {
    list.push_back({{"endpoint", name_of(status.topology, address.endpoint_id)},
                    {"endpoint_id", address.endpoint_id},
                    {"interface", address.interface_id},
                    {"availability_zone", zone_of(status.topology, address)},
                    {"address", address.address.to_text()},
                    {"listen", address.listen.to_text()},
                    {"protocol", topology::to_text(address.protocol)},
                    {"state", "serving"}});
  }
  return list;
}

Json log_json(const DaemonStatus& status) {
  if (!status.log_counts) return nullptr;
  return {{"file", status.query_log},
          {"records", status.log_counts->written},
          {"bytes", status.log_counts->written_octets},
          {"dropped_full", status.log_counts->dropped_ring},
          {"dropped_disk", status.log_counts->dropped_disk}};
}

}  // namespace

std::string status_json(const DaemonStatus& status) {
  const server::CountTotals& totals = status.totals;
  const uint64_t queries =
      totals.udp_queries + totals.tcp_queries + totals.dot_queries + totals.doh_queries;
  const Json json = {{"addresses", addresses_json(status)},
                     {"workers", {{"count", status.workers}, {"udp", status.udp_workers}}},
                     {"queries", queries},
                     {"query_log", log_json(status)}};
  return dump_json(json);
}

}  // namespace inlet53::app
