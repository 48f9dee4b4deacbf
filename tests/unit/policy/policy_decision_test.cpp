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
  const StatementResult& first = explanation.statements[0];
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

std::string with(const std::string& effect, const std::string& elements) {
  return "{'Effect': '" + effect + "', " + elements + "}";
}

const std::string kAnybody = "'Principal': '*', 'Action': '*', 'Resource': '*'";

TEST(Decision, TakesDenyOverAllowAndNothingForDeny) {
  const std::string stage = "'Principal': '*', 'Action': '*', 'Resource': 'execute-api:/Stage/*'";
  expect_outcomes({
      {policy(with("Allow", kAnybody)), kHello, kAllow},
      {policy(with("Deny", kAnybody)), kHello, kDeny},
      {policy(with("Allow", kAnybody) + "," + with("Deny", kAnybody)), kHello, kDeny},
      {policy(with("Deny", kAnybody) + "," + with("Allow", kAnybody)), kHello, kDeny},
      {policy(with("Allow", kAnybody) + "," + with("Deny", stage)), kHello, kDeny},
      {policy(with("Allow", kAnybody) + "," + with("Deny", stage)), "GET /Other/hello", kAllow},
      {policy(with("Allow", stage)), "GET /Other/hello", kNone},
      {policy(with("Deny", stage)), "GET /Other/hello", kNone},
      {policy(with("Deny", stage) + "," + with("Allow", kAnybody)), "GET /Other/hello", kAllow},
      // A single statement needs no list.
      {"{'Version': '2012-10-17', 'Statement': " + with("Allow", kAnybody) + "}", kHello, kAllow},
      // Neither does an old policy need a version.
      {"{'Statement': " + with("Allow", kAnybody) + "}", kHello, kAllow},
      {"{'Version': '2008-10-17', 'Statement': " + with("Allow", kAnybody) + "}", kHello, kAllow},
  });
}

TEST(Decision, KnowsThePrincipalForAnonymous) {
  const auto principal = [](const std::string& element) {
    return policy("{'Effect': 'Allow', " + element + ", 'Action': '*', 'Resource': '*'}");
  };
  const auto denied = [](const std::string& element) {
    return policy(
        "{'Effect': 'Allow', 'Principal': '*', 'Action': '*', 'Resource': '*'},"
        "{'Effect': 'Deny', " +
        element + ", 'Action': '*', 'Resource': '*'}");
  };
  expect_outcomes({
      {principal("'Principal': '*'"), kHello, kAllow},
      {principal("'Principal': {'AWS': '*'}"), kHello, kAllow},
      {principal("'Principal': {'AWS': ['*']}"), kHello, kAllow},
      {principal("'Principal': {'AWS': ['123456789012', '*']}"), kHello, kAllow},
      {principal("'Principal': {'AWS': '123456789012'}"), kHello, kNone},
      {principal("'Principal': {'AWS': 'arn:aws:iam::123456789012:root'}"), kHello, kNone},
      {principal("'Principal': {'AWS': 'AIDACKCEVSQ6C2EXAMPLE'}"), kHello, kNone},
      {principal("'Principal': {'Service': 'apigateway.amazonaws.com'}"), kHello, kNone},
      {principal("'Principal': {'Federated': 'cognito-identity.amazonaws.com'}"), kHello, kNone},
      {principal("'Principal': {'Service': '*'}"), kHello, kNone},
      {principal("'Principal': {'Service': 'a.amazonaws.com', 'AWS': '*'}"), kHello, kAllow},
      {principal("'Principal': {}"), kHello, kNone},
      {principal("'Principal': {'AWS': []}"), kHello, kNone},
      {principal("'NotPrincipal': {'AWS': '123456789012'}"), kHello, kAllow},
      {principal("'NotPrincipal': '*'"), kHello, kNone},
      {denied("'Principal': {'AWS': '123456789012'}"), kHello, kAllow},
      {denied("'NotPrincipal': {'AWS': 'arn:aws:iam::123456789012:role/caller'}"), kHello, kDeny},
      {denied("'NotPrincipal': {'AWS': '*'}"), kHello, kAllow},
  });
}

