// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/resource_policy.h"

#include "policy_cases.h"

namespace inlet53::policy {
namespace {

// Returns all errors of a policy, one per line.
std::string faults(const std::string& text) {
  const auto parsed = parse_resource_policy(json(text), test_api());
  if (parsed) return "";
  std::string out;
  for (const PolicyError& error : parsed.error()) {
    out += (out.empty() ? "" : "\n") + error.to_text("p");
  }
  return out;
}

std::string statement_faults(const std::string& elements) {
  return faults("{'Statement': {" + elements + "}}");
}

// Returns the errors of a statement that is valid except for its condition.
std::string condition_faults(const std::string& condition) {
  return faults(
      "{'Version': '2012-10-17', 'Statement':\n"
      "{'Effect': 'Allow', 'Principal': '*', 'Action': '*', 'Resource': '*',\n"
      "'Condition': {" +
      condition + "}}}");
}

TEST(ResourcePolicy, KnowsTheKeysThatItLooksAt) {
  const auto parsed = parse_resource_policy(
      json(policy("{'Effect': 'Allow', 'Principal': '*', 'Action': '*', "
                  "'Resource': 'execute-api:/${aws:UserAgent}/*', "
                  "'Condition': {'StringEquals': {'AWS:sourcevpce': '${aws:Referer}'}}}")),
      test_api());
  ASSERT_TRUE(parsed);
  for (const CallKey key : {CallKey::UserAgent, CallKey::SourceVpce, CallKey::Referer}) {
    EXPECT_TRUE(parsed->keys.contains(key)) << key_name(key);
  }
  for (const CallKey key : {CallKey::SourceIp, CallKey::VpcSourceIp, CallKey::CurrentTime}) {
    EXPECT_FALSE(parsed->keys.contains(key)) << key_name(key);
  }
}

TEST(ResourcePolicy, KeepsWhatItReads) {
  const auto policy_value = parse_resource_policy(
      json("{'Version': '2012-10-17', 'Id': 'one', 'Statement': [\n"
           "  {'Sid': 'A', 'Effect': 'Deny', 'Principal': {'AWS': ['*', '123456789012']},\n"
           "   'Action': 'execute-api:Invoke', 'Resource': ['execute-api:/S/GET/x', '*'],\n"
           "   'Condition': {'ForAnyValue:StringNotLikeIfExists': {'aws:TagKeys': ['a*', 5]}}}]}"),
      test_api());
  ASSERT_TRUE(policy_value);
  EXPECT_EQ(policy_value->version, "2012-10-17");
  EXPECT_EQ(policy_value->id, "one");
  ASSERT_EQ(policy_value->statements.size(), 1U);
  const Statement& one = policy_value->statements[0];
  EXPECT_EQ(one.sid, "A");
  EXPECT_EQ(one.effect, Effect::Deny);
  EXPECT_EQ(one.line, 2U);
  EXPECT_EQ(one.principals.written, (std::vector<std::string>{"AWS *", "AWS 123456789012"}));
  ASSERT_EQ(one.resources.texts.size(), 2U);
  EXPECT_EQ(one.resources.texts[0].text(),
            "arn:aws:execute-api:eu-west-1:123456789012:dligg9dxuk/S/GET/x");
  ASSERT_EQ(one.conditions.size(), 1U);
  const Condition& condition = one.conditions[0];
  EXPECT_EQ(condition.op.set, SetOperator::ForAnyValue);
  EXPECT_EQ(condition.op.type, ValueType::Pattern);
  EXPECT_TRUE(condition.op.negated && condition.op.if_exists);
  EXPECT_EQ(condition.key, "aws:TagKeys");
  ASSERT_EQ(condition.values.size(), 2U);
  EXPECT_EQ(condition.values[1].written, "5");
}

TEST(ResourcePolicy, RefusesWhatIsNoJsonWithItsPlace) {
  EXPECT_TRUE(faults("").starts_with("p:1:1: this is no JSON: ")) << faults("");
  EXPECT_TRUE(faults("{\n  'Version': }").starts_with("p:2:14: this is no JSON: "))
      << faults("{\n  'Version': }");
  EXPECT_TRUE(faults("{} x").starts_with("p:1:4: this is no JSON: ")) << faults("{} x");
  EXPECT_NE(faults("{'Version': '2012-10-17'"), "");
  EXPECT_NE(faults("// c\n{}"), "");
  EXPECT_NE(faults("{'Id': '\xff'}"), "");
  EXPECT_NE(faults("{'Id': 1e999}"), "");
  EXPECT_EQ(faults("{'Id': 'a',\n 'Id': 'b'}"), "p:2:2: \"Id\" stands here twice");
  EXPECT_EQ(faults(std::string(40, '[') + std::string(40, ']')),
            "p:1:33: objects and lists nest deeper than 32");
}

TEST(ResourcePolicy, RefusesWhatIsNoPolicy) {
  EXPECT_EQ(faults("[]"), "p:1:1: expected an object, found a list");
  EXPECT_EQ(faults("{}"), "p:1:1: it has no Statement");
  EXPECT_EQ(faults("{'Statement': []}"), "p:1:15: Statement: the list is empty");
  EXPECT_EQ(faults("{'Statement': 5}"),
            "p:1:15: Statement: expected a statement or a list of them, found a number");
  EXPECT_EQ(faults("{'Statement': [null]}"),
            "p:1:16: Statement[0]: expected an object, found null");
  const std::string sound = policy(statement("Allow", ""));
  EXPECT_EQ(faults(sound), "");
  EXPECT_EQ(faults("{'Versoin': '2012-10-17', " + sound.substr(26)),
            "p:1:2: unknown element \"Versoin\"; did you mean \"Version\"?");
  EXPECT_EQ(faults("{'Version': '2012-10-18', " + sound.substr(26)),
            "p:1:13: Version: unknown version \"2012-10-18\"; did you mean \"2012-10-17\"?");
  EXPECT_EQ(faults("{'Version': 2012, " + sound.substr(26)),
            "p:1:13: Version: expected a string, found a number");
  EXPECT_EQ(faults("{'Id': [], " + sound.substr(26)), "p:1:8: Id: expected a string, found a list");
}

TEST(ResourcePolicy, RefusesBrokenStatementsAllAtOnce) {
  EXPECT_EQ(statement_faults(""),
            "p:1:15: Statement: it has no Effect\n"
            "p:1:15: Statement: it has neither Principal nor NotPrincipal\n"
            "p:1:15: Statement: it has neither Action nor NotAction\n"
            "p:1:15: Statement: it has neither Resource nor NotResource");
  EXPECT_EQ(statement_faults("'Effect': 'allow', 'Principal': '*',\n'Action': '*', 'Action2': 1,\n"
                             "'Resource': '*', 'NotResource': '*', 'Sid': 7"),
            "p:1:26: Statement.Effect: unknown effect \"allow\"; did you mean \"Allow\"?\n"
            "p:2:16: Statement: unknown element \"Action2\"; did you mean \"Action\"?\n"
            "p:3:18: Statement: Resource and NotResource exclude each other\n"
            "p:3:45: Statement.Sid: expected a string, found a number");
  const std::string one =
      "{'Sid': 'A', 'Effect': 'Allow', 'Principal': '*', 'Action': '*', 'Resource': '*'}";
  EXPECT_EQ(faults("{'Statement': [" + one + ",\n" + one + "]}"),
            "p:2:1: Statement[1].Sid: \"A\" names an earlier statement");
}

TEST(ResourcePolicy, RefusesBrokenPrincipalsActionsAndResources) {
  const auto with = [](const std::string& elements) {
    return statement_faults("'Effect': 'Allow',\n" + elements);
  };
  const std::string rest = ", 'Action': '*', 'Resource': '*'";
  EXPECT_EQ(with("'Principal': '123456789012'" + rest),
            "p:2:14: Statement.Principal: \"123456789012\" is no principal; it is \"*\" or as in "
            "{\"AWS\": \"123456789012\"}");
  EXPECT_EQ(with("'Principal': {'aws': '*'}" + rest),
            "p:2:15: Statement.Principal: unknown element \"aws\"; did you mean \"AWS\"?");
  EXPECT_EQ(with("'Principal': {'AWS': 'arn:aws:iam::123456789012:role/*'}" + rest),
            "p:2:22: Statement.Principal.AWS: \"arn:aws:iam::123456789012:role/*\" has a wildcard; "
            "a principal is \"*\" or is named in full");
  EXPECT_EQ(with("'Principal': {'AWS': ['*', 'root']}" + rest),
            "p:2:28: Statement.Principal.AWS[1]: \"root\" is no AWS principal: neither \"*\" nor "
            "an account nor an ARN");
  EXPECT_EQ(with("'Principal': 5" + rest),
            "p:2:14: Statement.Principal: expected an object, found a number");
  EXPECT_EQ(with("'Principal': '*', 'Action': 'Invoke', 'Resource': '*'"),
            "p:2:29: Statement.Action: \"Invoke\" is no action, as in \"execute-api:Invoke\"");
  EXPECT_EQ(with("'Principal': '*', 'Action': ['*', 5], 'Resource': '*'"),
            "p:2:35: Statement.Action[1]: expected a string, found a number");
  EXPECT_EQ(with("'Principal': '*', 'Action': {}, 'Resource': '*'"),
            "p:2:29: Statement.Action: expected a string or a list of strings, found an object");
  const std::string before = "'Principal': '*', 'Action': '*', 'Resource': ";
  EXPECT_EQ(with(before + "'execute-api:Stage/*'"),
            "p:2:46: Statement.Resource: \"execute-api:Stage/*\" is no resource; the short form is "
            "\"execute-api:/…\"");
  EXPECT_EQ(with(before + "['*', '/Stage/GET/x']"),
            "p:2:52: Statement.Resource[1]: \"/Stage/GET/x\" is no resource: neither an ARN nor "
            "\"execute-api:/…\" nor \"*\"");
  EXPECT_NE(with(before + "'arn:aws:execute-api:eu-west-1'"), "");
}

TEST(ResourcePolicy, RefusesBrokenConditions) {
  EXPECT_EQ(condition_faults("'StringEqual': {'aws:SourceVpc': 'a'}"),
            "p:3:15: Statement.Condition: unknown condition operator \"StringEqual\"; did you mean "
            "\"StringEquals\"?");
  EXPECT_EQ(condition_faults("'ForAnyValue:IpAdressIfExists': {'aws:SourceVpc': 'a'}"),
            "p:3:15: Statement.Condition: unknown condition operator "
            "\"ForAnyValue:IpAdressIfExists\"; did you mean \"IpAddress\"?");
  EXPECT_EQ(condition_faults("'NullIfExists': {'aws:SourceVpc': 'true'}"),
            "p:3:15: Statement.Condition: Null takes no modifier, so there is no \"NullIfExists\"");
  EXPECT_NE(condition_faults("'ForAllValues:Null': {'aws:SourceVpc': 'true'}"), "");
  EXPECT_NE(condition_faults("'SomeValues:StringEquals': {'aws:SourceVpc': 'true'}"), "");
  EXPECT_EQ(condition_faults("'StringEquals': 'a'"),
            "p:3:31: Statement.Condition.StringEquals: expected an object, found a string");
  EXPECT_EQ(condition_faults("'StringEquals': {'SourceVpc': 'a'}"),
            "p:3:32: Statement.Condition.StringEquals: \"SourceVpc\" is no condition key, as in "
            "aws:SourceVpce");
  EXPECT_EQ(condition_faults("'StringEquals': {'aws:SourceVpc': null}"),
            "p:3:49: Statement.Condition.StringEquals.aws:SourceVpc: expected a string or a list "
            "of strings, found null");
  EXPECT_EQ(condition_faults("'StringEquals': {'aws:SourceVpc': '${aws:x'}"),
            "p:3:49: Statement.Condition.StringEquals.aws:SourceVpc: \"${aws:x\" lacks the } of "
            "its variable");
}

TEST(ResourcePolicy, RefusesBrokenConditionValues) {
  const auto value = [](const std::string& op, const std::string& written) {
    const std::string all = condition_faults("'" + op + "': {'aws:x': " + written + "}");
    const size_t path = all.find("aws:x: ");
    return path == std::string::npos ? all : all.substr(path + 7);
  };
  EXPECT_EQ(value("IpAddress", "'10.0.0.0/33'"),
            "\"10.0.0.0/33\" is not a CIDR block: the prefix length goes from 0 to 32");
  EXPECT_EQ(value("NotIpAddress", "'10.0.0'"),
            "\"10.0.0\" is neither an IP address nor a CIDR block");
  EXPECT_NE(value("IpAddress", "'10.0.0.0/'"), "");
  EXPECT_NE(value("IpAddress", "'fd00::/129'"), "");
  EXPECT_EQ(
      value("DateLessThan", "'tomorrow'"),
      "\"tomorrow\" is no date: neither ISO 8601 as in 2026-11-22T15:04:05Z nor seconds since "
      "1970");
  EXPECT_EQ(value("NumericEquals", "'1x'"), "\"1x\" is no number");
  EXPECT_NE(value("NumericEquals", "'inf'"), "");
  EXPECT_NE(value("NumericEquals", "''"), "");
  EXPECT_EQ(value("Bool", "'yes'"), "\"yes\" is neither true nor false");
  EXPECT_EQ(value("Null", "'yes'"),
            "\"yes\" is neither true (the key is absent) nor false (it is there)");
  EXPECT_EQ(value("BinaryEquals", "'a'"), "\"a\" is no base64");
  EXPECT_NE(value("BinaryEquals", "'a*b='"), "");
  EXPECT_EQ(value("ArnLike", "'arn:aws:sns'"),
            "\"arn:aws:sns\" is no ARN: it has fewer than six fields with colons between");
}

TEST(ResourcePolicy, TakesVariablesOnlyBehindTheFifthColon) {
  const auto resource = [](const std::string& version, const std::string& text) {
    return faults("{'Version': '" + version +
                  "', 'Statement': {'Effect': 'Allow', 'Principal': '*', 'Action': '*', "
                  "'Resource': '" +
                  text + "'}}");
  };
  const std::string early = "arn:aws:execute-api:eu-west-1:${aws:PrincipalAccount}:a/*";
  EXPECT_NE(resource("2012-10-17", early), "");
  EXPECT_EQ(resource("2012-10-17", "execute-api:/S/GET/${aws:SourceVpc}"), "");
  EXPECT_NE(resource("2012-10-17", "execute-api:/S/GET/${aws:SourceVpc"), "");
  EXPECT_EQ(resource("2008-10-17", "execute-api:/S/GET/${aws:SourceVpc"), "");
}

TEST(ResourcePolicy, CountsItsCharactersWithoutTheSpaceBetween) {
  const auto sized = [](size_t id) {
    return "{" + std::string(9000, ' ') + "'Id': '" + std::string(id, 'x') + "', " +
           policy(statement("Allow", "")).substr(26);
  };
  EXPECT_EQ(faults(sized(7900)), "");
  EXPECT_NE(faults(sized(8192)).find("AWS takes 8192"), std::string::npos);
}

TEST(EndpointPolicy, TakesWholeArnsOnly) {
  const auto policy = [](std::string_view resource) {
    return parse_endpoint_policy(
        R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":")" +
        std::string(resource) + R"("}]})");
  };
  EXPECT_TRUE(policy("*"));
  EXPECT_TRUE(policy("arn:aws:execute-api:eu-west-1:123456789012:*"));
  const auto refused = policy("execute-api:/*");
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error()[0].to_text("e.json"),
      "e.json:1:73: Statement[0].Resource: \"execute-api:/*\" is no resource here: an endpoint "
      "policy needs whole ARNs");
}

}  // namespace
}  // namespace inlet53::policy
