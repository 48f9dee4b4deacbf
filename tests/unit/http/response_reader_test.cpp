// SPDX-License-Identifier: Apache-2.0
#include "response_reader.h"

#include <gtest/gtest.h>

namespace inlet53::http {
namespace {

using ReadResult = ResponseReader::ReadResult;
using namespace std::string_view_literals;

struct Case {
  std::string_view octets;
  ReadResult result;  // Complete at the stream's end when `ends` is set
  uint16_t status = 0;
  std::string_view body = {};
  bool may_reuse = false;
  bool to_head = false;
  bool ends = false;
};

constexpr Case kCases[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", ReadResult::Complete, 200, "hello", true},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ReadResult::Complete, 200, "", true},
    {"HTTP/1.1 200 \r\nContent-Length: 1\r\nConnection: close\r\n\r\na", ReadResult::Complete, 200,
     "a"},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", ReadResult::Complete, 200, "a"},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\na",
     ReadResult::Complete, 200, "a", true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nT: x\r\n\r\n",
     ReadResult::Complete, 200, "ab", true},
    {"HTTP/1.1 200 OK\r\n\r\nuntil the end", ReadResult::Complete, 200, "until the end", false,
     false, true},
    {"HTTP/1.1 200 OK\r\n\r\n", ReadResult::Complete, 200, "", false, false, true},
    {"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", ReadResult::Complete, 204, "", true},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n", ReadResult::Complete, 304, "",
     true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", ReadResult::Complete, 200, "", true, true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ReadResult::Complete, 200, "", true,
     true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
     ReadResult::Complete, 200, "a", true},
    {"HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", ReadResult::Complete, 599, "", true},
    // Ends too early.
    {"", ReadResult::Malformed, 0, "", false, false, true},
    {"HTTP/1.1 200 OK\r\nContent-", ReadResult::Malformed, 0, "", false, false, true},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", ReadResult::Malformed, 0, "", false, false,
     true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", ReadResult::Malformed,
     0, "", false, false, true},
    {"HTTP/1.1 100 Continue\r\n\r\n", ReadResult::Malformed, 0, "", false, false, true},
    // Not a response.
    {"HTTP/2.0 200 OK\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.2 200 OK\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1  200 OK\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 20 OK\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 2000 OK\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 099 Odd\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 600 Odd\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 200OK\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 101 Switching Protocols\r\n\r\n", ReadResult::Malformed},
    {"ICY 200 OK\r\n\r\n", ReadResult::Malformed},
    {"hello\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", ReadResult::Malformed},
    {"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 0\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"sv, ReadResult::Malformed},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", ReadResult::Malformed},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     ReadResult::Malformed},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", ReadResult::Malformed},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello", ReadResult::Malformed},
    // Too large.
    {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", ReadResult::TooLarge},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", ReadResult::TooLarge},
};

constexpr ResponseReader::Limits kLimits{.max_head = 200, .max_fields = 10, .max_body = 100};

