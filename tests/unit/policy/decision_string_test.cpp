// SPDX-License-Identifier: Apache-2.0

// Strings, ARNs and policy variables in conditions.
#include "policy_cases.h"

namespace inlet53::policy {
namespace {

TEST(Decision, ComparesStringsExactly) {
  expect_outcomes({
      {allow_if("'StringEquals': {'aws:SourceVpce': 'vpce-0a'}"), kHello, kAllow},
      {allow_if("'StringEquals': {'aws:SourceVpce': 'vpce-0b'}"), kHello, kNone},
      {allow_if("'StringEquals': {'aws:SourceVpce': 'VPCE-0A'}"), kHello, kNone},
      {allow_if("'StringEquals': {'aws:SourceVpce': 'vpce-*'}"), kHello, kNone},
      {allow_if("'StringEquals': {'AWS:sourcevpce': 'vpce-0a'}"), kHello, kAllow},
      {allow_if("'StringEquals': {'aws:SourceVpce': ['vpce-0b', 'vpce-0a']}"), kHello, kAllow},
      {allow_if("'StringEquals': {'aws:SourceVpce': []}"), kHello, kNone},
      {allow_if("'StringEquals': {'aws:SourceVpce': 'vpce-0a'}"), "GET /Stage/hello vpce=", kNone},
      {allow_if("'StringEquals': {'aws:EpochTime': 1795359600}"), kHello, kAllow},
      {allow_if("'StringEquals': {'aws:SecureTransport': true}"), kHello, kAllow},
      {allow_if("'StringEqualsIgnoreCase': {'aws:SourceVpce': 'VPCE-0A'}"), kHello, kAllow},
      {allow_if("'StringEqualsIgnoreCase': {'aws:SourceVpce': 'VPCE-0B'}"), kHello, kNone},
      {allow_if("'StringEqualsIgnoreCase': {'aws:Referer': 'A'}"), kHello, kNone},
  });
}

TEST(Decision, NegatesStringsAndTakesAMissingKeyForUnequal) {
  expect_outcomes({
      {allow_if("'StringNotEquals': {'aws:SourceVpce': 'vpce-0b'}"), kHello, kAllow},
      {allow_if("'StringNotEquals': {'aws:SourceVpce': 'vpce-0a'}"), kHello, kNone},
      {allow_if("'StringNotEquals': {'aws:SourceVpce': ['vpce-0a', 'vpce-0b']}"), kHello, kNone},
      {allow_if("'StringNotEquals': {'aws:SourceVpce': ['vpce-0b', 'vpce-0c']}"), kHello, kAllow},
      {allow_if("'StringNotEquals': {'aws:SourceVpce': []}"), kHello, kAllow},
      {allow_if("'StringNotEquals': {'aws:SourceVpce': 'vpce-0a'}"), "GET /S/x vpce=", kAllow},
      {deny_if("'StringNotEquals': {'aws:SourceVpc': 'vpc-0a'}"), kHello, kAllow},
      {deny_if("'StringNotEquals': {'aws:SourceVpc': 'vpc-0a'}"), "GET /S/x vpc=vpc-0b", kDeny},
      {deny_if("'StringNotEquals': {'aws:SourceVpc': 'vpc-0a'}"), "GET /S/x vpc=", kDeny},
      {allow_if("'StringNotEqualsIgnoreCase': {'aws:SourceVpc': 'VPC-0A'}"), kHello, kNone},
      {allow_if("'StringNotEqualsIgnoreCase': {'aws:SourceVpc': 'VPC-0B'}"), kHello, kAllow},
      {allow_if("'StringNotEqualsIgnoreCase': {'aws:Referer': 'x'}"), kHello, kAllow},
      {deny_if("'StringNotEquals': {'aws:PrincipalOrgID': 'o-1234567890'}"), kHello, kDeny},
  });
}

TEST(Decision, ComparesStringsWithWildcards) {
  const std::string curl = "GET /S/x ua=curl/8.5";
  expect_outcomes({
      {allow_if("'StringLike': {'aws:UserAgent': 'curl/*'}"), curl, kAllow},
      {allow_if("'StringLike': {'aws:UserAgent': 'curl/?.?'}"), curl, kAllow},
      {allow_if("'StringLike': {'aws:UserAgent': 'curl/?'}"), curl, kNone},
      {allow_if("'StringLike': {'aws:UserAgent': 'Curl/*'}"), curl, kNone},
      {allow_if("'StringLike': {'aws:UserAgent': '*'}"), curl, kAllow},
      {allow_if("'StringLike': {'aws:UserAgent': '*'}"), kHello, kNone},
      {allow_if("'StringLike': {'aws:UserAgent': ['wget/*', '*8*']}"), curl, kAllow},
      {allow_if("'StringLike': {'aws:Referer': 'https://example.com/*'}"),
       "GET /S/x referer=https://example.com/a/b", kAllow},
      {allow_if("'StringLike': {'aws:Referer': 'https://example.com/*'}"),
       "GET /S/x referer=https://example.org/", kNone},
      {allow_if("'StringNotLike': {'aws:UserAgent': 'curl/*'}"), curl, kNone},
      {allow_if("'StringNotLike': {'aws:UserAgent': 'wget/*'}"), curl, kAllow},
      {allow_if("'StringNotLike': {'aws:UserAgent': ['wget/*', 'curl/*']}"), curl, kNone},
      {allow_if("'StringNotLike': {'aws:UserAgent': '*'}"), kHello, kAllow},
      {deny_if("'StringNotLike': {'aws:Referer': 'https://example.com/*'}"), kHello, kDeny},
  });
}

TEST(Decision, ComparesArnsFieldByField) {
  const std::string call = "GET /S/x +aws:SourceArn=arn:aws:sns:eu-west-1:123456789012:topic:a";
  expect_outcomes({
      {allow_if("'ArnEquals': {'aws:SourceArn': 'arn:aws:sns:eu-west-1:123456789012:topic:a'}"),
       call, kAllow},
      {allow_if("'ArnLike': {'aws:SourceArn': 'arn:aws:sns:*:*:*'}"), call, kAllow},
      {allow_if("'ArnEquals': {'aws:SourceArn': 'arn:aws:sns:*:*:*'}"), call, kAllow},
      {allow_if("'ArnLike': {'aws:SourceArn': 'arn:aws:sns:*:123456789012:topic*'}"), call, kAllow},
      {allow_if("'ArnLike': {'aws:SourceArn': 'arn:aws:sns:*:topic:a:x'}"), call, kNone},
      {allow_if("'ArnLike': {'aws:SourceArn': 'arn:aws:s?s:eu-west-?:*:topic:?'}"), call, kAllow},
      {allow_if("'ArnLike': {'aws:SourceArn': 'arn:aws:sqs:*:*:*'}"), call, kNone},
      {allow_if("'ArnLike': {'aws:SourceArn': '*'}"), call, kAllow},
      {allow_if("'ArnLike': {'aws:SourceArn': 'arn:aws:sns:*:*:*'}"), kHello, kNone},
      {allow_if("'ArnLike': {'aws:SourceVpce': 'arn:aws:sns:*:*:*'}"), kHello, kNone},
      {allow_if("'ArnNotEquals': {'aws:SourceArn': 'arn:aws:sns:*:*:*'}"), call, kNone},
      {allow_if("'ArnNotEquals': {'aws:SourceArn': 'arn:aws:sqs:*:*:*'}"), call, kAllow},
      {allow_if("'ArnNotLike': {'aws:SourceArn': ['arn:aws:sqs:*:*:*', 'arn:aws:sns:*:*:*']}"),
       call, kNone},
      {allow_if("'ArnNotLike': {'aws:SourceArn': 'arn:aws:sns:*:*:*'}"), kHello, kAllow},
      {allow_if("'ArnNotEquals': {'aws:SourceArn': 'arn:aws:sns:*:*:*'}"), kHello, kAllow},
      {deny_if("'ArnNotLike': {'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/*'}"), kHello,
       kDeny},
  });
}

TEST(Decision, ReplacesVariables) {
  const std::string by_agent = "GET /Stage/vpc-0a ua=vpc-0a";
  const auto old = [](const std::string& condition) {
    return "{'Version': '2008-10-17', 'Statement': " + statement("Allow", condition) + "}";
  };
  expect_outcomes({
      {allow_if("'StringEquals': {'aws:UserAgent': '${aws:SourceVpc}'}"), by_agent, kAllow},
      {allow_if("'StringEquals': {'aws:UserAgent': '${AWS:SourceVPC}'}"), by_agent, kAllow},
      {allow_if("'StringEquals': {'aws:UserAgent': '${aws:SourceVpce}'}"), by_agent, kNone},
      {allow_if("'StringLike': {'aws:UserAgent': '${aws:SourceVpc}*'}"), by_agent, kAllow},
      {allow_if("'StringEquals': {'aws:UserAgent': '${aws:username}'}"), by_agent, kNone},
      {allow_if("'StringNotEquals': {'aws:UserAgent': '${aws:username}'}"), by_agent, kAllow},
      {allow_if("'StringEquals': {'aws:UserAgent': '${aws:username, \\u0027vpc-0a\\u0027}'}"),
       by_agent, kAllow},
      {allow_if("'StringEquals': {'aws:UserAgent': '${aws:SourceVpc, \\u0027x\\u0027}'}"), by_agent,
       kAllow},
      // Several values cannot replace a variable.
      {allow_if("'StringEquals': {'aws:UserAgent': '${aws:PrincipalOrgPaths}'}"),
       "GET /S/x ua=a +aws:PrincipalOrgPaths=a +aws:PrincipalOrgPaths=b", kNone},
      // The value of a variable has no wildcards.
      {allow_if("'StringLike': {'aws:UserAgent': '${aws:Referer}'}"), "GET /S/x ua=curl referer=c*",
       kNone},
      {allow_if("'StringLike': {'aws:UserAgent': '${aws:Referer}'}"), "GET /S/x ua=c* referer=c*",
       kAllow},
      {allow_if("'StringLike': {'aws:UserAgent': 'a${*}b'}"), "GET /S/x ua=a*b", kAllow},
      {allow_if("'StringLike': {'aws:UserAgent': 'a${*}b'}"), "GET /S/x ua=axb", kNone},
      {allow_if("'StringLike': {'aws:UserAgent': 'a${?}${$}'}"), "GET /S/x ua=a?$", kAllow},
      {allow_if("'StringLike': {'aws:UserAgent': 'a${?}${$}'}"), "GET /S/x ua=ab$", kNone},
      {allow_if("'Bool': {'aws:SecureTransport': '${aws:UserAgent}'}"), "GET /S/x ua=true", kAllow},
      {allow_if("'Bool': {'aws:SecureTransport': '${aws:UserAgent}'}"), "GET /S/x ua=no", kNone},
      {allow_resource("'execute-api:/Stage/GET/${aws:SourceVpc}'"), by_agent, kAllow},
      {allow_resource("'execute-api:/Stage/GET/${aws:SourceVpce}'"), by_agent, kNone},
      {allow_resource("'execute-api:/Stage/GET/${aws:username}'"), by_agent, kNone},
      {allow_resource("'execute-api:/Stage/GET/${*}'"), by_agent, kNone},
      // Before 2012-10-17 variables are plain text.
      {old("'StringEquals': {'aws:UserAgent': '${aws:SourceVpc}'}"), by_agent, kNone},
      {old("'StringEquals': {'aws:UserAgent': '${aws:SourceVpc}'}"), "GET /S/x ua=${aws:SourceVpc}",
       kAllow},
  });
}

}  // namespace
}  // namespace inlet53::policy
