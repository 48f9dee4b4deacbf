// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/state.h"

#include <algorithm>
#include <map>
#include <utility>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"
#include "inlet53/topology/endpoint_access.h"
#include "inlet53/zone/generated_zones.h"
#include "inlet53/zone/zone_loader.h"

namespace inlet53::resolver {

namespace {

dns::Name folded_name(std::string_view text) {
  const auto name = dns::Name::parse_text(ascii_lower(text));
  INLET53_CHECK(name.has_value());  // validated
  return *name;
}

bool has_vpc(const std::vector<std::string>& vpcs, const topology::Vpc& vpc) {
  return std::find(vpcs.begin(), vpcs.end(), vpc.id) != vpcs.end();
}

/// Adds names that a zone always answers: its apex, or the names of a partial zone.
template <class MadeZone>
void add_covered(std::vector<dns::Name>& names, const std::vector<MadeZone>& zones) {
  for (const MadeZone& made : zones) {
    const dns::NameView apex = made.data.apex();
    if (!made.partial) names.emplace_back(apex);
    for (size_t i = 0; made.partial && i < made.data.size(); ++i) {
      const dns::NameView owner = made.data.record(i).owner;
      if (!owner.equals(apex)) names.emplace_back(owner);
    }
  }
}

/// Returns names that inbound endpoints of `vpc` always answer from zones or targets.
std::vector<dns::Name> covered_names(const topology::Topology& topology, const topology::Vpc& vpc) {
  std::vector<dns::Name> names;
  for (const topology::HostedZone& hosted : topology.hosted_zones) {
    if (has_vpc(hosted.vpcs, vpc)) names.push_back(folded_name(hosted.domain_name));
  }
  for (const topology::ResolverRule& rule : topology.resolver_rules) {
    const bool forwards = rule.rule_type == topology::RuleType::Forward;
    if (forwards && has_vpc(rule.vpcs, vpc)) names.push_back(folded_name(rule.domain_name));
  }
  add_covered(names, zone::endpoint_zones(topology, vpc));
  add_covered(names, zone::vpc_zones(topology, vpc));
  return names;
}

/// Builds each zone and list once, and each VPC's indexes and firewall once; all addresses share
/// them.
class SharedParts {
 public:
  SharedParts(const topology::Topology& topology, zone::HashSeed seed, UncoveredNames uncovered)
      : topology_(topology), seed_(seed), uncovered_(uncovered) {}

  /// Loads all zones. Returns the faults of all of them.
  std::vector<FileError> load_hosted_zones() {
    std::vector<FileError> faults;
    for (const topology::HostedZone& hosted : topology_.hosted_zones) {
      const auto apex = dns::Name::parse_text(hosted.domain_name);
      INLET53_CHECK(apex.has_value());  // validated
      const auto loaded = zone::load_zone_file(hosted.file, apex->view());
      if (!loaded) {
        for (FileError fault : loaded.error()) {
          if (fault.line == 0 && fault.file == hosted.file && hosted.file_line != 0) {
            fault.message += concat(" (line ", hosted.file_line, " of the configuration names it)");
          }
          faults.push_back(std::move(fault));
        }
        continue;
      }
      ignored_.insert(ignored_.end(), loaded->ignored.begin(), loaded->ignored.end());
      tables_.push_back(zone::ZoneTable::build(loaded->data, seed_, {}));
    }
    return faults;
  }

  /// Records outside the zones.
  [[nodiscard]] const std::vector<FileError>& ignored() const noexcept { return ignored_; }

  Result<void, FileError> load_lists() {
    auto loaded = load_firewall_lists(topology_, seed_);
    if (!loaded) return Unexpected(std::move(loaded).error());
    lists_ = *std::move(loaded);
    return {};
  }
  [[nodiscard]] const FirewallLists& lists() const noexcept { return lists_; }

  std::shared_ptr<const Firewall> firewall(const topology::Vpc& vpc) {
    const auto [held, fresh] = firewalls_.try_emplace(vpc.id);
    if (fresh) held->second = Firewall::build(topology_, vpc, lists_);
    return held->second;
  }

