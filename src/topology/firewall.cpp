// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/firewall.h"

#include <algorithm>

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

constexpr size_t kMaxDomain = 255;    // UpdateFirewallDomains
constexpr size_t kMaxNameText = 253;  // RFC 1035 §2.3.4, without the final dot
constexpr size_t kMaxLabel = 63;

bool is_domain_octet(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/// Quotes a text without control characters: a file may contain them, and messages go to a
/// terminal.
std::string quoted(std::string_view text) {
  constexpr size_t kShown = 80;
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (text.size() > kShown ? "…\"" : "\"");
}

/// Returns the problem of the labels of `name`; empty: no problem.
std::string_view problem_of_labels(std::string_view name) noexcept {
  if (name.size() > kMaxNameText) return "a name has 253 bytes at most";
  while (true) {
    const size_t dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (label.empty()) return "there is an empty label";
    if (label.size() > kMaxLabel) return "a label has 63 bytes at most";
    if (!std::all_of(label.begin(), label.end(), is_domain_octet)) {
      return "a label has letters, digits and - only, and * stands at the beginning only";
    }
    if (dot == std::string_view::npos) return {};
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

Result<FirewallDomain, std::string> parse_firewall_domain(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return Unexpected(concat(quoted(text), " is no domain of a list: ", why));
  };
  if (text.empty()) return refuse("it is empty");
  if (text.size() > kMaxDomain) return refuse("it has 255 bytes at most");
  if (text == "*") return FirewallDomain{DomainMatch::All, {}};

  FirewallDomain domain{DomainMatch::Exact, text};
  if (text.starts_with("*.")) {
    domain = {DomainMatch::Below, text.substr(2)};
  } else if (text.starts_with('*')) {
    domain = {DomainMatch::Ending, text.substr(1)};
  }
  if (domain.name.ends_with('.')) domain.name.remove_suffix(1);
  if (const std::string_view problem = problem_of_labels(domain.name); !problem.empty()) {
    return refuse(problem);
  }
  return domain;
}

}  // namespace inlet53::topology