/// A budget, and an account that is open as long as it exists.
struct Memory {
  explicit Memory(const BodyBudget::Limits& limits = {}) : budget(limits) {}
  ~Memory() { budget.close(account); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  BodyBudget budget;
  BodyAccount& account = budget.open(IpAddress());
};

void expect_read(const Case& one, size_t cut) {
  Memory memory;
  ResponseReader reader(kLimits, one.to_head, memory.account);
  ReadResult result = ReadResult::Incomplete;
  for (const auto part : {one.octets.substr(0, cut), one.octets.substr(cut)}) {
    if (result == ReadResult::Incomplete) result = reader.read(as_bytes(part));
  }
  if (one.ends) {
    ASSERT_EQ(result, ReadResult::Incomplete) << one.octets;
    result = reader.end_of_stream();
  }
  EXPECT_EQ(result, one.result) << one.octets;
  if (result != ReadResult::Complete) return;
  EXPECT_EQ(reader.response().status, one.status);
  EXPECT_EQ(reader.response().body, one.body);
  EXPECT_EQ(reader.may_reuse(), one.may_reuse) << one.octets;
}

TEST(ResponseReader, ReadsTheSameInAnySegmentation) {
  for (const Case& one : kCases) {
    for (size_t cut = 0; cut <= one.octets.size(); ++cut) expect_read(one, cut);
  }
}

TEST(ResponseReader, LeavesOutTheFieldsThatAreTheConnections) {
  Memory memory;
  ResponseReader reader(kLimits, false, memory.account);
  EXPECT_EQ(reader.read(as_bytes("HTTP/1.1 200 OK\r\nA: 1\r\nConnection: keep-alive\r\n"
                                 "Keep-Alive: x\r\na:  2 \r\nContent-Length: 0\r\n\r\n")),
            ReadResult::Complete);
  EXPECT_EQ(
      reader.response().fields,
      (Fields{{"A", "1"}, {"Connection", "keep-alive"}, {"a", "2"}, {"Content-Length", "0"}}));
}

TEST(ResponseReader, BytesAfterAResponseEndTheReuse) {
  Memory memory;
  ResponseReader reader(kLimits, false, memory.account);
  EXPECT_EQ(
      reader.read(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\n")),
      ReadResult::Complete);
  EXPECT_EQ(reader.response().body, "a");
  EXPECT_FALSE(reader.may_reuse());
}

TEST(ResponseReader, RefusesAnEndlessResponse) {
  Memory memory;
  ResponseReader head(kLimits, false, memory.account);
  EXPECT_EQ(head.read(as_bytes("HTTP/1.1 200 OK\r\n" + std::string(200, 'x'))),
            ReadResult::TooLarge);

  ResponseReader body(kLimits, false, memory.account);
  EXPECT_EQ(body.read(as_bytes("HTTP/1.1 200 OK\r\n\r\n" + std::string(100, 'x'))),
            ReadResult::Incomplete);
  EXPECT_EQ(body.read(as_bytes("x")), ReadResult::TooLarge);

  ResponseReader fields(kLimits, false, memory.account);
  std::string lines = "HTTP/1.1 200 OK\r\n";
  for (uint32_t i = 0; i <= kLimits.max_fields; ++i) lines += "a:\r\n";
  EXPECT_EQ(fields.read(as_bytes(lines)), ReadResult::TooLarge);

  ResponseReader interim(kLimits, false, memory.account);
  std::string many;
  for (uint32_t i = 0; i <= ResponseReader::kMaxInterim; ++i) many += "HTTP/1.1 100 C\r\n\r\n";
  EXPECT_EQ(interim.read(as_bytes(many)), ReadResult::Malformed);
}

//--- The budget

constexpr uint64_t kSmall = BodyBudget::kSmallResponse;
constexpr ResponseReader::Limits kLarge{};

TEST(ResponseReader, ABodyOfKnownLengthHasAllItsRoomBeforeItComes) {
  Memory memory;
  ResponseReader reader(kLarge, false, memory.account);
  EXPECT_EQ(reader.read(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")),
            ReadResult::Incomplete);
  const uint64_t charged = memory.budget.counts().bytes;
  EXPECT_GE(charged, 1'000'000U);
  EXPECT_LE(charged, 1'000'000U + 200);
  EXPECT_EQ(reader.read(as_bytes(std::string(1'000'000, 'x'))), ReadResult::Complete);
  EXPECT_EQ(memory.budget.counts().bytes, charged);
  {
    const Response taken = std::move(reader.response());
    EXPECT_EQ(taken.charge.bytes(), charged);
  }
  EXPECT_EQ(memory.budget.counts().bytes, 0U);
}

TEST(ResponseReader, ABodyOfUnknownLengthIsChargedAsItGrows) {
  const std::string chunk = "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  for (const bool chunked : {true, false}) {
    Memory memory;
    ResponseReader reader(kLarge, false, memory.account);
    EXPECT_EQ(reader.read(as_bytes(chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                           : "HTTP/1.1 200 OK\r\n\r\n")),
              ReadResult::Incomplete);
    for (int i = 0; i < 300; ++i) {
      ASSERT_EQ(reader.read(as_bytes(chunk)), ReadResult::Incomplete);
      const std::string& body = reader.response().body;
      ASSERT_GE(memory.budget.counts().bytes, body.capacity());
      ASSERT_LE(memory.budget.counts().bytes, 2 * (body.size() + chunk.size()) + 200);
    }
  }
}

TEST(ResponseReader, AHeadIsChargedToo) {
  Memory memory;
  ResponseReader reader(kLarge, false, memory.account);
  EXPECT_EQ(reader.read(as_bytes("HTTP/1.1 200 OK\r\nX: " + std::string(50'000, 'x'))),
            ReadResult::Incomplete);
  EXPECT_GE(memory.budget.counts().bytes, 50'000U);
  EXPECT_EQ(reader.read(as_bytes("\r\nContent-Length: 0\r\n\r\n")), ReadResult::Complete);
  EXPECT_GE(memory.budget.counts().bytes, 50'000U);
}

TEST(ResponseReader, RefusesAResponseThatDoesNotFitUnlessItIsSmall) {
  struct Sent {
    std::string head;
    uint64_t body;
    ReadResult result;
  };
  const std::string sized = "HTTP/1.1 200 OK\r\nContent-Length: ";
  const Sent cases[] = {
      {sized + "16000\r\n\r\n", 16'000, ReadResult::Complete},
      {sized + "20000\r\n\r\n", 0, ReadResult::NoRoom},
      {"HTTP/1.1 200 OK\r\n\r\n", 16'000, ReadResult::Incomplete},
      {"HTTP/1.1 200 OK\r\n\r\n", 20'000, ReadResult::NoRoom},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n", 20'000, ReadResult::NoRoom},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'), 0, ReadResult::NoRoom},
  };
  for (const Sent& one : cases) {
    Memory memory({.total = kSmall, .per_client = kSmall, .wait_ms = 0});
    ResponseReader reader(kLarge, false, memory.account);
    const std::string octets = one.head + std::string(one.body, 'x');
    EXPECT_EQ(reader.read(as_bytes(octets)), one.result) << one.head.substr(0, 60);
    EXPECT_EQ(memory.budget.counts().refused, one.result == ReadResult::NoRoom ? 1U : 0U);
  }
}

// A body that could double its capacity only beyond the budget still gets the bytes that it needs.
TEST(ResponseReader, ABodyOfUnknownLengthGetsTheLastRoomThereIs) {
  Memory memory({.total = 200'000, .per_client = 100'000, .wait_ms = 0});
  ResponseReader reader(kLarge, false, memory.account);
  std::string octets = "HTTP/1.1 200 OK\r\n\r\n";
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(reader.read(as_bytes(octets)), ReadResult::Incomplete) << i;
    octets = std::string(10'000, 'x');
  }
  EXPECT_EQ(memory.budget.counts().refused, 0U);
}

}  // namespace
}  // namespace inlet53::http
