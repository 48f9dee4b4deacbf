// SPDX-License-Identifier: Apache-2.0
#include "syntax_help.h"

#include <string>

#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/config/config.h"

namespace inlet53::config {
namespace {

/// Returns every error of a text, `LINE: KEY: message`, one per line.
std::string faults(const std::string& toml) {
  const auto config = parse_config(toml, "x.toml");
  std::string all;
  if (config) return all;
  for (const ConfigError& error : config.error()) {
    if (!all.empty()) all += '\n';
    all += concat(error.line, ": ", error.key.empty() ? "" : error.key + ": ", error.message);
  }
  return all;
}

struct Mistake {
  std::string toml;
  std::string said;
};

void expect_said(std::initializer_list<Mistake> mistakes) {
  for (const Mistake& one : mistakes) EXPECT_EQ(faults(one.toml), one.said) << one.toml;
}

TEST(SyntaxHelp, BooleansAreTrueAndFalse) {
  const std::string only = "true and false are the only two of their kind: write ";
  expect_said({
      {"[cache]\nenabled = yes\n", "2: " + only + "enabled = true"},
      {"[cache]\nenabled = No # off\n", "2: " + only + "enabled = false"},
      {"enabled = True\n", "1: " + only + "enabled = true"},
      {"enabled = FALSE\n", "1: " + only + "enabled = false"},
      {"enabled = on\n", "1: " + only + "enabled = true, or as a text enabled = \"on\""},
      {"isolation = off\n", "1: " + only + "isolation = false, or as a text isolation = \"off\""},
      {"enabled = null\n", "1: TOML has no null: leave the key out"},
      {"enabled = None\n", "1: TOML has no None: leave the key out"},
  });
}

TEST(SyntaxHelp, TextsStandInQuotes) {
  const std::string quotes = "a text stands in quotes: write ";
  expect_said({
      {"[subnet.a]\nvpc = prod\n", "2: " + quotes + "vpc = \"prod\""},
      {"vpc = prod   # ours\n", "1: " + quotes + "vpc = \"prod\""},
      {"listen = 127.0.53.1:5300\n", "1: " + quotes + "listen = \"127.0.53.1:5300\""},
      {"cidr_block = 10.0.0.0/16\n", "1: " + quotes + "cidr_block = \"10.0.0.0/16\""},
      {"size = 10MiB\n", "1: " + quotes + "size = \"10MiB\""},
      {"timeout = 5 s\n", "1: " + quotes + "timeout = \"5 s\""},
      {"file = /var/log/query.log\n", "1: " + quotes + "file = \"/var/log/query.log\""},
      {"private_dns = enabled\n", "1: " + quotes + "private_dns = \"enabled\""},
      {"arn = arn:aws:lambda:x\n", "1: " + quotes + "arn = \"arn:aws:lambda:x\""},
      {"path = C:\\temp\n", "1: " + quotes + "path = 'C:\\temp'"},
      {"x = [ a, b ]\n", "1: each text in a list stands in quotes: write \"a\" for a"},
      {"x = [\n  \"a\",\n  10.0.0.0/16,\n]\n",
       "3: each text in a list stands in quotes: write \"10.0.0.0/16\" for 10.0.0.0/16"},
      {"x = [true, yes]\n", "1: each text in a list stands in quotes: write true for yes"},
      {"x = \"a\n", "1: the text has no quote at its end: write x = \"a\""},
      {"x = 'a\ny = 1\n", "1: the text has no quote at its end: write x = \"a\""},
      {"x = \"a", "1: the text has no quote at its end: write x = \"a\""},
  });
}

TEST(SyntaxHelp, TypographicQuotesAreNone) {
  expect_said({
      {"region = “eu-west-1”\n", "1: “ is not a quote of TOML: write region = \"eu-west-1\""},
      {"region = ‘eu-west-1’ # a\n", "1: ‘ is not a quote of TOML: write region = \"eu-west-1\""},
      {"region = \"eu-west-1”\n", "1: ” is not a quote of TOML: write region = \"eu-west-1\""},
      {"region = „eu-west-1“\n", "1: “ is not a quote of TOML: write region = \"eu-west-1\""},
      {"region = «eu-west-1»\n", "1: « is not a quote of TOML: write region = \"eu-west-1\""},
      {"region = `eu-west-1`\n", "1: ` is not a quote of TOML: write region = \"eu-west-1\""},
      {"x = [\"a\", “b”]\n", "1: “ is not a quote of TOML: write x = [\"a\", \"b\"]"},
      {"region\xc2\xa0= \"eu-west-1\"\n", "1: this is a no-break space: write a plain one"},
  });
  EXPECT_EQ(faults("[vpc.a]\nid = 1 # “x”\n").find("TOML"), std::string::npos);
  EXPECT_EQ(faults("a = \"it’s\" b = 1\n"), "1: each key stands on a line of its own");
}

TEST(SyntaxHelp, EqualsStandsBetweenKeyAndValue) {
  const std::string equals = "= stands between a key and its value, not \":\": write ";
  expect_said({
      {"region: eu-west-1\n", "1: " + equals + "region = \"eu-west-1\""},
      {"region: \"eu-west-1\"\n", "1: " + equals + "region = \"eu-west-1\""},
      {"port: 53\n", "1: " + equals + "port = 53"},
      {"enabled: yes\n", "1: " + equals + "enabled = true"},
      {"a := 1\n", "1: " + equals + "a = 1"},
      {"uri: http://a/?b=c\n", "1: " + equals + "uri = \"http://a/?b=c\""},
      {"[vpc.a]\n\"region\": \"eu-west-1\",\n", "2: " + equals + "region = \"eu-west-1\""},
      {"a == 1\n", "1: one = is enough: write a = 1"},
      {"region eu-west-1\n",
       "1: = is missing between the key and its value: write region = \"eu-west-1\""},
      {"= 1\n", "1: the key before = is missing"},
      {"a =\n", "1: the value is missing: write it behind a ="},
      {"a b = 1\n", "1: a key with a space stands in quotes: write \"a b\" = 1"},
      {"a = 1;\n", "1: nothing stands behind a value: write a = 1"},
      {"a = \"x\",\n", "1: nothing stands behind a value: write a = \"x\""},
      {"a = \"x\" b = \"y\"\n", "1: each key stands on a line of its own"},
      {"// comment\n", "1: a comment begins with #, not with //"},
      {"; comment\n", "1: a comment begins with #, not with ;"},
  });
}

TEST(SyntaxHelp, OtherFormatsAreNamed) {
  const std::string json =
      "1: this file is JSON, and a configuration is TOML: write region = \"eu-west-1\" for "
      "\"region\": \"eu-west-1\", and [vpc.main] for \"vpc\": {\"main\": {}}";
  const std::string yaml =
      "this file is YAML, and a configuration is TOML: write region = \"eu-west-1\" for region: "
      "eu-west-1, and [vpc.main] above the keys of an object";
  expect_said({
      {R"({"region": "eu-west-1"})", json},
      {"\n{\n  \"region\": \"eu-west-1\"\n}\n", "2" + json.substr(1)},
      {"[\n  {\"region\": \"eu-west-1\"}\n]\n", json},
      {"---\nregion: eu-west-1\n", "1: " + yaml},
      {"# ours\n---\nvpc:\n  main: 1\n", "2: " + yaml},
      {"%YAML 1.2\n", "1: " + yaml},
      {"vpc:\n  main:\n    region: a\n",
       "1: a configuration is TOML, not YAML or JSON: write [vpc] above the keys of a table"},
      {"- prod\n",
       "1: this is YAML, and a configuration is TOML: write a list in [ ], as in [\"prod\"]"},
      {"<?xml version=\"1.0\"?>\n", "1: this file is XML, and a configuration is TOML"},
      {"$TTL 300\n@ SOA a. b. 1 2 3 4 5\n",
       "1: this file is a zone: a configuration names it, as file of a [hosted_zone.NAME]"},
      {std::string("\xff\xfer\0e\0", 6), "1: this file is UTF-16: save it as UTF-8"},
      {"x = \"caf\xe9\"\n", "1: this is not UTF-8: save the file as UTF-8"},
      {"x = 1\rregion = \"a\"\r",
       "1: this line ends with CR alone: save the file with LF or CR LF at the ends of lines"},
  });
}

TEST(SyntaxHelp, TablesAndListsHaveTheirBrackets) {
  const std::string header = "this is not the name of a table in brackets: write ";
  expect_said({
      {"[vpc.a\n", "1: " + header + "[vpc.a]"},
      {"[vpc.a]]\n", "1: " + header + "[vpc.a]"},
      {"[[vpc.a]\n", "1: " + header + "[[vpc.a]]"},
      {"[vpc.my net]\n", "1: " + header + "[vpc.\"my net\"]"},
      {"[resource./hello.GET]\n", "1: " + header + "[resource.\"/hello\".GET]"},
      {"[]\n", "1: the name of the table is missing: write it as in [vpc.main]"},
      {"x = [1, 2\ny = 3\n",
       "2: a comma is missing between two values of a list, or the ] at its end"},
      {"x = [\"a\" \"b\"]\n",
       "1: a comma is missing between two values of a list, or the ] at its end"},
      {"x = { a = 1,\n b = 2 }\n",
       "1: a table in { } stands on one line: write it so, or as [x] with a line for each key"},
      {"x = \"C:\\tmp\\q\"\n",
       "1: \\ begins an escape in a text in double quotes: write \\\\ for each, or the text in "
       "single quotes, x = 'C:\\tmp\\q'"},
      {"account_id = 012345678901\n",
       "1: a number does not begin with 0: write account_id = 12345678901, or as a text account_id "
       "= \"012345678901\""},
  });
}

TEST(SyntaxHelp, WhatIsThereTwiceIsNamedWithItsFirstLine) {
  expect_said({
      {"region = \"a\"\n\nregion = \"b\"\n",
       "3: region is there already in line 1: a key stands once in a table"},
      {"[a]\nx = 1\n[b]\nx = 1\nx = 2\n",
       "5: x is there already in line 4: a key stands once in a table"},
      {"[vpc.a]\n[vpc.b]\n[vpc.a] # again\n",
       "3: [vpc.a] is there already in line 1: a table stands once; each table of a list of tables "
       "begins with [[ ]]"},
      {"[vpc.a]\n[[vpc.a]]\n",
       "2: [[vpc.a]] is there already: a table stands once; each table of a list of tables begins "
       "with [[ ]]"},
      {"a.b = 1\na = 2\n", "2: a is there already: a key stands once in a table"},
  });
}

TEST(SyntaxHelp, ValuesOfAnotherKindAreWrittenRight) {
  const auto said = [](const std::string& toml) {
    const std::string all = faults(toml);
    return all.substr(0, all.find('\n'));
  };
  EXPECT_EQ(said("[limits]\naws_quotas = \"yes\"\n"),
            "2: limits.aws_quotas: expected true or false, found a text: write true");
  EXPECT_EQ(said("[limits]\naws_quotas = \"false\"\n"),
            "2: limits.aws_quotas: expected true or false, found a text: write false");
  EXPECT_EQ(said("[limits]\naws_quotas = 1\n"),
            "2: limits.aws_quotas: expected true or false, found a whole number: write true");
  EXPECT_EQ(said("[limits]\naws_quotas = \"perhaps\"\n"),
            "2: limits.aws_quotas: expected true or false, found a text");
  EXPECT_EQ(said("[server]\nworkers = \"2\"\n"),
            "2: server.workers: expected a whole number, found a text: write 2");
  EXPECT_EQ(said("account_id = 123456789012\n"),
            "1: account_id: expected a text in quotes, found a whole number: write "
            "\"123456789012\"");
  EXPECT_EQ(said("region = true\n"),
            "1: region: expected a text in quotes, found true or false: write \"true\"");
  EXPECT_EQ(said("region = \"eu-west-1\"\naccount_id = \"123456789012\"\n[vpc.a]\n"
                 "cidr_blocks = \"10.0.0.0/16\"\n"),
            "4: vpc.a.cidr_blocks: expected a list in [ ], found a text: write [\"10.0.0.0/16\"]");
  EXPECT_EQ(said("[resolver_endpoint.a]\nsecurity_groups = []\n[resolver_endpoint.a.ip_address]\n"),
            "3: resolver_endpoint.a.ip_address: expected a list of tables, "
            "[[resolver_endpoint.a.ip_address]], found a table");
  EXPECT_EQ(said("[[cache]]\n"), "1: cache: expected a table, [cache], found a list");
  EXPECT_EQ(said("vpc = \"prod\"\n"), "1: vpc: expected a table, [vpc], found a text");
}

TEST(SyntaxHelp, TabsAByteOrderMarkAndCrlfAreTaken) {
  const std::string plain = "region = \"eu-west-1\"\n[cache]\nsize = \"4 MiB\"\n";
  EXPECT_EQ(faults(plain), "");
  EXPECT_EQ(faults("\xef\xbb\xbf" + plain), "");
  EXPECT_EQ(faults("region\t=\t\"eu-west-1\"\r\n\t[cache]\r\n\tsize = \"4 MiB\"\t\r\n"), "");
  EXPECT_EQ(faults("\xef\xbb\xbf{\"a\": 1}").substr(0, 25), "1: this file is JSON, and");
}

// For unknown mistakes the error is the parser's message.
TEST(SyntaxHelp, OtherFaultsKeepTheParsersWords) {
  EXPECT_EQ(explain_syntax_error("a = 1979-13-01\n", {1, 5}, "what it says"),
            "a text stands in quotes: write a = \"1979-13-01\"");
  EXPECT_EQ(explain_syntax_error("a = \"x\"\n", {1, 5}, "what it says"), "what it says");
  EXPECT_EQ(explain_syntax_error("", {1, 1}, "what it says"), "what it says");
  EXPECT_EQ(explain_syntax_error("a = 1\n", {9, 9}, "what it says"), "what it says");
}

}  // namespace
}  // namespace inlet53::config
