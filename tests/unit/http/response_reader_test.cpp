#include "response_reader.h"

#include <gtest/gtest.h>

namespace inlet53::http {
namespace {

using Finding = ResponseReader::Finding;
using namespace std::string_view_literals;

struct Case {
  std::string_view octets;
  Finding finding;  // Complete at the stream's end where `ends` is set
  uint16_t status = 0;
  std::string_view body = {};
  bool may_reuse = false;
  bool to_head = false;
  bool ends = false;
};

constexpr Case kCases[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Finding::Complete, 200, "hello", true},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", Finding::Complete, 200, "", true},
    {"HTTP/1.1 200 \r\nContent-Length: 1\r\nConnection: close\r\n\r\na", Finding::Complete, 200,
     "a"},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", Finding::Complete, 200, "a"},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na", Finding::Complete,
     200, "a", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nT: x\r\n\r\n",
     Finding::Complete, 200, "ab", true},
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end", Finding::Complete, 200, "until the end", false, false,
     true},
    {"HTTP/1.1 200 OK\r\n\r\n", Finding::Complete, 200, "", false, false, true},
    {"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", Finding::Complete, 204, "", true},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", Finding::Complete, 304, "", true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", Finding::Complete, 200, "", true, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Finding::Complete, 200, "", true,
     true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
     Finding::Complete, 200, "a", true},
    {"HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", Finding::Complete, 599, "", true},
    // Ends too early.
    {"", Finding::Malformed, 0, "", false, false, true},
    {"HTTP/1.1 200 OK\r\nContent-", Finding::Malformed, 0, "", false, false, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", Finding::Malformed, 0, "", false, false,
     true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Finding::Malformed, 0,
     "", false, false, true},
    {"HTTP/1.1 100 Continue\r\n\r\n", Finding::Malformed, 0, "", false, false, true},
    // Nothing that we would take for a response.
    {"HTTP/2.0 200 OK\r\n\r\n", Finding::Malformed},
    {"HTTP/1.2 200 OK\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1  200 OK\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 20 OK\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 2000 OK\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 099 Odd\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 600 Odd\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 200OK\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n", Finding::Malformed},
    {"ICY 200 OK\r\n\r\n", Finding::Malformed},
    {"hello\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", Finding::Malformed},
    {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 0\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"sv, Finding::Malformed},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", Finding::Malformed},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     Finding::Malformed},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", Finding::Malformed},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Finding::Malformed},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello", Finding::Malformed},
    // Too large.
    {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", Finding::TooLarge},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", Finding::TooLarge},
};

constexpr ResponseReader::Limits kLimits{.max_head = 200, .max_body = 100};

void expect_read(const Case& one, size_t cut) {
  ResponseReader reader(kLimits, one.to_head);
  Finding finding = Finding::Incomplete;
  for (const auto part : {one.octets.substr(0, cut), one.octets.substr(cut)}) {
    if (finding == Finding::Incomplete) finding = reader.read(as_bytes(part));
  }
  if (one.ends) {
    ASSERT_EQ(finding, Finding::Incomplete) << one.octets;
    finding = reader.end_of_stream();
  }
  EXPECT_EQ(finding, one.finding) << one.octets;
  if (finding != Finding::Complete) return;
  EXPECT_EQ(reader.response().status, one.status);
  EXPECT_EQ(reader.response().body, one.body);
  EXPECT_EQ(reader.may_reuse(), one.may_reuse) << one.octets;
}

TEST(ResponseReader, ReadsTheSameHoweverTheOctetsAreCut) {
  for (const Case& one : kCases) {
    for (size_t cut = 0; cut <= one.octets.size(); ++cut) expect_read(one, cut);
  }
}

TEST(ResponseReader, LeavesOutTheFieldsThatAreTheConnections) {
  ResponseReader reader(kLimits, false);
  EXPECT_EQ(reader.read(as_bytes("HTTP/1.1 200 OK\r\nA: 1\r\nConnection: keep-alive\r\n"
                                 "Keep-Alive: x\r\na:  2 \r\nContent-Length: 0\r\n\r\n")),
            Finding::Complete);
  EXPECT_EQ(
      reader.response().fields,
      (Fields{{"A", "1"}, {"Connection", "keep-alive"}, {"a", "2"}, {"Content-Length", "0"}}));
}

TEST(ResponseReader, OctetsBehindAResponseSpoilTheConnection) {
  ResponseReader reader(kLimits, false);
  EXPECT_EQ(
      reader.read(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n")),
      Finding::Complete);
  EXPECT_EQ(reader.response().body, "a");
  EXPECT_FALSE(reader.may_reuse());
}

TEST(ResponseReader, WhatHasNoEndIsRefused) {
  ResponseReader head(kLimits, false);
  EXPECT_EQ(head.read(as_bytes("HTTP/1.1 200 OK\r\n" + std::string(200, 'x'))), Finding::TooLarge);

  ResponseReader body(kLimits, false);
  EXPECT_EQ(body.read(as_bytes("HTTP/1.1 200 OK\r\n\r\n" + std::string(100, 'x'))),
            Finding::Incomplete);
  EXPECT_EQ(body.read(as_bytes("x")), Finding::TooLarge);

  ResponseReader interim(kLimits, false);
  std::string many;
  for (uint32_t i = 0; i <= ResponseReader::kMaxInterim; ++i) many += "HTTP/1.1 100 C\r\n\r\n";
  EXPECT_EQ(interim.read(as_bytes(many)), Finding::Malformed);
}

}  // namespace
}  // namespace inlet53::http
