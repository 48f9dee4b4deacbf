// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "inlet53/base/clock.h"
#include "inlet53/base/json_dump.h"
#include "inlet53/base/program.h"
#include "inlet53/base/text.h"
#include "inlet53/config/config.h"
#include "inlet53/dns/name.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/resolver/state.h"
#include "inlet53/zone/name_key.h"

namespace inlet53::app {

namespace {

using Json = nlohmann::ordered_json;
using resolver::Reason;

constexpr const char* kDetails =
    "Builds the state from the file as the daemon does, and decides one query without a daemon:\n"
    "whether the security groups admit the client, the firewall rules, resolver rules and zones\n"
    "that apply to each name of the chain, the response and its log record. The cache is empty,\n"
    "and no target is asked. NAME is absolute, with or without the final dot.";

constexpr zone::HashSeed kSeed = 53;

/// A query to explain.
struct Query {
  dns::Name name;
  uint16_t type = 0;
  std::optional<IpAddress> client;
};

/// The decision about a query at one endpoint IP address.
struct Explanation {
  const resolver::EndpointAddress& address;
  std::vector<Reason> reasons;
  std::string rcode;
  std::string record;        // the line of the query log, without the line end
  std::string forwarded_to;  // targets that are asked; empty: none
  IpAddress client;
  bool is_admitted = false;
};

std::string_view zone_kind_text(zone::ZoneKind kind) {
  switch (kind) {
    case zone::ZoneKind::HostedZone:
      return "hosted zone";
    case zone::ZoneKind::EndpointNames:
      return "names of VPC endpoints,";
    case zone::ZoneKind::VpcNames:
      break;
  }
  return "names of the VPC,";
}

std::string_view found_text(zone::Found found) {
  switch (found) {
    case zone::Found::NotCovered:
      return "does not have the name; the next zone is consulted";
    case zone::Found::Answer:
      return "answer";
    case zone::Found::Alias:
      return "CNAME";
    case zone::Found::SubtreeAlias:
      return "DNAME";
    case zone::Found::NoData:
      return "NODATA: the name has no record of the type";
    case zone::Found::NXDomain:
      return "NXDOMAIN: the name does not exist";
    case zone::Found::Referral:
      break;
  }
  return "referral: the name is below a zone cut";
}

std::string firewall_text(const Reason& reason) {
  const std::string_view action = reason.holds                          ? "blocks the query"
                                  : reason.firewall == nullptr          ? "matches"
                                  : reason.firewall->log_fields.empty() ? "allows the name"
                                                                        : "alerts";
  return concat("DNS Firewall: a rule matches and ", action);
}

std::string rule_text(const resolver::ForwardRule& rule) {
  std::vector<std::string> targets;
  for (const topology::TargetAddress& target : rule.targets) {
    targets.push_back(target.address.to_text());
  }
  return concat("rule ", rule.id, " for ", rule.apex.view().to_text(), " forwards to ",
                joined(targets));
}

// Returns the line of a reason, and its name where it is about one.
std::string reason_text(const Reason& reason, const resolver::ResolverState& state) {
  switch (reason.what) {
    case Reason::What::SecurityGroup:
      return reason.holds ? "security groups: admit the client"
                          : "security groups: do not admit the client; it gets no response";
    case Reason::What::FirewallRule:
      return firewall_text(reason);
    case Reason::What::FirewallPassed:
      return "DNS Firewall: no rule matches";
    case Reason::What::ForwardRule:
      return rule_text(state.forward_rules[reason.rule]);
    case Reason::What::Zone:
      return concat(zone_kind_text(reason.zone_kind), " ", reason.apex.view().to_text(), ": ",
                    found_text(reason.found));
    case Reason::What::NotCovered:
      return "no zone, VPC endpoint or rule covers the name";
    case Reason::What::Received:
      return "a target has answered";
    case Reason::What::Cached:
      return reason.holds ? "the cache answers" : "the cache has an answer that has expired";
    case Reason::What::Missed:
      return "the cache is empty: the targets are asked";
    case Reason::What::RefusedKind:
      return "the class or type is not served";
    case Reason::What::ChainTooLong:
      break;
  }
  return "the chain is too long: it may be a loop";
}

const char* reason_key(Reason::What what) {
  switch (what) {
    case Reason::What::SecurityGroup:
      return "security_group";
    case Reason::What::FirewallRule:
      return "firewall_rule";
    case Reason::What::FirewallPassed:
      return "firewall_passed";
    case Reason::What::ForwardRule:
      return "forward_rule";
    case Reason::What::Zone:
      return "zone";
    case Reason::What::NotCovered:
      return "not_covered";
    case Reason::What::Received:
      return "received";
    case Reason::What::Cached:
      return "cached";
    case Reason::What::Missed:
      return "missed";
    case Reason::What::RefusedKind:
      return "refused_kind";
    case Reason::What::ChainTooLong:
      break;
  }
  return "chain_too_long";
}

std::string targets_text(const resolver::ResolverState& state,
                         const resolver::ForwardQuestion& question) {
  return concat(question.qname.to_text(), " ", dns::type_text(question.qtype), ": ",
                rule_text(state.forward_rules[question.rule]));
}

// Returns an address that the security groups admit; 0.0.0.0 when they admit none.
IpAddress any_admitted(const resolver::EndpointAddress& address) {
  const CidrSet& sources =
      address.udp_sources.blocks().empty() ? address.tcp_sources : address.udp_sources;
  return sources.blocks().empty() ? IpAddress{} : sources.blocks().front().network;
}

Explanation explain_at(const resolver::ResolverState& state,
                       const resolver::EndpointAddress& address, const Query& query) {
  zone::NameKey key;
  key.assign(query.name.view(), kSeed);
  const resolver::Question question{key, query.name.view(), query.type, 1};
  resolver::Workspace workspace;
  const IpAddress client = query.client.value_or(any_admitted(address));
  Explanation made{address, {}, {}, {}, {}, client, false};
  const resolver::Decision decision =
      resolver::explain(client, question, {.address = address}, workspace, made.reasons);
  made.is_admitted = made.reasons.front().holds;
  if (const resolver::ForwardQuestion* asked = decision.question()) {
    made.forwarded_to = targets_text(state, *asked);
    return made;
  }
  made.rcode = dns::rcode_text(decision.rcode);
  if (!made.is_admitted) return made;
  const record::QueryRecord record{.qname = key.name().view(),
                                   .qtype = query.type,
                                   .rcode = decision.rcode,
                                   .answers = decision.answers(),
                                   .source = client,
                                   .firewall_fields = decision.firewall.log_fields()};
  record::RecordWriter writer;
  writer.set_origin(address.fragments, read_clock().wall_seconds);
  made.record.resize(writer.max_size(record));
  made.record.resize(writer.write(record, made.record.data()));
  while (made.record.ends_with('\n')) made.record.pop_back();
  return made;
}

void print_explanation(const Explanation& made, const resolver::ResolverState& state) {
  std::cout << "at " << made.address.endpoint_id << " " << made.address.interface_id << " ("
            << made.address.listen.to_text() << "), client " << made.client.to_text() << '\n';
  std::string name;
  for (const Reason& reason : made.reasons) {
    if (reason.what == Reason::What::SecurityGroup) {
      std::cout << "  " << reason_text(reason, state) << '\n';
      continue;
    }
    if (std::string of = reason.name.view().to_text(); of != name) {
      name = std::move(of);
      std::cout << "  " << name << '\n';
    }
    std::cout << "    " << reason_text(reason, state) << '\n';
  }
  if (!made.forwarded_to.empty()) {
    std::cout << "  the targets decide the response\n";
  } else if (!made.is_admitted) {
    std::cout << "  no response\n";
  } else {
    std::cout << "  response " << made.rcode << '\n' << "  log record " << made.record << '\n';
  }
}

Json explanation_json(const Explanation& made, const resolver::ResolverState& state) {
  Json steps = Json::array();
  for (const Reason& reason : made.reasons) {
    Json step = {{"reason", reason_key(reason.what)}, {"text", reason_text(reason, state)}};
    if (reason.what != Reason::What::SecurityGroup) step["name"] = reason.name.view().to_text();
    steps.push_back(std::move(step));
  }
  return {{"endpoint", made.address.endpoint_id},
          {"interface", made.address.interface_id},
          {"listen", made.address.listen.to_text()},
          {"client", made.client.to_text()},
          {"admitted", made.is_admitted},
          {"steps", std::move(steps)},
          {"forwarded", made.forwarded_to.empty() ? Json(nullptr) : Json(made.forwarded_to)},
          {"rcode", made.rcode.empty() ? Json(nullptr) : Json(made.rcode)},
          {"record", made.record.empty() ? Json(nullptr) : Json::parse(made.record)}};
}

// Parses the arguments. Errors: a text about the wrong one.
Result<Query, std::string> parse_query(const ExplainOptions& options) {
  const auto name = dns::Name::parse_text(options.name);
  if (!name) return Unexpected(concat("\"", options.name, "\" is not a domain name"));
  const auto type = dns::parse_type(options.type);
  if (!type) return Unexpected(concat("\"", options.type, "\" is not a type"));
  Query query{*name, *type, std::nullopt};
  if (options.client.empty()) return query;
  query.client = IpAddress::parse(options.client);
  if (!query.client) return Unexpected(concat("\"", options.client, "\" is not an IP address"));
  return query;
}

// Returns the first address of each inbound endpoint, or of the one that `wanted` names.
std::vector<const resolver::EndpointAddress*> choose_addresses(const resolver::ResolverState& state,
                                                               const topology::Topology& topology,
                                                               const std::string& wanted) {
  std::vector<const resolver::EndpointAddress*> chosen;
  for (const resolver::EndpointAddress& address : state.addresses) {
    const topology::ResolverEndpoint* endpoint =
        topology.find_resolver_endpoint(address.endpoint_id);
    const bool is_wanted = wanted.empty() || address.endpoint_id == wanted ||
                           address.interface_id == wanted ||
                           (endpoint != nullptr && endpoint->name == wanted);
    const bool is_new = chosen.empty() || chosen.back()->endpoint_id != address.endpoint_id;
    if (is_wanted && is_new) chosen.push_back(&address);
  }
  return chosen;
}

}  // namespace

CLI::App* add_explain(CLI::App& app, ExplainOptions& options, std::string& output) {
  CLI::App* explain = app.add_subcommand("explain", "shows why a name gets its answer");
  explain->footer(kDetails);
  explain->add_option("NAME", options.name, "the name of the question")->required();
  explain->add_option("TYPE", options.type, "the type of the question (default: A)");
  explain->add_option("--config", options.config, "the configuration file (TOML)")
      ->type_name("FILE")
      ->required();
  explain
      ->add_option("--client", options.client, "the source address (default: one that is admitted)")
      ->type_name("ADDRESS");
  explain
      ->add_option("--endpoint", options.endpoint,
                   "a resolver endpoint or interface (default: all)")
      ->type_name("NAME");
  explain->add_option("-o,--output", output, "format of the output (default: text)")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  return explain;
}

int run_explain(const ExplainOptions& options) {
  const auto query = parse_query(options);
  if (!query) {
    print_error(query.error());
    return kExitUsage;
  }
  const auto config = config::load_config(options.config);
  if (!config) {
    for (const config::ConfigError& error : config.error()) std::cerr << error.to_text() << '\n';
    return kExitConfiguration;
  }
  const auto uncovered = config->settings.dns.server.uncovered_names;
  const auto state = resolver::build_state(config->topology, kSeed, nullptr,
                                           uncovered == settings::UncoveredNames::NXDomain
                                               ? resolver::UncoveredNames::NXDomain
                                               : resolver::UncoveredNames::Refused);
  if (!state) {
    for (const FileError& error : state.error()) std::cerr << error.to_text() << '\n';
    return kExitConfiguration;
  }
  const auto addresses = choose_addresses(**state, config->topology, options.endpoint);
  if (addresses.empty()) {
    print_error(
        options.endpoint.empty()
            ? concat(options.config, ": no resolver endpoint has an enabled IP address")
            : concat(options.config, ": there is no resolver endpoint \"", options.endpoint, "\""));
    return options.endpoint.empty() ? kExitConfiguration : kExitUsage;
  }
  Json list = Json::array();
  for (const resolver::EndpointAddress* address : addresses) {
    const Explanation made = explain_at(**state, *address, *query);
    if (options.json) {
      list.push_back(explanation_json(made, **state));
    } else {
      print_explanation(made, **state);
    }
  }
  if (options.json) std::cout << dump_json(list) << '\n';
  return kExitOk;
}

}  // namespace inlet53::app
