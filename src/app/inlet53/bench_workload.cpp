// SPDX-License-Identifier: Apache-2.0
#include "bench_workload.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

#include "inlet53/base/aws_names.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/loadgen/workload.h"
#include "inlet53/topology/endpoint_names.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::app {

namespace {

constexpr uint16_t kDnsPort = 53;

struct FreeAddresses {
  void operator()(addrinfo* found) const noexcept { freeaddrinfo(found); }
};

std::optional<SocketAddress> parse_address(std::string_view text) {
  if (const auto whole = SocketAddress::parse(text)) {
    return whole->port == 0 ? std::nullopt : whole;
  }
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const auto address = IpAddress::parse(bracketed ? text.substr(1, text.size() - 2) : text);
  if (!address || (bracketed && address->is_v4())) return std::nullopt;
  return SocketAddress{*address, kDnsPort};
}

struct Host {
  std::string name;
  uint16_t port = kDnsPort;
};

// Letters, digits, hyphens, underscores and dots, with a letter in the last label: `10.0.0.300` is
// an invalid address and not a name.
bool is_host_name(std::string_view name) {
  constexpr std::string_view kOctets =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (name.empty() || name.find_first_not_of(kOctets) != std::string_view::npos) return false;
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::string_view last = name.substr(std::min(name.rfind('.') + 1, name.size()));
  return last.find_first_not_of("0123456789") != std::string_view::npos;
}

std::optional<Host> parse_host(std::string_view text) {
  const size_t colon = text.find(':');
  Host host{std::string(text.substr(0, colon))};
  if (!is_host_name(host.name)) return std::nullopt;
  if (colon == std::string_view::npos) return host;
  const std::string_view port = text.substr(colon + 1);
  const char* end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data(), end, host.port);
  if (error != std::errc{} || stop != end || host.port == 0) return std::nullopt;
  return host;
}

using loadgen::QuestionList;
template <class T>
using Gathered = Result<T, BenchFault>;

constexpr std::string_view kService = "execute-api";

auto usage_fault(std::string text) { return Unexpected(BenchFault{std::move(text), kExitUsage}); }
auto invalid(std::string text) {
  return Unexpected(BenchFault{std::move(text), kExitConfiguration});
}

std::string api_domain(std::string_view region) {
  return concat(kService, '.', region, '.', dns_suffix_of(region));
}

Gathered<dns::Name> parse_name(std::string_view text) {
  const auto name = dns::Name::parse_text(text);
  if (!name) return usage_fault(concat("not a domain name: ", text));
  return *name;
}

// Questions from a configuration or a file of names.
struct Sources {
  QuestionList questions;
  std::string zone;  // the first hosted zone, or empty
  uint64_t skipped = 0;
  std::vector<std::string> faults{};
};

void add_name(QuestionList& list, std::string_view text, uint16_t type) {
  if (const auto name = dns::Name::parse_text(text)) list.add(name->view(), type);
}

// Adds each API's name in private DNS and its names with its endpoints.
void add_rest_apis(const topology::Topology& topology, uint16_t type, QuestionList& list) {
  for (const topology::RestApi& api : topology.rest_apis) {
    const std::string domain = api_domain(api.region);
    for (const std::string& endpoint : api.vpc_endpoints) {
      add_name(list, concat(api.id, '-', endpoint, '.', domain), type);
      const topology::VpcEndpoint* found = topology.find_vpc_endpoint(endpoint);
      if (found == nullptr || found->private_dns == topology::PrivateDns::Disabled) continue;
      add_name(list, concat(api.id, '.', domain), type);
    }
  }
}

// Returns regions in which an endpoint answers all APIs and the configuration has none.
std::set<std::string> open_regions(const topology::Topology& topology) {
  std::set<std::string> regions;
  for (const topology::VpcEndpoint& endpoint : topology.vpc_endpoints) {
    if (topology::service_label(endpoint.service_name) != kService) continue;
    if (endpoint.private_dns != topology::PrivateDns::Enabled) continue;
    regions.emplace(topology::service_region(endpoint.service_name));
  }
  for (const topology::RestApi& api : topology.rest_apis) regions.erase(api.region);
  return regions;
}

void add_all(const QuestionList& from, QuestionList& list) {
  for (size_t i = 0; i < from.size(); ++i) list.add_question(from.question(i));
}

