// SPDX-License-Identifier: Apache-2.0
#include "body_room.h"

#include <deque>
#include <string>
#include <string_view>

#include "http2_support.h"
#include "response_reader.h"
#include <gtest/gtest.h>

// Tests that the charge of a body is never less than the memory of its string.

namespace inlet53::http {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr std::string_view kPiece =
    "2710\r\n";  // of 10,000 bytes, which is no multiple of a power of two

std::string chunk() { return std::string(kPiece) + std::string(10'000, 'x') + "\r\n"; }

TEST(BodyRoom, ASetRoomIsExact) {
  for (const size_t size : {size_t{0}, size_t{10}, size_t{1000}, size_t{100'000}}) {
    std::string body(size, 'x');
    set_room(body, size + 500);
    EXPECT_EQ(body.capacity(), size + 500);
    EXPECT_EQ(body, std::string(size, 'x'));
    set_room(body, size);  // it does not shrink
    EXPECT_EQ(body.capacity(), size + 500);
  }
}

TEST(BodyRoom, AmpleRoomIsTwiceThePresentAtMost) {
  std::string body(1000, 'x');
  set_room(body, 1500);
  EXPECT_EQ(ample_room(body, 500, 9000), 1500U);
  EXPECT_EQ(ample_room(body, 501, 9000), 3000U);
  EXPECT_EQ(ample_room(body, 5000, 9000), 6000U);
  EXPECT_EQ(ample_room(body, 501, 2000), 2000U);
  EXPECT_EQ(ample_room(body, 50'000, 9000), 9000U);
}

/// Readers of responses that share the budget of one client, which is too small for all.
struct Readers {
  Readers(int count, std::string_view head, const BodyBudget::Limits& limits) : budget(limits) {
    for (int i = 0; i < count; ++i) {
      readers.emplace_back(ResponseReader::Limits{}, false, account);
      EXPECT_EQ(readers.back().read(as_bytes(head)), ResponseReader::ReadResult::Incomplete);
    }
  }
  ~Readers() {
    readers.clear();
    budget.close(account);
  }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  /// Passes a piece to each reader. Drops refused readers, and returns their number.
  int feed(std::string_view piece) {
    int refused = 0;
    for (auto reader = readers.begin(); reader != readers.end();) {
      const auto result = reader->read(as_bytes(piece));
      EXPECT_TRUE(result == ResponseReader::ReadResult::Incomplete ||
                  result == ResponseReader::ReadResult::NoRoom);
      const bool is_refused = result == ResponseReader::ReadResult::NoRoom;
      if (is_refused) largest_refused = std::max(largest_refused, reader->response().body.size());
      refused += is_refused;
      reader = is_refused ? readers.erase(reader) : std::next(reader);
    }
    return refused;
  }
  [[nodiscard]] uint64_t held() {
    uint64_t bytes = 0;
    for (ResponseReader& reader : readers) bytes += reader.response().body.capacity();
    return bytes;
  }

  BodyBudget budget;
  BodyAccount& account = budget.open(IpAddress());
  std::deque<ResponseReader> readers;
  size_t largest_refused = 0;
};

void expect_charges_cover(std::string_view head, std::string_view piece) {
  constexpr BodyBudget::Limits kTight{.total = 24 * kMiB, .per_client = 12 * kMiB, .wait_ms = 0};
  constexpr int kReaders = 20;
  Readers all(kReaders, head, kTight);
  int refused = 0;
  for (int i = 0; i < 900 && !all.readers.empty(); ++i) {
    refused += all.feed(piece);
    ASSERT_LE(all.held(), all.budget.counts().bytes) << "after piece " << i;
    ASSERT_LE(all.held(), kTight.per_client);
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, kReaders);
}

TEST(BodyRoom, ResponsesInChunksHoldNoMoreThanTheirCharge) {
  expect_charges_cover("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk());
}

TEST(BodyRoom, ResponsesUntilTheEndHoldNoMoreThanTheirCharge) {
  expect_charges_cover("HTTP/1.1 200 OK\r\n\r\n", std::string(10'000, 'x'));
}

// A large body is not copied for each piece: when its capacity cannot double, it is refused.
TEST(BodyRoom, ALargeResponseWhoseRoomCannotDoubleIsRefused) {
  Readers all(4, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
              {.total = 24 * kMiB, .per_client = 12 * kMiB, .wait_ms = 0});
  while (all.feed(chunk()) == 0) ASSERT_LE(all.held(), all.budget.counts().bytes);
  const uint64_t free = 12 * kMiB - all.budget.counts().bytes;
  EXPECT_GE(free, 10'000U);  // the next piece would have fitted
  EXPECT_GE(all.largest_refused, kMiB);
}

//--- Requests

constexpr BodyBudget::Limits kRoomy{.total = 64 * kMiB, .per_client = 30 * kMiB, .wait_ms = 50};

/// Sends pieces and checks the session's memory after each.
void expect_request_covered(TestConnection& connection, const Request& request,
                            const std::function<void()>& send_piece, int pieces) {
  for (int i = 0; i < pieces; ++i) {
    send_piece();
    ASSERT_LE(request.body.capacity(), connection.budget.counts().bytes) << "after piece " << i;
  }
}

TEST(BodyRoom, ARequestInChunksHoldsNoMoreThanItsCharge) {
  TestConnection connection(make_http1_session, {}, kRoomy);
  const Request* request = nullptr;
  connection.answer_head = [&](Request& head) {
    request = &head;
    return BodyUse::Keep;
  };
  connection.arrive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  ASSERT_NE(request, nullptr);
  expect_request_covered(
      connection, *request, [&] { connection.arrive(chunk()); }, 700);
  connection.arrive("0\r\n\r\n");
  ASSERT_EQ(connection.requests.size(), 1U);
  const Request& whole = connection.requests[0].request;
  EXPECT_EQ(whole.body.size(), 7'000'000U);
  EXPECT_EQ(connection.budget.counts().bytes, whole.body.capacity());
}

TEST(BodyRoom, AnHttp2RequestOfUnknownLengthHoldsNoMoreThanItsCharge) {
  TestConnection server(make_http2_session, {}, kRoomy);
  const Request* request = nullptr;
  server.answer_head = [&](Request& head) {
    request = &head;
    return BodyUse::Keep;
  };
  Http2Client client;
  const int32_t id = client.send(post("/"), true, {});
  client.streams[id].stops_short = true;
  client.exchange(server);
  ASSERT_NE(request, nullptr);
  const auto send_piece = [&] {
    client.streams[id].upload += std::string(10'000, 'x');
    nghttp2_session_resume_data(client.session, id);
    client.exchange(server);
  };
  expect_request_covered(server, *request, send_piece, 700);
  client.streams[id].stops_short = false;
  nghttp2_session_resume_data(client.session, id);
  client.exchange(server);
  ASSERT_EQ(server.requests.size(), 1U);
  const Request& whole = server.requests[0].request;
  EXPECT_EQ(whole.body.size(), 7'000'000U);
  EXPECT_EQ(server.budget.counts().bytes, whole.body.capacity());
}

// Its first bytes arrive before the budget has memory for the whole body.
TEST(BodyRoom, AnHttp2RequestThatWaitedHoldsNoMoreThanItsCharge) {
  TestConnection server(make_http2_session, {},
                        {.total = 300'000, .per_client = 100'000, .wait_ms = 50});
  const Request* request = nullptr;
  server.answer_head = [&](Request& head) {
    request = &head;
    return BodyUse::Keep;
  };
  BodyCharge other;
  ASSERT_TRUE(server.budget.try_charge(server.account, 20'000, other));
  Http2Client client;
  const int32_t id =
      client.send(post("/", {{"content-length", "90000"}}), true, std::string(60'000, 'x'));
  client.streams[id].stops_short = true;
  client.exchange(server);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->body.size(), 60'000U);
  EXPECT_LE(request->body.capacity() + 20'000, server.budget.counts().bytes);
  other.release();
  server.budget.grant();
  EXPECT_EQ(server.budget.counts().bytes, 90'000U);
  EXPECT_EQ(request->body.capacity(), 90'000U);
}

}  // namespace
}  // namespace inlet53::http
