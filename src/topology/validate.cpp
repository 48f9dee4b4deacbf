#include "inlet53/topology/validate.h"

#include "rules.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

bool is_bare_key(std::string_view key) noexcept {
  return !key.empty() && key.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyz"
                             "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789_-") == std::string_view::npos;
}

}  // namespace

std::string to_text(const KeyPath& path) {
  std::string out;
  for (const KeyStep& step : path) {
    if (const auto* index = std::get_if<size_t>(&step)) {
      out += concat('[', *index, ']');
      continue;
    }
    const std::string& key = std::get<std::string>(step);
    if (!out.empty()) out += '.';
    out += is_bare_key(key) ? key : concat('"', key, '"');
  }
  return out;
}

std::vector<Problem> validate(const Topology& topology) {
  Findings findings(topology);
  check_identities(findings);
  check_vpcs(findings);
  check_subnets(findings);
  check_prefix_lists(findings);
  check_security_groups(findings);
  check_resolver_endpoints(findings);
  check_vpc_endpoints(findings);
  check_instances(findings);
  check_collisions(findings);
  check_functions(findings);
  check_rest_apis(findings);
  check_hosted_zones(findings);
  check_resolver_rules(findings);
  check_firewalls(findings);
  return findings.take();
}

}  // namespace inlet53::topology