TEST(Decision, ComparesActionsInAnyLetterCase) {
  const auto not_action = [](const std::string& action) {
    return policy("{'Effect': 'Allow', 'Principal': '*', 'NotAction': " + action +
                  ", 'Resource': '*'}");
  };
  expect_outcomes({
      {allow_action("'execute-api:Invoke'"), kHello, kAllow},
      {allow_action("'EXECUTE-API:invoke'"), kHello, kAllow},
      {allow_action("'execute-api:*'"), kHello, kAllow},
      {allow_action("'execute-api:Inv*'"), kHello, kAllow},
      {allow_action("'execute-api:Invok?'"), kHello, kAllow},
      {allow_action("'execute-api:Invoke?'"), kHello, kNone},
      {allow_action("'*'"), kHello, kAllow},
      {allow_action("'*:Invoke'"), kHello, kAllow},
      {allow_action("'execute-api:InvalidateCache'"), kHello, kNone},
      {allow_action("'lambda:Invoke'"), kHello, kNone},
      {allow_action("['s3:GetObject', 'execute-api:Invoke']"), kHello, kAllow},
      {allow_action("[]"), kHello, kNone},
      {not_action("'execute-api:Invoke'"), kHello, kNone},
      {not_action("'execute-api:InvalidateCache'"), kHello, kAllow},
      {not_action("['execute-api:InvalidateCache', 'execute-api:in*']"), kHello, kNone},
      {not_action("[]"), kHello, kAllow},
  });
}

TEST(Decision, ExpandsAndComparesResources) {
  const std::string arn = "arn:aws:execute-api:eu-west-1:123456789012:dligg9dxuk";
  expect_outcomes({
      {allow_resource("'*'"), kHello, kAllow},
      {allow_resource("'execute-api:/*'"), kHello, kAllow},
      {allow_resource("'execute-api:/Stage/GET/hello'"), kHello, kAllow},
      {allow_resource("'execute-api:/Stage/GET/hello'"), "get /Stage/hello", kAllow},
      {allow_resource("'execute-api:/Stage/GET/hello'"), "POST /Stage/hello", kNone},
      {allow_resource("'execute-api:/Stage/GET/hello'"), "GET /Stage/hello/", kNone},
      {allow_resource("'execute-api:/Stage/GET/hello'"), "GET /Stage/hello2", kNone},
      {allow_resource("'execute-api:/Stage/GET/Hello'"), kHello, kNone},
      {allow_resource("'execute-api:/stage/GET/hello'"), kHello, kNone},
      {allow_resource("'execute-api:/Stage/*/hello'"), "DELETE /Stage/hello", kAllow},
      {allow_resource("'execute-api:/Stage/GET/*'"), "GET /Stage/a/b/c", kAllow},
      {allow_resource("'execute-api:/Stage/GET/*'"), "GET /Stage", kAllow},
      {allow_resource("'execute-api:/Stage/GET/'"), "GET /Stage/", kAllow},
      {allow_resource("'execute-api:/Stage/GET/'"), "GET /Stage", kAllow},
      {allow_resource("'execute-api:/Stage/GET'"), "GET /Stage", kNone},
      {allow_resource("'execute-api:/*/GET/hello'"), "GET /Other/hello", kAllow},
      {allow_resource("'execute-api:/St?ge/GET/hello'"), kHello, kAllow},
      {allow_resource("'execute-api:/S?ge/GET/hello'"), kHello, kNone},
      {allow_resource("'execute-api:/Stage/GET/pets/*/toys'"), "GET /Stage/pets/1/2/toys", kAllow},
      {allow_resource("'execute-api:/Stage/GET/pets/*/toys'"), "GET /Stage/pets/toys", kNone},
      {allow_resource("'execute-api:/Stage/GET/a%2Fb'"), "GET /Stage/a%2Fb", kAllow},
      {allow_resource("'execute-api:/Stage/GET/a/b'"), "GET /Stage/a%2Fb", kNone},
      {allow_resource("'" + arn + "/*'"), kHello, kAllow},
      {allow_resource("'" + arn + "/Stage/GET/hello'"), kHello, kAllow},
      {allow_resource("'" + arn + "'"), kHello, kNone},
      {allow_resource("'arn:aws:execute-api:eu-west-1:123456789012:*'"), kHello, kAllow},
      {allow_resource("'arn:aws:execute-api:*:*:*/Stage/GET/hello'"), kHello, kAllow},
      {allow_resource("'arn:aws:execute-api:*'"), kHello, kAllow},
      {allow_resource("'arn:aws:execute-api:us-east-1:123456789012:dligg9dxuk/*'"), kHello, kNone},
      {allow_resource("'arn:aws:execute-api:eu-west-1:210987654321:dligg9dxuk/*'"), kHello, kNone},
      {allow_resource("'arn:aws:execute-api:eu-west-1:123456789012:other/*'"), kHello, kNone},
      {allow_resource("['execute-api:/A/*', 'execute-api:/Stage/*']"), kHello, kAllow},
      {allow_resource("[]"), kHello, kNone},
  });
}

