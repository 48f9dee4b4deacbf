// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/table.h"

#include "logs_support.h"
#include <gtest/gtest.h>

namespace inlet53::logs {
namespace {

LogRecord record() {
  LogRecord record;
  record.query_timestamp = "2021-04-25T12:37:34Z";
  record.query_name = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.";
  record.query_type = "A";
  record.rcode = "NOERROR";
  record.answers = {{"10.0.140.226", "A", "IN"}, {"10.0.12.179", "A", "IN"}};
  record.srcaddr = "172.31.6.137";
  record.transport = "UDP";
  record.resolver_network_interface = "rni-3a4a0caca1d0412ab";
  return record;
}

std::string row(const LogRecord& record, bool color = false) {
  TableFormatter table(color);
  std::string out;
  table.append_row(record, out);
  return out;
}

TEST(TableFormatter, LinesUpTitlesAndRecords) {
  TableFormatter table(false);
  std::string out;
  table.append_header(out);
  LogRecord nxdomain = record();
  nxdomain.query_name = "nope.corp.example.";
  nxdomain.query_type = "AAAA";
  nxdomain.rcode = "NXDOMAIN";
  nxdomain.answers.clear();
  nxdomain.resolver_network_interface = {};
  table.append_row(nxdomain, out);
  EXPECT_EQ(out,
            "TIME                  CLIENT           VIA  NAME                                      "
            "TYPE   RCODE     INTERFACE              ANSWERS\n"
            "2021-04-25T12:37:34Z  172.31.6.137     UDP  nope.corp.example.                        "
            "AAAA   NXDOMAIN  -                      -\n");
  out.clear();
  table.append_row(record(), out);
  EXPECT_EQ(out,
            "2021-04-25T12:37:34Z  172.31.6.137     UDP  "
            "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.  A      NOERROR   "
            "rni-3a4a0caca1d0412ab  10.0.140.226, 10.0.12.179\n");
  // The column has grown and keeps its width.
  out.clear();
  table.append_row(nxdomain, out);
  EXPECT_EQ(out,
            "2021-04-25T12:37:34Z  172.31.6.137     UDP  "
            "nope.corp.example.                               AAAA   NXDOMAIN  "
            "-                      -\n");
}

TEST(TableFormatter, ShortensLongNamesInTheirMiddle) {
  LogRecord longest = record();
  const std::string name = std::string(63, 'a') + '.' + std::string(63, 'b') + ".corp.example.";
  longest.query_name = name;
  const std::string out = row(longest);
  EXPECT_NE(out.find(" aaaaaaaaaaaaaaaaaaaaaaaaaa...bbbbbbbbbbbbb.corp.example.  "),
            std::string::npos)
      << out;
}

TEST(TableFormatter, CountsAnswersThatDoNotFit) {
  LogRecord many = record();
  many.answers.assign(60, {"10.0.140.226", "A", "IN"});
  const std::string out = row(many);
  EXPECT_TRUE(out.ends_with("10.0.140.226, +53\n")) << out;
}

TEST(TableFormatter, NamesTheTypesOfAChain) {
  LogRecord chain = record();
  chain.answers = {{"web.corp.example.", "CNAME", "IN"}, {"10.0.1.1", "A", "IN"}};
  EXPECT_TRUE(row(chain).ends_with("  CNAME web.corp.example., 10.0.1.1\n")) << row(chain);
}

TEST(TableFormatter, ColoursOnlyWhenAsked) {
  EXPECT_EQ(row(record()).find('\x1b'), std::string::npos);
  EXPECT_NE(row(record(), true).find("\x1b[32mNOERROR\x1b[0m "), std::string::npos);
  LogRecord refused = record();
  refused.rcode = "REFUSED";
  EXPECT_NE(row(refused, true).find("\x1b[31mREFUSED\x1b[0m "), std::string::npos);
}

// A log from another source may contain terminal control sequences.
TEST(TableFormatter, LetsNoControlOctetThrough) {
  const std::string evil = "\x1b]0;title\x07\r\n\t\x7f\x9b[2J";
  LogRecord hostile;
  for (auto field :
       {&LogRecord::query_timestamp, &LogRecord::query_name, &LogRecord::query_type,
        &LogRecord::rcode, &LogRecord::srcaddr, &LogRecord::transport, &LogRecord::instance}) {
    hostile.*field = evil;
  }
  hostile.answers = {{evil, evil, evil}, {evil, "A", "IN"}};
  const std::string out = row(hostile);
  EXPECT_EQ(out.find_first_not_of(
                "\\ abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789][;,.+"),
            out.size() - 1)
      << out;
  EXPECT_EQ(printable(evil), "\\027]0;title\\007\\013\\010\\009\\127\\155[2J");
}

TEST(TableFormatter, BoundsEachCell) {
  const std::string huge(1 << 20, 'x');
  LogRecord hostile = record();
  hostile.rcode = huge;
  hostile.query_type = huge;
  hostile.answers = {{huge, huge, "IN"}};
  EXPECT_LT(row(hostile).size(), 1000U);
}

TEST(Shorten, KeepsBeginningAndEnd) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcd", 3), "...");
  EXPECT_EQ(shorten("abcdefghij", 8), "ab...hij");
}

TEST(TableFormatter, SaysWhatTheFirewallDid) {
  LogRecord blocked = record();
  blocked.answers.clear();
  blocked.firewall_rule_action = "BLOCK";
  blocked.firewall_rule_group_id = "rslvr-frg-1";
  blocked.firewall_domain_list_id = "rslvr-fdl-1\x1b";
  EXPECT_TRUE(row(blocked).ends_with("rni-3a4a0caca1d0412ab  -  BLOCK rslvr-fdl-1\\027\n"));
  EXPECT_TRUE(row(blocked, true).ends_with("-  \x1b[31mBLOCK rslvr-fdl-1\\027\x1b[0m\n"));
  blocked.firewall_rule_action = "ALERT";
  EXPECT_TRUE(row(blocked, true).ends_with("\x1b[33mALERT rslvr-fdl-1\\027\x1b[0m\n"));
}

}  // namespace
}  // namespace inlet53::logs
