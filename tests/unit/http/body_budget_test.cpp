// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/body_budget.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "body_room.h"
#include "http2_support.h"
#include "response_reader.h"
#include <gtest/gtest.h>

// Tests that the charge of a body is never less than the memory of its string.

namespace inlet53::http {

namespace {

IpAddress client(uint8_t number) {
  const uint8_t bytes[] = {10, 0, 0, number};
  return IpAddress::from_bytes(bytes);
}

/// Body that records its calls.
struct Body final : BodyWaiter {
  void room_granted(BodyCharge&& more) override {
    charge.add(std::move(more));
    granted = true;
  }
  void room_denied() override { denied = true; }

  BodyCharge charge;
  BodyWait wait;
  bool granted = false;
  bool denied = false;
};

struct BodyBudgetTest : testing::Test {
  ~BodyBudgetTest() override {
    for (BodyAccount* const account : accounts) budget->close(*account);
  }
  void make(const BodyBudget::Limits& limits) {
    budget.emplace(limits);
    budget->set_wake([this] { ++wakes; });
  }
  BodyAccount& open(uint8_t number) {
    accounts.push_back(&budget->open(client(number)));
    return *accounts.back();
  }
  bool charge_or_wait(BodyAccount& account, uint64_t bytes, Body& body, uint64_t now = 0) {
    return budget->charge_or_wait(account, bytes, body.charge, body, body.wait, now);
  }

  std::optional<BodyBudget> budget;
  std::vector<BodyAccount*> accounts;
  int wakes = 0;
};

TEST_F(BodyBudgetTest, ChargesAndReleases) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  BodyCharge charge;
  EXPECT_TRUE(budget->try_charge(one, 0, charge));
  EXPECT_EQ(charge.bytes(), 0U);
  EXPECT_TRUE(budget->try_charge(one, 300, charge));
  EXPECT_TRUE(budget->try_charge(one, 100, charge));
  EXPECT_FALSE(budget->try_charge(one, 1, charge));
  EXPECT_EQ(charge.bytes(), 400U);
  EXPECT_EQ(budget->counts().bytes, 400U);
  charge.shrink_to(150);
  EXPECT_EQ(budget->counts().bytes, 150U);
  BodyCharge moved = std::move(charge);
  EXPECT_EQ(charge.bytes(), 0U);  // NOLINT: the moved-from state is defined
  const BodyCharge copy = moved;  // a copy holds nothing
  EXPECT_EQ(copy.bytes(), 0U);
  EXPECT_EQ(budget->counts().bytes, 150U);
  moved.release();
  EXPECT_EQ(budget->counts().bytes, 0U);
}

TEST_F(BodyBudgetTest, OneClientHasOneAccount) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  EXPECT_EQ(&open(1), &one);
  EXPECT_NE(&open(2), &one);
}

TEST_F(BodyBudgetTest, AChargeOutlivesItsConnections) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyCharge charge;
  {
    BodyAccount& gone = budget->open(client(1));
    ASSERT_TRUE(budget->try_charge(gone, 300, charge));
    budget->close(gone);
  }
  BodyCharge more;
  EXPECT_FALSE(budget->try_charge(open(1), 200, more));  // the same client requests more
  charge.release();
  EXPECT_TRUE(budget->try_charge(*accounts[0], 200, more));
}

TEST_F(BodyBudgetTest, ClientsThatTakeAllTheyGetLeaveRoomForOthers) {
  make({.total = 1 << 20, .per_client = 1 << 20, .wait_ms = 10});
  std::vector<BodyCharge> charges(10);
  for (uint8_t greedy = 0; greedy < 8; ++greedy) {
    BodyAccount& account = open(greedy);
    while (budget->try_charge(account, 64, charges[greedy])) {
    }
    EXPECT_GT(charges[greedy].bytes(), 0U);
  }
  // Half for the first, a quarter for the second, …
  EXPECT_LE(charges[0].bytes(), uint64_t{1} << 19);
  EXPECT_GE(charges[0].bytes(), (uint64_t{1} << 19) - 64);
  EXPECT_TRUE(budget->try_charge(open(100), 1000, charges[8]));
}

TEST_F(BodyBudgetTest, ABodyThatDoesNotFitWaits) {
  constexpr uint64_t kMany = 2000;
  make({.total = 1000 * kMany, .per_client = 400 * kMany, .wait_ms = 10});
  BodyAccount& one = open(1);
  Body first;
  Body second;
  Body third;
  ASSERT_TRUE(charge_or_wait(one, 300 * kMany, first));
  EXPECT_FALSE(charge_or_wait(one, 200 * kMany, second));
  // It would fit, but another body is first.
  EXPECT_FALSE(charge_or_wait(one, 50 * kMany, third));
  EXPECT_EQ(budget->counts().waited, 2U);
  budget->grant();
  EXPECT_FALSE(second.granted);
  const int before = wakes;
  first.charge.release();
  EXPECT_EQ(wakes, before + 1);
  EXPECT_FALSE(second.granted);  // not within the release
  budget->grant();
  EXPECT_TRUE(second.granted);
  EXPECT_TRUE(third.granted);
  EXPECT_EQ(budget->counts().bytes, 250 * kMany);
  EXPECT_FALSE(budget->has_waiters());
}