  /// Returns the zones from which an endpoint of `vpc` answers.
  std::shared_ptr<const zone::ZoneIndex> index(const topology::Vpc& vpc, bool delegation) {
    auto& held = indexes_[{vpc.id, delegation}];
    if (held != nullptr) return held;
    std::vector<zone::ZoneIndex::Entry> entries;
    for (size_t i = 0; i < topology_.hosted_zones.size(); ++i) {
      if (!has_vpc(topology_.hosted_zones[i].vpcs, vpc)) continue;
      entries.push_back({zone::ZoneKind::HostedZone, tables_[i]});
    }
    if (!delegation) {
      for (const zone::GeneratedZone& made : zone::endpoint_zones(topology_, vpc)) {
        const zone::ZoneTableOptions options{.partial = made.partial};
        entries.push_back(
            {zone::ZoneKind::EndpointNames, zone::ZoneTable::build(made.data, seed_, options)});
      }
      for (const zone::GeneratedZone& made : zone::vpc_zones(topology_, vpc)) {
        const zone::ZoneTableOptions options{.partial = made.partial};
        entries.push_back({zone::ZoneKind::VpcNames,
                           zone::ZoneTable::build(made.data, seed_, options), made.address_names});
      }
    }
    held = std::make_shared<const zone::ZoneIndex>(std::move(entries), seed_);
    return held;
  }

  /// Returns the zone of names that nothing covers in `vpc`; null: they are refused.
  std::shared_ptr<const zone::ZoneTable> root(const topology::Vpc& vpc) {
    if (uncovered_ == UncoveredNames::Refused) return nullptr;
    auto& held = roots_[vpc.id];
    if (held == nullptr) {
      held = zone::ZoneTable::build(zone::root_zone(covered_names(topology_, vpc)), seed_, {});
    }
    return held;
  }

