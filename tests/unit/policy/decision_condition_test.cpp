// SPDX-License-Identifier: Apache-2.0

// Numbers, dates, Bool, Binary, addresses, Null, and the modifiers of operators.
#include "policy_cases.h"

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

TEST(Decision, ComparesBooleansAndOctets) {
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

}  // namespace
}  // namespace inlet53::policy
