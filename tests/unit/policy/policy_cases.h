// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/policy/policy_condition.h"
#include "inlet53/policy/policy_decision.h"

/// Tables of cases: a policy, a request and the expected decision. Policies have ' instead of ".
namespace inlet53::policy {

constexpr PolicyOutcome kAllow = PolicyOutcome::Allow;
constexpr PolicyOutcome kDeny = PolicyOutcome::ExplicitDeny;
constexpr PolicyOutcome kNone = PolicyOutcome::ImplicitDeny;

struct Case {
  std::string policy;
  /// `METHOD /stage/path` and changes to the default caller: `ip=…`, `vpce=…`, `vpc=…` (an empty
  /// value: absent), `time=…`, `ua=…`, `referer=…`, `tls=no`, and `+key=value` for any other key.
  std::string request;
  PolicyOutcome outcome;
};

constexpr const char* kHello = "GET /Stage/hello";

inline ApiIdentity test_api() { return {"eu-west-1", "123456789012", "dligg9dxuk"}; }

inline std::string json(std::string text) {
  for (char& c : text) {
    if (c == '\'') c = '"';
  }
  return text;
}

inline std::string policy(const std::string& statements) {
  return "{'Version': '2012-10-17', 'Statement': [" + statements + "]}";
}

inline std::string statement(const std::string& effect, const std::string& condition) {
  return "{'Effect': '" + effect +
         "', 'Principal': '*', 'Action': 'execute-api:Invoke', 'Resource': '*', 'Condition': {" +
         condition + "}}";
}

/// Returns a policy that allows under a condition.
inline std::string allow_if(const std::string& condition) {
  return policy(statement("Allow", condition));
}

/// Returns a policy that allows, but denies under a condition.
inline std::string deny_if(const std::string& condition) {
  return policy(statement("Allow", "") + ", " + statement("Deny", condition));
}

/// Returns a policy that allows one resource.
inline std::string allow_resource(const std::string& resource) {
  return policy("{'Effect': 'Allow', 'Principal': '*', 'Action': '*', 'Resource': " + resource +
                "}");
}

/// Returns a policy that allows one action.
inline std::string allow_action(const std::string& action) {
  return policy("{'Effect': 'Allow', 'Principal': '*', 'Action': " + action + ", 'Resource': '*'}");
}

inline PolicyRequest request(const std::string& text, const CallKeys& wanted = CallKeys::all()) {
  std::istringstream words(text);
  std::string method;
  std::string path;
  words >> method >> path;
  Caller caller;
  caller.address = IpAddress::parse("10.0.12.7").value();
  caller.vpc_endpoint = "vpce-0a";
  caller.vpc = "vpc-0a";
  caller.wall_seconds = parse_date("2026-11-22T15:00:00Z").value();
  std::vector<std::pair<std::string, std::string>> others;
  std::deque<std::string> given;  // the caller has views of these texts
  for (std::string word; words >> word;) {
    const size_t sign = word.find('=');
    const std::string key = word.substr(0, sign);
    const std::string& value = given.emplace_back(word.substr(sign + 1));
    const auto maybe = value.empty() ? std::nullopt : std::optional<std::string_view>(value);
    if (key == "ip") caller.address = IpAddress::parse(value).value();
    if (key == "vpce") caller.vpc_endpoint = maybe;
    if (key == "vpc") caller.vpc = maybe;
    if (key == "time") caller.wall_seconds = parse_date(value).value();
    if (key == "ua") caller.user_agent = value;
    if (key == "referer") caller.referer = value;
    if (key == "tls") caller.secure_transport = value != "no";
    if (key.starts_with('+')) others.emplace_back(key.substr(1), value);
  }
  const size_t slash = std::min(path.find('/', 1), path.size());
  PolicyRequest made = make_policy_request(test_api(), path.substr(1, slash - 1), method,
                                           path.substr(slash), caller, wanted);
  for (auto& [key, value] : others) made.keys.add(key, value);
  return made;
}

inline void expect_outcomes(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    SCOPED_TRACE(each.policy + "\n  " + each.request);
    const auto parsed = parse_resource_policy(json(each.policy), test_api());
    if (!parsed) {
      ADD_FAILURE() << parsed.error().front().to_text("policy");
      continue;
    }
    const PolicyRequest asked = request(each.request);
    const PolicyDecision decision = decide(*parsed, asked);
    EXPECT_EQ(outcome_text(decision.outcome), outcome_text(each.outcome));
    EXPECT_EQ(explain(*parsed, asked).decision, decision);
    // The keys that the policy uses are sufficient.
    EXPECT_EQ(decide(*parsed, request(each.request, parsed->keys)), decision);
  }
}

}  // namespace inlet53::policy
