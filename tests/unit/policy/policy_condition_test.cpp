// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/policy_condition.h"

#include "policy_cases.h"
#include <gtest/gtest.h>

namespace inlet53::policy {
namespace {

TEST(Decision, ComparesNumbers) {
  const std::string call = "GET /S/x +aws:MultiFactorAuthAge=300";
  const auto age = [](const std::string& op, const std::string& value) {
    return allow_if("'Numeric" + op + "': {'aws:MultiFactorAuthAge': " + value + "}");
  };
  expect_outcomes({
      {age("Equals", "300"), call, kAllow},
      {age("Equals", "'300'"), call, kAllow},
      {age("Equals", "300.0"), call, kAllow},
      {age("Equals", "[1, 300]"), call, kAllow},
      {age("Equals", "301"), call, kNone},
      {age("NotEquals", "300"), call, kNone},
      {age("NotEquals", "301"), call, kAllow},
      {age("NotEquals", "[300, 301]"), call, kNone},
      {age("LessThan", "300"), call, kNone},
      {age("LessThan", "301"), call, kAllow},
      {age("LessThanEquals", "300"), call, kAllow},
      {age("LessThanEquals", "299.5"), call, kNone},
      {age("GreaterThan", "300"), call, kNone},
      {age("GreaterThan", "'-1'"), call, kAllow},
      {age("GreaterThanEquals", "300"), call, kAllow},
      {age("GreaterThanEquals", "3e2"), call, kAllow},
      {age("GreaterThanEquals", "300.1"), call, kNone},
      {age("Equals", "300"), kHello, kNone},
      {age("LessThan", "300"), kHello, kNone},
      {age("NotEquals", "300"), kHello, kAllow},
      {age("LessThanIfExists", "300"), kHello, kAllow},
      {age("LessThanIfExists", "300"), call, kNone},
      {allow_if("'NumericGreaterThan': {'aws:EpochTime': '1795359599'}"), kHello, kAllow},
      {allow_if("'NumericLessThan': {'aws:SourceVpce': '5'}"), kHello, kNone},
      {allow_if("'NumericNotEquals': {'aws:SourceVpce': '5'}"), kHello, kAllow},
  });
}

TEST(Decision, ComparesDates) {
  const auto time = [](const std::string& op, const std::string& value) {
    return allow_if("'Date" + op + "': {'aws:CurrentTime': " + value + "}");
  };
  expect_outcomes({
      {time("Equals", "'2026-11-22T15:00:00Z'"), kHello, kAllow},
      {time("Equals", "'2026-11-22T16:00:00+01:00'"), kHello, kAllow},
      {time("Equals", "1795359600"), kHello, kAllow},
      {time("Equals", "'2026-11-22T15:00:01Z'"), kHello, kNone},
      {time("NotEquals", "'2026-11-22T15:00:00Z'"), kHello, kNone},
      {time("NotEquals", "'2026-11-22'"), kHello, kAllow},
      {time("LessThan", "'2026-11-22T15:00:00Z'"), kHello, kNone},
      {time("LessThan", "'2026-11-22T15:01Z'"), kHello, kAllow},
      {time("LessThanEquals", "'2026-11-22T15:00:00Z'"), kHello, kAllow},
      {time("GreaterThan", "'2026-11-22T15:00:00Z'"), kHello, kNone},
      {time("GreaterThan", "'2026-11'"), kHello, kAllow},
      {time("GreaterThan", "'2027'"), kHello, kNone},
      {time("GreaterThanEquals", "'2026-11-22T15:00:00Z'"), kHello, kAllow},
      {allow_if("'DateLessThan': {'aws:EpochTime': '2027-01-01T00:00:00Z'}"), kHello, kAllow},
      {allow_if("'DateLessThan': {'aws:TokenIssueTime': '2027-01-01T00:00:00Z'}"), kHello, kNone},
      {allow_if("'DateNotEquals': {'aws:TokenIssueTime': '2027-01-01T00:00:00Z'}"), kHello, kAllow},
      {allow_if("'DateGreaterThan': {'aws:CurrentTime': '2026-11-01T00:00:00Z'},"
                "'DateLessThan': {'aws:CurrentTime': '2026-12-01T00:00:00Z'}"),
       kHello, kAllow},
      {allow_if("'DateGreaterThan': {'aws:CurrentTime': '2026-11-01T00:00:00Z'},"
                "'DateLessThan': {'aws:CurrentTime': '2026-12-01T00:00:00Z'}"),
       "GET /S/x time=2026-12-01T00:00:00Z", kNone},
  });
}

TEST(Decision, ComparesBooleansAndBytes) {
  expect_outcomes({
      {allow_if("'Bool': {'aws:SecureTransport': 'true'}"), kHello, kAllow},
      {allow_if("'Bool': {'aws:SecureTransport': true}"), kHello, kAllow},
      {allow_if("'Bool': {'aws:SecureTransport': 'True'}"), kHello, kAllow},
      {allow_if("'Bool': {'aws:SecureTransport': 'false'}"), kHello, kNone},
      {deny_if("'Bool': {'aws:SecureTransport': 'false'}"), "GET /S/x tls=no", kDeny},
      {deny_if("'Bool': {'aws:SecureTransport': 'false'}"), kHello, kAllow},
      {allow_if("'Bool': {'aws:MultiFactorAuthPresent': 'true'}"), kHello, kNone},
      {allow_if("'Bool': {'aws:MultiFactorAuthPresent': 'false'}"), kHello, kNone},
      {deny_if("'BoolIfExists': {'aws:MultiFactorAuthPresent': 'false'}"), kHello, kDeny},
      {allow_if("'BinaryEquals': {'aws:UserAgent': 'Y3VybA=='}"), "GET /S/x ua=curl", kAllow},
      {allow_if("'BinaryEquals': {'aws:UserAgent': 'Y3VybA=='}"), "GET /S/x ua=wget", kNone},
      {allow_if("'BinaryEquals': {'aws:UserAgent': 'Y3VybA=='}"), kHello, kNone},
  });
}

TEST(Decision, ComparesAddresses) {
  const auto from = [](const std::string& op, const std::string& value) {
    return allow_if("'" + op + "': {'aws:VpcSourceIp': " + value + "}");
  };
  expect_outcomes({
      {from("IpAddress", "'10.0.0.0/16'"), kHello, kAllow},
      {from("IpAddress", "'10.1.0.0/16'"), kHello, kNone},
      {from("IpAddress", "'10.0.12.7'"), kHello, kAllow},
      {from("IpAddress", "'10.0.12.7/32'"), kHello, kAllow},
      {from("IpAddress", "'10.0.12.8'"), kHello, kNone},
      {from("IpAddress", "'10.0.99.99/16'"), kHello, kAllow},
      {from("IpAddress", "'0.0.0.0/0'"), kHello, kAllow},
      {from("IpAddress", "['192.0.2.0/24', '10.0.0.0/8']"), kHello, kAllow},
      {from("IpAddress", "'::/0'"), kHello, kNone},
      {from("IpAddress", "'0.0.0.0/0'"), "GET /S/x ip=fd00::5", kNone},
      {from("IpAddress", "'fd00::/8'"), "GET /S/x ip=fd00::5", kAllow},
      {from("IpAddress", "'fd00::5'"), "GET /S/x ip=fd00:0::5", kAllow},
      {from("IpAddress", "'10.0.0.0/8'"), "GET /S/x vpce=", kNone},
      {from("NotIpAddress", "'10.0.0.0/16'"), kHello, kNone},
      {from("NotIpAddress", "'10.1.0.0/16'"), kHello, kAllow},
      {from("NotIpAddress", "['10.1.0.0/16', '10.0.12.7']"), kHello, kNone},
      {from("NotIpAddress", "['10.1.0.0/16', '10.2.0.0/16']"), kHello, kAllow},
      {from("NotIpAddress", "'10.0.0.0/8'"), "GET /S/x vpce=", kAllow},
      {allow_if("'IpAddress': {'aws:SourceIp': '0.0.0.0/0'}"), kHello, kNone},
      {allow_if("'IpAddress': {'aws:SourceIp': '10.0.0.0/8'}"), "GET /S/x vpce=", kAllow},
      {deny_if("'NotIpAddress': {'aws:SourceIp': '0.0.0.0/0'}"), kHello, kDeny},
      {deny_if("'NotIpAddress': {'aws:VpcSourceIp': '10.0.0.0/8'}"), kHello, kAllow},
      {deny_if("'IpAddress': {'aws:VpcSourceIp': '10.0.12.0/24'}"), kHello, kDeny},
      {allow_if("'IpAddress': {'aws:SourceVpce': '0.0.0.0/0'}"), kHello, kNone},
      {allow_if("'NotIpAddress': {'aws:SourceVpce': '0.0.0.0/0'}"), kHello, kAllow},
  });
}

TEST(Decision, AsksForTheKeyItself) {
  expect_outcomes({
      {allow_if("'Null': {'aws:SourceVpce': 'false'}"), kHello, kAllow},
      {allow_if("'Null': {'aws:SourceVpce': 'true'}"), kHello, kNone},
      {allow_if("'Null': {'aws:SourceVpce': true}"), "GET /S/x vpce=", kAllow},
      {allow_if("'Null': {'aws:SourceVpce': false}"), "GET /S/x vpce=", kNone},
      {allow_if("'Null': {'aws:TokenIssueTime': 'true'}"), kHello, kAllow},
      {allow_if("'Null': {'aws:TokenIssueTime': ['true', 'false']}"), kHello, kAllow},
      {deny_if("'Null': {'aws:SourceVpce': 'true'}"), "GET /S/x vpce=", kDeny},
      {deny_if("'Null': {'aws:sourcevpce': 'true'}"), kHello, kAllow},
  });
}

TEST(Decision, TakesIfExistsForMetWithoutTheKey) {
  expect_outcomes({
      {allow_if("'StringEqualsIfExists': {'aws:Referer': 'a'}"), kHello, kAllow},
      {allow_if("'StringEqualsIfExists': {'aws:Referer': 'a'}"), "GET /S/x referer=a", kAllow},
      {allow_if("'StringEqualsIfExists': {'aws:Referer': 'a'}"), "GET /S/x referer=b", kNone},
      {allow_if("'StringNotEqualsIfExists': {'aws:Referer': 'a'}"), kHello, kAllow},
      {allow_if("'StringNotEqualsIfExists': {'aws:Referer': 'a'}"), "GET /S/x referer=a", kNone},
      {allow_if("'IpAddressIfExists': {'aws:SourceIp': '192.0.2.0/24'}"), kHello, kAllow},
      {deny_if("'NotIpAddressIfExists': {'aws:SourceIp': '0.0.0.0/0'}"), kHello, kDeny},
      {allow_if("'ArnLikeIfExists': {'aws:SourceArn': 'arn:aws:sns:*:*:*'}"), kHello, kAllow},
      {allow_if("'DateLessThanIfExists': {'aws:TokenIssueTime': '2020-01-01'}"), kHello, kAllow},
      {allow_if("'StringLikeIfExists': {'aws:UserAgent': 'curl*'}"), "GET /S/x ua=wget", kNone},
      {allow_if("'BinaryEqualsIfExists': {'aws:Referer': 'YQ=='}"), kHello, kAllow},
  });
}

TEST(Decision, ComparesSetsOfValues) {
  const std::string two = "GET /S/x +aws:TagKeys=a +aws:TagKeys=b";
  const std::string empty = "GET /S/x +aws:TagKeys=";
  const auto keys = [](const std::string& op, const std::string& value) {
    return allow_if("'" + op + "': {'aws:TagKeys': " + value + "}");
  };
  expect_outcomes({
      {keys("ForAllValues:StringEquals", "['a', 'b', 'c']"), two, kAllow},
      {keys("ForAllValues:StringEquals", "['a']"), two, kNone},
      {keys("ForAllValues:StringEquals", "['a']"), kHello, kAllow},
      {keys("ForAllValues:StringEquals", "['a']"), empty, kAllow},
      {keys("ForAllValues:StringLike", "'?'"), two, kAllow},
      {keys("ForAllValues:StringNotEquals", "['c', 'd']"), two, kAllow},
      {keys("ForAllValues:StringNotEquals", "['b', 'd']"), two, kNone},
      {keys("ForAllValues:StringNotEquals", "['b', 'd']"), kHello, kAllow},
      {keys("ForAnyValue:StringEquals", "['b', 'c']"), two, kAllow},
      {keys("ForAnyValue:StringEquals", "['c', 'd']"), two, kNone},
      {keys("ForAnyValue:StringEquals", "['a']"), kHello, kNone},
      {keys("ForAnyValue:StringEquals", "['']"), empty, kNone},
      {keys("ForAnyValue:StringNotEquals", "['a']"), two, kAllow},
      {keys("ForAnyValue:StringNotEquals", "['a', 'b']"), two, kNone},
      {keys("ForAnyValue:StringNotEquals", "['a']"), kHello, kNone},
      {keys("ForAnyValue:StringEqualsIfExists", "['a']"), kHello, kAllow},
      {keys("ForAnyValue:StringEqualsIfExists", "['c']"), two, kNone},
      {keys("ForAllValues:StringEqualsIfExists", "['a']"), two, kNone},
      {deny_if("'ForAnyValue:StringEquals': {'aws:TagKeys': 'b'}"), two, kDeny},
      {allow_if("'ForAllValues:IpAddress': {'aws:VpcSourceIp': '10.0.0.0/8'}"), kHello, kAllow},
      {allow_if("'ForAllValues:StringEquals': {'aws:TagKeys': 'a'},"
                "'Null': {'aws:TagKeys': 'false'}"),
       kHello, kNone},
  });
}

TEST(Decision, WantsEveryConditionMet) {
  const std::string both =
      "'StringEquals': {'aws:SourceVpce': 'vpce-0a', 'aws:SourceVpc': 'vpc-0a'},"
      "'IpAddress': {'aws:VpcSourceIp': '10.0.0.0/8'}";
  expect_outcomes({
      {allow_if(both), kHello, kAllow},
      {allow_if(both), "GET /S/x vpce=vpce-0b", kNone},
      {allow_if(both), "GET /S/x vpc=vpc-0b", kNone},
      {allow_if(both), "GET /S/x ip=192.0.2.1", kNone},
      {deny_if(both), "GET /S/x ip=192.0.2.1", kAllow},
      {allow_if(""), kHello, kAllow},
      {allow_if("'StringEquals': {}"), kHello, kAllow},
      // Two negated keys deny only together: a common mistake in one statement for both.
      {deny_if("'StringNotEquals': {'aws:SourceVpce': 'vpce-0a', 'aws:SourceVpc': 'vpc-0a'}"),
       "GET /S/x vpce=vpce-0b", kAllow},
      {deny_if("'StringNotEquals': {'aws:SourceVpce': 'vpce-0a', 'aws:SourceVpc': 'vpc-0a'}"),
       "GET /S/x vpce=vpce-0b vpc=vpc-0b", kDeny},
  });
}

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

TEST(IsoDate, ReadsTheFormsOfTheNote) {
  struct Row {
    const char* text;
    int64_t seconds;
  };
  for (const Row& row : {
           Row{"1970-01-01T00:00:00Z", 0},
           Row{"2026-11-22T15:00:00Z", 1795359600},
           Row{"2026-11-22T15:00Z", 1795359600},
           Row{"2026-11-22T15:00:00.999Z", 1795359600},
           Row{"2026-11-22T16:30:00+01:30", 1795359600},
           Row{"2026-11-22T07:00:00-08:00", 1795359600},
           Row{"2026-11-22", 1795305600},
           Row{"2026-11", 1793491200},
           Row{"2026", 1767225600},
           Row{"2024-02-29", 1709164800},
           Row{"1969-12-31T23:59:59Z", -1},
           Row{"0", 0},
           Row{"1795359600", 1795359600},
           Row{"-5", -5},
           Row{"-123", -123},
           Row{"12345", 12345},
       }) {
    EXPECT_EQ(parse_date(row.text), row.seconds) << row.text;
  }
}

TEST(IsoDate, RefusesTheRest) {
  for (const char* text : {"",
                           "-",
                           "now",
                           "2026-",
                           "2026-1",
                           "2026-13",
                           "2026-00",
                           "2026-11-31",
                           "2025-02-29",
                           "2026-11-22T",
                           "2026-11-22T15Z",
                           "2026-11-22T15:00",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T15:60:00Z",
                           "2026-11-22T15:00:60Z",
                           "2026-11-22T15:00:00.Z",
                           "2026-11-22T15:00:00z",
                           "2026-11-22 15:00:00Z",
                           "2026-11-22T15:00:00+0100",
                           "2026-11-22T15:00:00Zx",
                           " 2026",
                           "99999999999999999999",
                           "1.5",
                           "20 26"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

}  // namespace
}  // namespace inlet53::policy
