// SPDX-License-Identifier: Apache-2.0
#include "inlet53/record/query_record.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>

#include "record_support.h"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "inlet53/base/text.h"

namespace inlet53::record {
namespace {

using test::PreparedRRset;

// One record as a row of a table.
struct Case {
  std::string qname;
  uint16_t qtype = 1;
  uint16_t qclass = 1;
  dns::Rcode rcode = dns::Rcode::NoError;
  std::vector<PreparedRRset> answers = {};
  std::string source = "172.31.6.137";
  uint16_t port = 32843;
  Transport transport = Transport::Udp;
};

std::string render(const Case& row, bool ahead) {
  const dns::Name qname = test::name_of(row.qname);
  std::vector<std::string> jsons;
  for (const PreparedRRset& rrset : row.answers) {
    jsons.push_back(ahead ? render_answers(rrset.view()) : "");
  }
  std::vector<AnswerRRset> answers;
  for (size_t i = 0; i < row.answers.size(); ++i) {
    answers.push_back({row.answers[i].view(), jsons[i]});
  }
  QueryRecord record;
  record.qname = qname.view();
  record.qtype = row.qtype;
  record.qclass = row.qclass;
  record.rcode = row.rcode;
  record.answers = answers;
  record.source = IpAddress::parse(row.source).value();
  record.source_port = row.port;
  record.transport = row.transport;
  return test::line_of(record);
}

constexpr uint16_t number(dns::RRType type) { return static_cast<uint16_t>(type); }

// Compares with the golden file; writes it instead when INLET53_REGENERATE is set.
void expect_golden(const std::string& file, const std::vector<Case>& rows) {
  std::string lines;
  for (const Case& row : rows) {
    const std::string line = render(row, true);
    EXPECT_EQ(line, render(row, false)) << "rendered ahead or not, the record is the same";
    lines += line;
  }
  const std::string path = std::string(INLET53_GOLDEN_DIR) + "/querylog/" + file;
  if (std::getenv("INLET53_REGENERATE") != nullptr) {
    std::ofstream(path) << lines;
    return;
  }
  std::ifstream in(path);
  ASSERT_TRUE(in) << path;
  EXPECT_EQ(lines, std::string(std::istreambuf_iterator<char>(in), {}));
}

TEST(QueryRecord, EqualsTheRecordOfTheBlog) {
  expect_golden("blog.jsonl", {{.qname = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.",
                                .answers = {{"x. A 10.0.140.226", "x. A 10.0.12.179"}}}});
}

TEST(QueryRecord, HasEachOutcomeAndTransport) {
  expect_golden(
      "outcomes.jsonl",
      {
          // NODATA, NXDOMAIN and errors have an empty array.
          {.qname = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com.", .qtype = 28},
          {.qname = "nope.corp.example.", .rcode = dns::Rcode::NXDomain},
          {.qname = "www.example.com.", .rcode = dns::Rcode::Refused, .transport = Transport::Tcp},
          {.qname = "loop.corp.example.", .rcode = dns::Rcode::ServFail},
          {.qname = "corp.example.", .qtype = 6, .rcode = dns::Rcode::NotImp},
          {.qname = ".", .qtype = 255, .rcode = dns::Rcode::Refused},
          {.qname = "version.bind.", .qtype = 16, .qclass = 3, .rcode = dns::Rcode::Refused},
          {.qname = "corp.example.", .qtype = 65280, .qclass = 4711, .rcode = dns::Rcode::Refused},
          // A chain is in the response's order.
          {.qname = "www.corp.example.",
           .answers = {{"x. CNAME web.corp.example."},
                       {"x. CNAME blue.web.corp.example."},
                       {"x. A 10.0.1.1", "x. A 10.0.1.2"}},
           .port = 53,
           .transport = Transport::Tcp},
          {.qname = "six.corp.example.",
           .qtype = 28,
           .answers = {{"x. AAAA 2001:db8:0:0:1:0:0:1", "x. AAAA ::ffff:10.0.0.1", "x. AAAA ::"}},
           .source = "2001:db8::35",
           .port = 65535,
           .transport = Transport::Doh},
          {.qname = "corp.example.",
           .qtype = 2,
           .answers = {{"x. NS ns1.corp.example."}},
           .source = "255.255.255.255",
           .port = 0,
           .transport = Transport::Dot},
      });
}

TEST(QueryRecord, HasRdataInPresentationForm) {
  using dns::RRType;
  expect_golden(
      "rdata.jsonl",
      {
          {.qname = "t.example.",
           .qtype = number(RRType::MX),
           .answers = {{"x. MX 10 mail.example.com.", "x. MX 0 ."}}},
          {.qname = "t.example.",
           .qtype = number(RRType::SOA),
           .answers = {{"x. SOA ns1.example. host\\.master.example. 2021042501 7200 900 1209600 "
                        "86400"}}},
          {.qname = "_ldap._tcp.example.",
           .qtype = number(RRType::SRV),
           .answers = {{"x. SRV 0 5 389 dc1.example."}}},
          {.qname = "t.example.",
           .qtype = number(RRType::TXT),
           .answers = {{"x. TXT \"v=spf1 -all\"", "x. TXT \"a \\\"quoted\\\" \\\\ word\" \"\"",
                        "x. TXT \"\\000\\009\\127\\195\\164\""}}},
          {.qname = "4.3.2.1.in-addr.arpa.",
           .qtype = number(RRType::PTR),
           .answers = {{"x. PTR ip-172-31-86-159.ec2.internal."}}},
          {.qname = "t.example.",
           .qtype = number(RRType::CAA),
           .answers = {{"x. CAA 0 issue \"ca.example.net\""}}},
          {.qname = "t.example.",
           .qtype = number(RRType::HTTPS),
           .answers = {PreparedRRset(number(RRType::HTTPS), {{0, 1, 0, 0, 1, 0, 6, 2, 'h', '2', 2,
                                                              'h', '3', 0, 3, 0, 2, 0x20, 0xFB},
                                                             {0, 0, 3, 's', 'v', 'c', 0}})}},
          {.qname = "t.example.",
           .qtype = 65280,
           .answers = {PreparedRRset(65280, {{0xAB, 0xCD, 0xEF}, {}})}},
          // RDATA that does not have the format of its type (RFC 3597 §5).
          {.qname = "t.example.", .answers = {PreparedRRset(1, {{10, 0, 0}})}},
      });
}

TEST(QueryRecord, EscapesOddNames) {
  expect_golden("names.jsonl", {
                                   {.qname = R"(a\"quote.example.)"},
                                   {.qname = R"(back\\slash.example.)"},
                                   {.qname = R"(dot\.inside.example.)"},
                                   {.qname = R"(\000\001\010\013\027\127.example.)"},
                                   {.qname = R"(b\195\188ro.\128\255.example.)"},
                                   {.qname = R"(\032sp\032ace.\;\(\)\@\$.example.)"},
                                   {.qname = "*.corp.example."},
                                   {.qname = "xn--bro-hoa.example."},
                               });
}

// Parses every golden line with another library and compares the values.
TEST(QueryRecord, IsParsedBackByAnotherLibrary) {
  for (const char* file : {"blog.jsonl", "outcomes.jsonl", "rdata.jsonl", "names.jsonl"}) {
    std::ifstream in(std::string(INLET53_GOLDEN_DIR) + "/querylog/" + file);
    std::string line;
    size_t lines = 0;
    while (std::getline(in, line)) {
      ++lines;
      EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= 32 && c < 127; }));
      const auto json = nlohmann::ordered_json::parse(line);
      std::vector<std::string> keys;
      for (const auto& [key, value] : json.items()) {
        keys.push_back(key);
        const auto kind = key == "answers"  ? nlohmann::json::value_t::array
                          : key == "srcids" ? nlohmann::json::value_t::object
                                            : nlohmann::json::value_t::string;
        EXPECT_EQ(value.type(), kind) << key;
      }
      EXPECT_EQ(keys, (std::vector<std::string>{"version", "account_id", "region", "vpc_id",
                                                "query_timestamp", "query_name", "query_type",
                                                "query_class", "rcode", "answers", "srcaddr",
                                                "srcport", "transport", "srcids"}));
      for (const auto& answer : json["answers"]) {
        EXPECT_EQ(answer.size(), 3U);
        EXPECT_EQ(answer.begin().key(), "Rdata");
        EXPECT_EQ(answer["Class"], "IN");
      }
    }
    EXPECT_GT(lines, 0U) << file;
  }
}

