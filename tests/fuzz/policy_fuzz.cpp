// SPDX-License-Identifier: Apache-2.0

// A resource policy is rejected with places, or evaluated; evaluation and explanation must agree.
#include "fuzz.h"

#include "inlet53/policy/policy_decision.h"

namespace {

using namespace inlet53;
using namespace inlet53::policy;

void decide_both_ways(const ResourcePolicy& policy, const PolicyRequest& request) {
  const PolicyExplanation explanation = explain(policy, request);
  FUZZ_CHECK(explanation.decision == decide(policy, request));
  FUZZ_CHECK(explanation.statements.size() == policy.statements.size());
  const auto& decided_by = explanation.decision.statement;
  FUZZ_CHECK(decided_by.has_value() ==
             (explanation.decision.outcome != PolicyOutcome::ImplicitDeny));
  if (decided_by) FUZZ_CHECK(explanation.statements.at(*decided_by).matches());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const ApiIdentity api{"eu-west-1", "123456789012", "dligg9dxuk"};
  const auto policy = parse_resource_policy(text, api);
  if (!policy) {
    FUZZ_CHECK(!policy.error().empty());
    for (const PolicyError& error : policy.error()) {
      FUZZ_CHECK(error.line >= 1 && error.column >= 1 && !error.message.empty());
    }
    return 0;
  }
  FUZZ_CHECK(!policy->statements.empty());
  Caller caller;
  caller.address = IpAddress::parse("10.0.12.7").value();
  caller.vpc_endpoint = "vpce-0a";
  caller.vpc = "vpc-0a";
  caller.user_agent = "curl/8.5";
  decide_both_ways(*policy, make_policy_request(api, "Stage", "GET", "/hello", caller));
  caller.vpc_endpoint.reset();
  PolicyRequest other = make_policy_request(api, "Stage", "POST", "/", caller);
  for (const char* tag : {"a", "", "b*"}) other.keys.add("aws:TagKeys", tag);
  decide_both_ways(*policy, other);
  return 0;
}