Gathered<void> add_zone(const topology::HostedZone& zone, QuestionList& list) {
  const auto apex = dns::Name::parse_text(zone.domain_name);
  if (!apex) return invalid(concat("not a domain name: ", zone.domain_name));
  const auto loaded = zone::load_zone_file(zone.file, apex->view());
  if (!loaded) return invalid(loaded.error().front().to_text());
  const zone::ZoneData* data = &loaded->data;
  dns::Name last;
  uint16_t last_type = 0;
  for (size_t i = 0; i < data->size(); ++i) {
    const auto record = data->record(i);
    // Consecutive records of one RRset make one question.
    if (record.type == last_type && record.owner.equals(last.view())) continue;
    last = dns::Name(record.owner);
    last_type = record.type;
    const bool is_wildcard = as_text(record.owner.bytes()).starts_with("\1*");
    if (!is_wildcard) list.add(record.owner, record.type);
  }
  return {};
}

Gathered<Sources> read_config(const BenchOptions& options, uint16_t type) {
  const auto config = config::load_config(options.config);
  if (!config) {
    std::string faults;
    for (const auto& error : config.error()) {
      faults = concat(faults, faults.empty() ? "" : "\ninlet53: ", error.to_text());
    }
    return invalid(std::move(faults));
  }
  Sources sources;
  add_rest_apis(config->topology, type, sources.questions);
  for (const std::string& region : open_regions(config->topology)) {
    const auto domain = parse_name(api_domain(region));
    if (!domain) return Unexpected(domain.error());
    add_all(QuestionList::random_apis(options.api_names, domain->view(), type, options.seed),
            sources.questions);
  }
  for (const topology::HostedZone& zone : config->topology.hosted_zones) {
    if (sources.zone.empty()) sources.zone = zone.domain_name;
    if (auto added = add_zone(zone, sources.questions); !added) return Unexpected(added.error());
  }
  if (sources.questions.size() == 0) {
    return invalid(concat(options.config, ": contains no names"));
  }
  return sources;
}

Gathered<Sources> gather(const BenchOptions& options, uint16_t type) {
  if (!options.config.empty()) return read_config(options, type);
  if (!options.names.empty()) {
    auto names = loadgen::read_names_file(options.names, type);
    if (!names) return usage_fault(names.error());
    return Sources{std::move(names->questions), {}, names->skipped, std::move(names->faults)};
  }
  const auto domain = parse_name(api_domain(options.region));
  if (!domain) return Unexpected(domain.error());
  return Sources{QuestionList::random_apis(options.api_names, domain->view(), type, options.seed),
                 {}};
}

}  // namespace

Result<SocketAddress, BenchFault> find_server(std::string_view text) {
  if (const auto address = parse_address(text)) return *address;
  const std::optional<Host> host = parse_host(text);
  if (!host) return Unexpected(BenchFault{concat("not an address: ", text), kExitUsage});
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  const int status = getaddrinfo(host->name.c_str(), nullptr, &wanted, &list);
  const std::unique_ptr<addrinfo, FreeAddresses> found(list);
  for (const addrinfo* one = status == 0 ? list : nullptr; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    SocketAddress address = SocketAddress::from_sockaddr(one->ai_addr);
    address.port = host->port;
    return address;
  }
  const std::string_view why = status == 0 ? "it has no address" : gai_strerror(status);
  return Unexpected(BenchFault{concat(host->name, " cannot be resolved: ", why), kExitFailure});
}

Result<BenchWorkload, BenchFault> make_workload(const BenchOptions& options) {
  const auto type = dns::parse_type(options.type);
  if (!type) return usage_fault(concat("not a type: ", options.type));
  auto sources = gather(options, *type);
  if (!sources) return Unexpected(sources.error());

  // RFC 6761 §6.4: no name exists below `invalid`.
  std::string domain = options.miss_domain.empty() ? sources->zone : options.miss_domain;
  if (domain.empty()) domain = "invalid";
  const auto miss_domain = parse_name(domain);
  if (!miss_domain) return Unexpected(miss_domain.error());
  if (miss_domain->view().size() + 1 + loadgen::Workload::kMissLabel > dns::kMaxName) {
    return usage_fault(concat("the domain is too long for names below ", domain));
  }
  const loadgen::Mix mix{.misses_percent = options.misses_percent,
                         .miss_domain = *miss_domain,
                         .miss_type = *type,
                         .sequential = options.sequential,
                         .seed = options.seed};
  return BenchWorkload{loadgen::Workload(std::move(sources->questions), mix), sources->skipped,
                       std::move(sources->faults)};
}

}  // namespace inlet53::app