 private:
  const topology::Topology& topology_;
  const zone::HashSeed seed_;
  const UncoveredNames uncovered_;
  std::vector<FileError> ignored_;
  std::vector<std::shared_ptr<const zone::ZoneTable>>
      tables_;  // in the order of topology_.hosted_zones
  std::map<std::pair<std::string, bool>, std::shared_ptr<const zone::ZoneIndex>> indexes_;
  FirewallLists lists_;
  std::map<std::string, std::shared_ptr<const Firewall>> firewalls_;     // by VPC
  std::map<std::string, std::shared_ptr<const zone::ZoneTable>> roots_;  // by VPC
};

std::vector<ForwardRule> build_forward_rules(const topology::Topology& topology) {
  std::vector<ForwardRule> rules;
  for (const topology::ResolverRule& rule : topology.resolver_rules) {
    if (rule.rule_type != topology::RuleType::Forward) continue;
    ForwardRule made;
    made.id = rule.id;
    made.apex = folded_name(rule.domain_name);
    made.targets = rule.target_ips;
    for (topology::TargetAddress& target : made.targets) {
      target.address = topology::reached_address(topology, rule, target);
    }
    const auto* endpoint = topology.find_resolver_endpoint(rule.resolver_endpoint);
    INLET53_CHECK(endpoint != nullptr);  // validated
    const topology::Vpc* vpc = topology.find_vpc(endpoint->vpc);
    INLET53_CHECK(vpc != nullptr);  // validated
    for (const topology::ResolverEndpointIp& ip : endpoint->ip_addresses) {
      if (!ip.enabled) continue;
      if (ip.send_from) made.sources.push_back(*ip.send_from);
      made.outbound.push_back(
          {ip.address, ip.send_from, record::render_endpoint_fragments(*vpc, *endpoint, ip)});
    }
    rules.push_back(std::move(made));
  }
  return rules;
}

// Gives each rule the scope of an equal one of the previous state, which only one rule gets, or a
// new scope. Returns the next new one.
uint32_t assign_scopes(std::vector<ForwardRule>& rules, const ResolverState* previous) {
  std::multimap<std::string, const ForwardRule*> kept;  // by domain
  uint32_t next = 0;
  if (previous != nullptr) {
    next = previous->next_scope;
    for (const ForwardRule& rule : previous->forward_rules) {
      kept.emplace(rule.apex.view().to_text(), &rule);
    }
  }
  for (ForwardRule& rule : rules) {
    auto [at, end] = kept.equal_range(rule.apex.view().to_text());
    while (at != end && !at->second->has_same_targets(rule)) ++at;
    if (at == end) {
      rule.scope = next++;
      continue;
    }
    rule.scope = at->second->scope;
    kept.erase(at);
  }
  return next;
}

// Returns null when the VPC has no rules. `forward_rules`: in the order of the topology.
std::shared_ptr<const RuleIndex> build_rules(const topology::Topology& topology,
                                             const topology::Vpc& vpc,
                                             const std::vector<ForwardRule>& forward_rules) {
  std::vector<RuleIndex::Entry> entries;
  uint32_t next = 0;
  for (const topology::ResolverRule& rule : topology.resolver_rules) {
    const bool forwards = rule.rule_type == topology::RuleType::Forward;
    const uint32_t forward = forwards ? next++ : RuleIndex::kSystem;
    if (!has_vpc(rule.vpcs, vpc)) continue;
    const uint32_t scope = forwards ? forward_rules[forward].scope : 0;
    entries.push_back({folded_name(rule.domain_name), forward, scope});
  }
  if (entries.empty()) return nullptr;
  return std::make_shared<const RuleIndex>(std::move(entries));
}

// AWS does not track flows that a rule admits from 0.0.0.0/0 or ::/0. There are no outbound rules
// here: responses are always admitted. Source: EC2 User Guide, "Security group connection
// tracking".
bool admits_all(const CidrSet& sources, bool ipv4) {
  return std::ranges::any_of(sources.blocks(), [&](const Cidr& block) {
    return block.prefix_length == 0 && block.network.is_v4() == ipv4;
  });
}

EndpointAddress build_address(const topology::Topology& topology, const topology::Vpc& vpc,
                              const topology::ResolverEndpoint& endpoint,
                              const topology::ResolverEndpointIp& ip,
                              topology::EndpointProtocol protocol, SharedParts& shelf,
                              const std::vector<ForwardRule>& forward_rules) {
  using topology::IpProtocol;
  EndpointAddress out;
  out.endpoint_id = endpoint.id;
  out.interface_id = ip.id;
  out.address = ip.address;
  out.protocol = protocol;
  out.listen = topology::serving_address(ip, protocol);
  out.delegation = endpoint.direction == topology::Direction::InboundDelegation;
  const uint16_t port = topology::service_port(protocol);
  if (protocol == topology::EndpointProtocol::Do53) {
    out.udp_sources =
        topology::allowed_sources(topology, endpoint.security_groups, IpProtocol::Udp, port);
  }
  out.tcp_sources =
      topology::allowed_sources(topology, endpoint.security_groups, IpProtocol::Tcp, port);
  const CidrSet& sources =
      protocol == topology::EndpointProtocol::Do53 ? out.udp_sources : out.tcp_sources;
  out.tracked = !admits_all(sources, ip.address.is_v4());
  out.fragments = record::render_endpoint_fragments(vpc, endpoint, ip);
  out.zones = shelf.index(vpc, out.delegation);
  out.firewall = shelf.firewall(vpc);
  if (!out.delegation) {
    out.rules = build_rules(topology, vpc, forward_rules);
    out.root = shelf.root(vpc);
  }
  return out;
}

}  // namespace

const EndpointAddress* ResolverState::find(const SocketAddress& listen,
                                           topology::EndpointProtocol protocol) const noexcept {
  const auto found = std::find_if(
      addresses.begin(), addresses.end(),
      [&](const EndpointAddress& a) { return a.listen == listen && a.protocol == protocol; });
  return found == addresses.end() ? nullptr : &*found;
}

Result<std::shared_ptr<const ResolverState>, std::vector<FileError>> build_state(
    const topology::Topology& topology, zone::HashSeed seed, const ResolverState* previous,
    UncoveredNames uncovered) {
  SharedParts shelf(topology, seed, uncovered);
  if (auto faults = shelf.load_hosted_zones(); !faults.empty()) {
    return Unexpected(std::move(faults));
  }
  if (auto loaded = shelf.load_lists(); !loaded) return Unexpected(std::vector{loaded.error()});

  auto state = std::make_shared<ResolverState>();
  state->ignored_records = shelf.ignored();
  state->unreadable_lists = shelf.lists().unreadable;
  state->forward_rules = build_forward_rules(topology);
  state->next_scope = assign_scopes(state->forward_rules, previous);
  state->certificate_names = topology::certificate_names(topology);
  for (const topology::ResolverEndpoint& endpoint : topology.resolver_endpoints) {
    if (endpoint.direction == topology::Direction::Outbound) continue;
    const topology::Vpc* vpc = topology.find_vpc(endpoint.vpc);
    INLET53_CHECK(vpc != nullptr);  // validated
    for (const topology::ResolverEndpointIp& ip : endpoint.ip_addresses) {
      if (!ip.enabled) continue;
      for (const topology::EndpointProtocol protocol : endpoint.protocols) {
        state->addresses.push_back(
            build_address(topology, *vpc, endpoint, ip, protocol, shelf, state->forward_rules));
      }
    }
  }
  return std::shared_ptr<const ResolverState>(std::move(state));
}

}  // namespace inlet53::resolver
