// SPDX-License-Identifier: Apache-2.0
#include "inlet53/resolver/firewall.h"

#include <algorithm>
#include <optional>

#include "inlet53/base/bytes.h"
#include "inlet53/base/check.h"
#include "inlet53/dns/types.h"
#include "inlet53/record/query_record.h"

namespace inlet53::resolver {

namespace {

using dns::RRType;
using topology::BlockResponse;
using topology::FirewallAction;
using topology::RedirectionAction;
using topology::Topology;

bool uses(const topology::FirewallRuleGroup& group, const std::string& list) {
  return std::any_of(group.rules.begin(), group.rules.end(),
                     [&](const topology::FirewallRule& rule) { return rule.domain_list == list; });
}

bool uses(const Topology& topology, const topology::Vpc& vpc, const std::string& list) {
  return std::any_of(vpc.firewall_rule_groups.begin(), vpc.firewall_rule_groups.end(),
                     [&](const topology::FirewallRuleGroupAssociation& association) {
                       return uses(*topology.find_firewall_rule_group(association.rule_group),
                                   list);
                     });
}

/// Returns whether the list is used, and only by VPCs that fail open.
bool is_dispensable(const Topology& topology, const topology::FirewallDomainList& list) {
  bool used = false;
  for (const topology::Vpc& vpc : topology.vpcs) {
    if (!uses(topology, vpc, list.id)) continue;
    if (!vpc.firewall_fail_open) return false;
    used = true;
  }
  return used;
}

Result<std::shared_ptr<const DomainSet>, FileError> load_list(
    const topology::FirewallDomainList& list, zone::HashSeed seed) {
  DomainSet::Builder domains;
  if (!list.file.empty()) {
    auto loaded = load_domain_list_file(list.file);
    if (!loaded) return Unexpected(std::move(loaded).error());
    domains = *std::move(loaded);
  }
  for (const std::string& text : list.domains) {
    const auto domain = topology::parse_firewall_domain(text);
    INLET53_CHECK(domain.has_value());  // validated
    domains.add(*domain);
  }
  return domains.build(seed);
}

std::vector<uint8_t> prepare_cname(std::string_view target, uint32_t ttl) {
  const std::optional<dns::Name> name = dns::Name::parse_text(target);
  INLET53_CHECK(name.has_value());  // validated
  const Bytes rdata = name->view().bytes();
  std::vector<uint8_t> record(dns::PreparedRecord::kHead);
  dns::PreparedRecord::write_head(record.data(), static_cast<uint16_t>(RRType::CNAME), ttl,
                                  rdata.size());
  record.insert(record.end(), rdata.begin(), rdata.end());
  return record;
}

dns::RRsetView cname_view(const std::vector<uint8_t>& record) noexcept {
  return {static_cast<uint16_t>(RRType::CNAME), 1, record};
}

FirewallRule freeze(const topology::FirewallRule& rule, const topology::FirewallRuleGroup& group,
                    std::shared_ptr<const DomainSet> domains) {
  FirewallRule out;
  out.domains = std::move(domains);
  if (!rule.qtype.empty()) {
    const std::optional<uint16_t> type = dns::parse_type(rule.qtype);
    INLET53_CHECK(type.has_value());  // validated
    out.qtype = *type;
  }
  out.trusts_redirection = rule.redirection == RedirectionAction::Trust;
  out.action = rule.action;
  out.block_response = rule.block_response.value_or(BlockResponse::NoData);
  if (rule.block_response == BlockResponse::Override) {
    out.override_record =
        prepare_cname(rule.block_override_domain, rule.block_override_ttl.value_or(0));
    out.override_json = record::render_answers(cname_view(out.override_record));
  }
  if (rule.action != FirewallAction::Allow) {
    out.log_fields = record::render_firewall_fields(rule.action, group.id, rule.domain_list);
  }
  return out;
}

/// Sorts associations or rules by priority, the lowest first.
template <class Object>
std::vector<const Object*> by_priority(const std::vector<Object>& objects) {
  std::vector<const Object*> sorted;
  sorted.reserve(objects.size());
  for (const Object& object : objects) sorted.push_back(&object);
  std::ranges::sort(sorted, {}, [](const Object* object) { return object->priority; });
  return sorted;
}

}  // namespace

Result<FirewallLists, FileError> load_firewall_lists(const Topology& topology,
                                                     zone::HashSeed seed) {
  FirewallLists lists;
  for (const topology::FirewallDomainList& list : topology.firewall_domain_lists) {
    auto set = load_list(list, seed);
    if (set) {
      lists.sets.push_back(*std::move(set));
      continue;
    }
    // A malformed line is a configuration error in every fail mode.
    if (set.error().line != 0 || !is_dispensable(topology, list)) return Unexpected(set.error());
    lists.sets.push_back(nullptr);
    lists.unreadable.push_back(std::move(set).error());
  }
  return lists;
}

record::AnswerRRset FirewallRule::override_answer() const noexcept {
  return {cname_view(override_record), override_json};
}

std::shared_ptr<const Firewall> Firewall::build(const Topology& topology, const topology::Vpc& vpc,
                                                const FirewallLists& lists) {
  std::vector<FirewallRule> rules;
  for (const auto* association : by_priority(vpc.firewall_rule_groups)) {
    const auto* group = topology.find_firewall_rule_group(association->rule_group);
    INLET53_CHECK(group != nullptr);  // validated
    for (const topology::FirewallRule* rule : by_priority(group->rules)) {
      const auto* list = topology.find_firewall_domain_list(rule->domain_list);
      INLET53_CHECK(list != nullptr);  // validated
      const auto index = static_cast<size_t>(list - topology.firewall_domain_lists.data());
      rules.push_back(freeze(*rule, *group, lists.sets[index]));
    }
  }
  return rules.empty() ? nullptr : std::make_shared<const Firewall>(std::move(rules));
}

FirewallVerdict Firewall::evaluate(const zone::NameKey& key, uint16_t qtype,
                                   ChainPosition hop) const noexcept {
  for (const FirewallRule& rule : rules_) {
    if (rule.qtype != 0 && rule.qtype != qtype) continue;
    if (rule.trusts_redirection && hop == ChainPosition::Redirection) continue;
    if (rule.domains == nullptr) break;  // fails open
    if (rule.domains->contains(key)) return {&rule};
  }
  return {};
}

}  // namespace inlet53::resolver
