// SPDX-License-Identifier: Apache-2.0

// Effect, Principal, Action and Resource.
#include "policy_cases.h"

namespace inlet53::policy {
namespace {

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