TEST(QueryRecord, KeepsNamesOfAnyBytes) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const std::vector<uint8_t> wire = {3, 'a', static_cast<uint8_t>(octet), 'b', 1, 'c', 0};
    const auto qname = dns::NameView::from_checked(wire.data(), wire.size());
    QueryRecord record;
    record.qname = qname;
    const auto json = nlohmann::json::parse(test::line_of(record));
    const auto back = dns::Name::parse_text(json["query_name"].get<std::string>());
    ASSERT_TRUE(back.has_value()) << octet;
    EXPECT_TRUE(std::ranges::equal(back->view().bytes(), qname.bytes())) << octet;
  }
}

TEST(QueryRecord, WritesRenderedAndOtherAnswers) {
  const PreparedRRset cname({"x. CNAME web.example."});
  const PreparedRRset addresses({"x. A 10.0.1.1", "x. A 10.0.1.2"});
  const std::string json = render_answers(addresses.view());
  const std::vector<AnswerRRset> answers = {{cname.view(), {}}, {addresses.view(), json}};
  QueryRecord record;
  record.answers = answers;
  const auto parsed = nlohmann::json::parse(test::line_of(record))["answers"];
  ASSERT_EQ(parsed.size(), 3U);
  EXPECT_EQ(parsed[0]["Rdata"], "web.example.");
  EXPECT_EQ(parsed[2]["Rdata"], "10.0.1.2");
}