TEST(Decision, TakesNotResourceForEverythingElse) {
  const auto not_resource = [](const std::string& resource) {
    return policy(
        "{'Effect': 'Allow', 'Principal': '*', 'Action': '*', 'Resource': '*'},"
        "{'Effect': 'Deny', 'Principal': '*', 'Action': '*', 'NotResource': " +
        resource + "}");
  };
  expect_outcomes({
      {not_resource("'execute-api:/Stage/*'"), kHello, kAllow},
      {not_resource("'execute-api:/Stage/*'"), "GET /Other/hello", kDeny},
      {not_resource("['execute-api:/A/*', 'execute-api:/B/*']"), "GET /B/x", kAllow},
      {not_resource("['execute-api:/A/*', 'execute-api:/B/*']"), "GET /C/x", kDeny},
      {not_resource("[]"), kHello, kDeny},
  });
}

TEST(Decision, FollowsThePoliciesOfAwsPages) {
  // "Restrict access to a private API by VPC endpoint", as the template of the blog post has it.
  const std::string by_endpoint = policy(
      "{'Effect': 'Allow', 'Principal': '*', 'Action': 'execute-api:Invoke',"
      " 'Resource': 'execute-api:/*'},"
      "{'Effect': 'Deny', 'Principal': '*', 'Action': 'execute-api:Invoke',"
      " 'Resource': 'execute-api:/*',"
      " 'Condition': {'StringNotEquals': {'aws:SourceVpce': 'vpce-0a'}}}");
  const std::string by_range = policy(
      "{'Effect': 'Allow', 'Principal': '*', 'Action': 'execute-api:Invoke',"
      " 'Resource': 'execute-api:/*'},"
      "{'Effect': 'Deny', 'Principal': '*', 'Action': 'execute-api:Invoke',"
      " 'Resource': 'execute-api:/*',"
      " 'Condition': {'NotIpAddress': {'aws:SourceIp': ['10.0.0.0/8']}}}");
  expect_outcomes({
      {by_endpoint, kHello, kAllow},
      {by_endpoint, "GET /Stage/hello vpce=vpce-0b", kDeny},
      {by_endpoint, "GET /Stage/hello vpce=", kDeny},
      // aws:SourceIp is absent in calls through an endpoint: every caller is denied.
      {by_range, "GET /Stage/hello ip=10.1.2.3", kDeny},
      {by_range, "GET /Stage/hello ip=10.1.2.3 vpce=", kAllow},
      {by_range, "GET /Stage/hello ip=192.0.2.1 vpce=", kDeny},
  });
}

}  // namespace
}  // namespace inlet53::policy
