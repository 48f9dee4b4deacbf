// SPDX-License-Identifier: Apache-2.0
#include "http1_parser.h"

#include <gtest/gtest.h>

namespace inlet53::http {
namespace {

using ReadResult = ChunkedReader::ReadResult;

struct Reading {
  ReadResult result = ReadResult::Incomplete;
  std::string body;
  size_t consumed = 0;
};

// Reads `text` in pieces of `size` bytes.
Reading read(std::string_view text, size_t size, uint64_t max_body = 1000) {
  ChunkedReader reader;
  Reading reading;
  while (reading.consumed < text.size() && reading.result == ReadResult::Incomplete) {
    size_t consumed = 0;
    reading.result = reader.read(as_bytes(text.substr(reading.consumed, size)), max_body,
                                 reading.body, consumed);
    reading.consumed += consumed;
  }
  return reading;
}

struct Case {
  std::string_view text;
  ReadResult result;
  std::string_view body = {};
};

TEST(ChunkedReader, ReadsBodiesHoweverTheyAreCut) {
  using namespace std::string_view_literals;
  const Case cases[] = {
      {"0\r\n\r\n", ReadResult::Complete},
      {"5\r\nhello\r\n0\r\n\r\n", ReadResult::Complete, "hello"},
      {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", ReadResult::Complete, "hello world"},
      {"00000005\r\nhello\r\n000\r\n\r\n", ReadResult::Complete, "hello"},
      {"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", ReadResult::Complete,
       "01234567890123456789"},
      {"2;a=b;c=\"d;\\\" e\"\r\n\r\n\r\n0;last\r\n\r\n", ReadResult::Complete, "\r\n"},
      {"0\r\nA: b\r\nContent-Length: 7\r\n\r\n", ReadResult::Complete},
      {"0\r\nA:\r\n\r\n", ReadResult::Complete},
      {"5\r\nhel", ReadResult::Incomplete, "hel"},
      {"5", ReadResult::Incomplete},
      {"0\r\nA: b\r\n", ReadResult::Incomplete},
      {"\r\n0\r\n\r\n", ReadResult::Malformed},
      {"g\r\n", ReadResult::Malformed},
      {"-1\r\n", ReadResult::Malformed},
      {"+1\r\na\r\n0\r\n\r\n", ReadResult::Malformed},
      {"0x5\r\nhello\r\n0\r\n\r\n", ReadResult::Malformed},
      {" 5\r\nhello\r\n0\r\n\r\n", ReadResult::Malformed},
      {"5 \r\nhello\r\n0\r\n\r\n", ReadResult::Malformed},
      {"5 ;a\r\nhello\r\n0\r\n\r\n", ReadResult::Malformed},
      {"5\t\r\nhello\r\n0\r\n\r\n", ReadResult::Malformed},
      {"5\nhello\r\n0\r\n\r\n", ReadResult::Malformed},
      {"5\rhello\r\n0\r\n\r\n", ReadResult::Malformed},
      {"5;a\nhello\r\n0\r\n\r\n", ReadResult::Malformed},
      {"5;a\0\r\nhello\r\n0\r\n\r\n"sv, ReadResult::Malformed},
      {"5\r\nhelloX\r\n0\r\n\r\n", ReadResult::Malformed, "hello"},
      {"5\r\nhello\n0\r\n\r\n", ReadResult::Malformed, "hello"},
      {"5\r\nhello0\r\n\r\n", ReadResult::Malformed, "hello"},
      {"00000000000000005\r\nhello\r\n0\r\n\r\n", ReadResult::Malformed},
      {"0\r\n A: b\r\n\r\n", ReadResult::Malformed},
      {"0\r\nA: b\r\n c\r\n\r\n", ReadResult::Malformed},
      {"0\r\nA: b\n\r\n", ReadResult::Malformed},
      {"0\r\nA : b\r\n\r\n", ReadResult::Malformed},
      {"0\r\nA\r\n\r\n", ReadResult::Malformed},
      {"0\r\n: b\r\n\r\n", ReadResult::Malformed},
      {"0\r\nGET / HTTP/1.1\r\n\r\n", ReadResult::Malformed},
      {"0\r\n\n", ReadResult::Malformed},
      {"3e9\r\n", ReadResult::TooLarge},
      {"fffffffffffffff0\r\n", ReadResult::TooLarge},
      {"ffffffffffffffff\r\n", ReadResult::TooLarge},
  };
  for (const Case& one : cases) {
    for (const size_t size : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, one.text.size()}) {
      const Reading reading = read(one.text, size);
      EXPECT_EQ(reading.result, one.result) << one.text;
      EXPECT_EQ(reading.body, one.body) << one.text;
      if (one.result == ReadResult::Complete) {
        EXPECT_EQ(reading.consumed, one.text.size());
      }
    }
  }
}

TEST(ChunkedReader, LeavesBytesAfterTheBody) {
  const Reading reading = read("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n", 1000);
  EXPECT_EQ(reading.result, ReadResult::Complete);
  EXPECT_EQ(reading.consumed, 11U);
}

TEST(ChunkedReader, CountsTheBodyOverAllItsChunks) {
  EXPECT_EQ(read("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n", 100, 10).result, ReadResult::Complete);
  const Reading over = read("5\r\nhello\r\n6\r\nhello!\r\n0\r\n\r\n", 100, 10);
  EXPECT_EQ(over.result, ReadResult::TooLarge);
  EXPECT_EQ(over.body, "hello");
}

TEST(ChunkedReader, ExtensionsAndTrailersHaveAnEnd) {
  std::string extensions;
  for (int i = 0; i < 1000; ++i) extensions += "1;" + std::string(20, 'x') + "\r\na\r\n";
  EXPECT_EQ(read(extensions, 100, 10000).result, ReadResult::Malformed);
  EXPECT_EQ(
      read("0\r\nA: " + std::string(ChunkedReader::kMaxOverhead, 'x') + "\r\n\r\n", 100).result,
      ReadResult::Malformed);
}

}  // namespace
}  // namespace inlet53::http
