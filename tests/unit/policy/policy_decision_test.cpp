// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/policy_decision.h"

#include "policy_cases.h"

namespace inlet53::policy {
namespace {

ResourcePolicy parsed(const std::string& text) {
  auto result = parse_resource_policy(json(text), test_api());
  EXPECT_TRUE(result) << text;
  return result.value_or(ResourcePolicy{});
}

TEST(PolicyDecision, NamesTheStatementThatDecided) {
  const std::string allow = statement("Allow", "");
  const std::string deny = statement("Deny", "'StringEquals': {'aws:SourceVpce': 'vpce-0b'}");
  const ResourcePolicy both = parsed(policy(allow + "," + allow + "," + deny + "," + deny));
  EXPECT_EQ(decide(both, request(kHello)), (PolicyDecision{kAllow, 0}));
  EXPECT_EQ(decide(both, request("GET /S/x vpce=vpce-0b")), (PolicyDecision{kDeny, 2}));
  EXPECT_EQ(decide(parsed(policy(deny)), request(kHello)), (PolicyDecision{kNone, {}}));
}

TEST(PolicyDecision, AllowsNothingWithoutAPolicy) {
  EXPECT_EQ(decide({}, request(kHello)), (PolicyDecision{kNone, {}}));
  EXPECT_EQ(explain({}, request(kHello)).decision, (PolicyDecision{kNone, {}}));
}

TEST(PolicyDecision, SaysOfEveryElementWhetherItMatched) {
  const ResourcePolicy policy_value =
      parsed(policy("{'Effect': 'Allow', 'Principal': {'AWS': '123456789012'}, 'Action': 's3:*',"
                    " 'Resource': 'execute-api:/Other/*', 'Condition': {"
                    "'StringEquals': {'aws:SourceVpce': 'vpce-0a', 'aws:Referer': 'a'},"
                    "'NotIpAddress': {'aws:SourceIp': '10.0.0.0/8'}}}," +
                    statement("Allow", "")));
  const PolicyRequest asked = request(kHello);
  const PolicyExplanation explanation = explain(policy_value, asked);
  ASSERT_EQ(explanation.statements.size(), 2U);
  const StatementFinding& first = explanation.statements[0];
  EXPECT_FALSE(first.principal || first.action || first.resource || first.matches());
  ASSERT_EQ(first.conditions.size(), 3U);
  EXPECT_TRUE(first.conditions[0].met);
  EXPECT_EQ(*first.conditions[0].given, std::vector<std::string>{"vpce-0a"});
  EXPECT_FALSE(first.conditions[1].met);
  EXPECT_EQ(first.conditions[1].given, nullptr);
  EXPECT_TRUE(first.conditions[2].met);
  EXPECT_EQ(first.conditions[2].given, nullptr);
  EXPECT_TRUE(explanation.statements[1].matches());
  EXPECT_EQ(explanation.decision, (PolicyDecision{kAllow, 1}));
}

TEST(PolicyDecision, RefusesInTheWordsOfApiGateway) {
  const std::string start =
      "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
      "arn:aws:execute-api:eu-west-1:********9012:dligg9dxuk/Stage/GET/hello";
  const PolicyRequest asked = request(kHello);
  EXPECT_EQ(refusal_message(kDeny, asked),
            start + " with an explicit deny in a resource-based policy");
  EXPECT_EQ(refusal_message(kNone, asked),
            start + " because no resource-based policy allows the execute-api:Invoke action");
  EXPECT_EQ(refusal_message(kDeny, asked, RefusalWording::Former),
            start + " with an explicit deny");
  EXPECT_EQ(refusal_message(kNone, asked, RefusalWording::Former), start);
  EXPECT_EQ(refusal_message(kDeny, asked, RefusalWording::Current, PolicyKind::VpcEndpoint),
            start + " with an explicit deny in a VPC endpoint policy");
  EXPECT_EQ(refusal_message(kNone, asked, RefusalWording::Current, PolicyKind::VpcEndpoint),
            start + " because no VPC endpoint policy allows the execute-api:Invoke action");
}

}  // namespace
}  // namespace inlet53::policy