// One writer keeps texts of more keys than it has slots.
TEST(RecordWriter, WritesTheSameAsANewWriter) {
  RecordWriter kept;
  const dns::Name qname = test::name_of("app.corp.example.");
  QueryRecord record;
  record.qname = qname.view();
  for (unsigned i = 0; i < 2000; ++i) {
    record.qtype = static_cast<uint16_t>(i % 7 * 40);
    record.qclass = static_cast<uint16_t>(i % 5);
    record.rcode = static_cast<dns::Rcode>(i % 24);
    record.source = IpAddress::parse(i % 3 == 0 ? concat("10.0.", i % 11, ".", i % 251)
                                                : concat("2001:db8::", i % 97))
                        .value();
    record.transport = static_cast<Transport>(i % kTransports);
    ASSERT_EQ(test::line_of(record, kept), test::line_of(record)) << i;
  }
}

TEST(RecordWriter, WritesEveryPort) {
  RecordWriter writer;
  QueryRecord record;
  for (unsigned port = 0; port <= 65535; ++port) {
    record.source_port = static_cast<uint16_t>(port);
    ASSERT_NE(test::line_of(record, writer).find(concat(R"("srcport":")", port, '"')),
              std::string::npos);
  }
}

TEST(RecordWriter, AppendsTheFieldsOfAFirewallRuleAfterTheSources) {
  const std::string group = "rslvr-frg-0a1b2c3d4e5f60718";
  const std::string list = "rslvr-fdl-0f1e2d3c4b5a69788";
  const PreparedRRset address(number(dns::RRType::A), {{10, 0, 12, 179}});
  const std::string json = render_answers(address.view());
  const AnswerRRset answer{address.view(), json};
  const dns::Name qname = test::name_of("app.corp.internal.");
  QueryRecord record;
  record.qname = qname.view();
  record.qtype = 1;
  record.answers = {&answer, 1};
  record.source = IpAddress::parse("172.31.6.137").value();
  const std::string plain = test::line_of(record);
  for (const auto& [action, word] : {std::pair{topology::FirewallAction::Alert, "ALERT"},
                                     std::pair{topology::FirewallAction::Block, "BLOCK"}}) {
    const std::string fields = render_firewall_fields(action, group, list);
    record.firewall_fields = fields;
    const std::string line = test::line_of(record);
    EXPECT_EQ(line,
              plain.substr(0, plain.size() - 2) +
                  concat(R"(,"firewall_rule_action":")", word, R"(","firewall_rule_group_id":")",
                         group, R"(","firewall_domain_list_id":")", list, "\"}\n"));
    EXPECT_EQ(nlohmann::json::parse(line).at("srcids").size(), 2U);
  }
  record.firewall_fields = {};
  EXPECT_EQ(test::line_of(record), plain);
}

}  // namespace
}  // namespace inlet53::record