TEST_F(BodyBudgetTest, ASmallBodyDoesNotWaitBehindALargeOne) {
  constexpr uint64_t kSmall = BodyBudget::kSmallBody;
  make({.total = 100 * kSmall, .per_client = 10 * kSmall, .wait_ms = 10});
  BodyAccount& one = open(1);
  Body holds;
  Body large;
  Body small;
  Body larger_than_small;
  Body does_not_fit;
  ASSERT_TRUE(charge_or_wait(one, 8 * kSmall, holds));
  EXPECT_FALSE(charge_or_wait(one, 9 * kSmall, large));
  EXPECT_FALSE(charge_or_wait(one, kSmall + 1, larger_than_small));
  EXPECT_TRUE(charge_or_wait(one, kSmall, small));
  EXPECT_TRUE(charge_or_wait(one, kSmall - 10, small));
  EXPECT_FALSE(charge_or_wait(one, 11, does_not_fit));
  small.charge.release();
  holds.charge.release();
  budget->grant();
  EXPECT_TRUE(large.granted);
}

TEST_F(BodyBudgetTest, AClientThatWaitsForItsShareDelaysNoOther) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyCharge held;
  ASSERT_TRUE(budget->try_charge(open(1), 400, held));
  std::vector<Body> waiting(3);
  for (Body& body : waiting) EXPECT_FALSE(charge_or_wait(*accounts[0], 100, body));
  Body other;
  EXPECT_TRUE(charge_or_wait(open(2), 200, other));
}

TEST_F(BodyBudgetTest, ABodyThatWaitedTooLongIsDenied) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  Body holds;
  Body early;
  Body late;
  ASSERT_TRUE(charge_or_wait(one, 400, holds));
  EXPECT_FALSE(charge_or_wait(one, 100, early, 100));
  EXPECT_FALSE(charge_or_wait(one, 100, late, 105));
  budget->deny_overdue(109);
  EXPECT_FALSE(early.denied);
  budget->deny_overdue(110);
  EXPECT_TRUE(early.denied);
  EXPECT_FALSE(late.denied);
  budget->deny_overdue(115);
  EXPECT_TRUE(late.denied);
  EXPECT_EQ(budget->counts().denied, 2U);
  EXPECT_FALSE(budget->has_waiters());
}

TEST_F(BodyBudgetTest, ADestroyedWaitGetsNothing) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  Body holds;
  ASSERT_TRUE(charge_or_wait(one, 400, holds));
  {
    Body gone;
    EXPECT_FALSE(charge_or_wait(one, 100, gone));
    EXPECT_TRUE(budget->has_waiters());
  }
  EXPECT_FALSE(budget->has_waiters());
  holds.charge.release();
  budget->grant();
  EXPECT_EQ(budget->counts().bytes, 0U);
}

TEST_F(BodyBudgetTest, GrantsManyInSeveralTurns) {
  make({.total = 100000, .per_client = 50000, .wait_ms = 10});
  BodyCharge held;
  ASSERT_TRUE(budget->try_charge(open(1), 50000, held));
  std::vector<Body> bodies(500);
  for (Body& body : bodies) ASSERT_FALSE(charge_or_wait(*accounts[0], 1, body));
  held.release();
  int turns = 0;
  for (int before = -1; before != wakes && turns < 100; ++turns) {
    before = wakes;
    budget->grant();
  }
  for (const Body& body : bodies) EXPECT_TRUE(body.granted);
  EXPECT_GT(turns, 2);
}

TEST_F(BodyBudgetTest, MemoryWithABoundOfItsOwnIsChargedAnyway) {
  make({.total = 1000, .per_client = 400, .wait_ms = 10});
  BodyAccount& one = open(1);
  BodyCharge unsent;
  budget->set_charge(one, 5000, unsent);
  EXPECT_EQ(budget->counts().bytes, 5000U);
  BodyCharge charge;
  EXPECT_FALSE(budget->try_charge(open(2), 1, charge));
  budget->set_charge(one, 0, unsent);
  EXPECT_TRUE(budget->try_charge(*accounts[1], 1, charge));
}

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
TEST(BodyRoom, RefusesALargeResponseThatCannotDouble) {
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
