// SPDX-License-Identifier: Apache-2.0
#include "session_support.h"

namespace inlet53::http {
namespace {

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n";

std::string response_to(std::string_view body,
                        std::string_view connection = "Connection: keep-alive\r\n") {
  return concat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n", connection, "\r\n",
                body);
}

struct Exchange {
  std::string_view octets;
  std::string sent;
  std::vector<Request> requests;
  bool finished = false;
};

Request request(std::string method, std::string target, std::string authority, Version version,
                Fields fields, std::string body = {}) {
  return {std::move(method), std::move(target), std::move(authority),
          version,           std::move(fields), std::move(body)};
}

void expect_same(const Request& actual, const Request& expected) {
  EXPECT_EQ(actual.method, expected.method);
  EXPECT_EQ(actual.target, expected.target);
  EXPECT_EQ(actual.authority, expected.authority);
  EXPECT_EQ(actual.version, expected.version);
  EXPECT_EQ(actual.body, expected.body);
  ASSERT_EQ(actual.fields.size(), expected.fields.size());
  for (size_t i = 0; i < expected.fields.size(); ++i) {
    EXPECT_EQ(actual.fields[i].name, expected.fields[i].name);
    EXPECT_EQ(actual.fields[i].value, expected.fields[i].value);
  }
}

std::vector<Exchange> make_exchanges() {
  const Field host{"Host", "a"};
  return {
      {"GET /a%20b?c=d HTTP/1.1\r\nHost: a\r\nX-Y:  two  words \t\r\nEmpty:\r\nEmpty2: \r\n\r\n",
       response_to("/a%20b?c=d"),
       {request("GET", "/a%20b?c=d", "a", Version::Http11,
                {host, {"X-Y", "two  words"}, {"Empty", ""}, {"Empty2", ""}})}},
      {"\r\nGET / HTTP/1.1\r\nhOST:a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: b:8443\r\n\r\n",
       response_to("/") + response_to("/2"),
       {request("GET", "/", "a", Version::Http11, {{"hOST", "a"}}),
        request("GET", "/2", "b:8443", Version::Http11, {{"Host", "b:8443"}})}},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /n HTTP/1.1\r\nHost: "
       "a\r\n\r\n",
       response_to("/") + response_to("/n"),
       {request("POST", "/", "a", Version::Http11, {host, {"Content-Length", "5"}}, "hello"),
        request("GET", "/n", "a", Version::Http11, {host})}},
      {"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
       "Chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n"
       "Trailer: t\r\n\r\nGET /n HTTP/1.1\r\nHost: a\r\n\r\n",
       response_to("/") + response_to("/n"),
       {request("PUT", "/", "a", Version::Http11, {host, {"Transfer-Encoding", "Chunked"}},
                "hello"),
        request("GET", "/n", "a", Version::Http11, {host})}},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\nGET /no HTTP/1.1\r\nHost: "
       "a\r\n\r\n",
       response_to("/", "Connection: close\r\n"),
       {request("GET", "/", "a", Version::Http11, {host, {"Connection", "x, close"}})},
       true},
      {"GET / HTTP/1.0\r\n\r\nGET /no HTTP/1.0\r\n\r\n",
       response_to("/", "Connection: close\r\n"),
       {request("GET", "/", "", Version::Http10, {})},
       true},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: a\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
       response_to("/") + response_to("/2", "Connection: close\r\n"),
       {request("GET", "/", "a", Version::Http10, {{"Connection", "Keep-Alive"}, host}),
        request("GET", "/2", "", Version::Http10, {})},
       true},
      {"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab",
       response_to("/", "Connection: close\r\n"),
       {request("POST", "/", "", Version::Http10, {{"Content-Length", "2"}}, "ab")},
       true},
      {"HEAD /long HTTP/1.1\r\nHost: a\r\n\r\n",
       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
       {request("HEAD", "/long", "a", Version::Http11, {host})}},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
       response_to("*"),
       {request("OPTIONS", "*", "a", Version::Http11, {host})}},
      {"GET http://b:8080/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
       response_to("/p?q"),
       {request("GET", "/p?q", "b:8080", Version::Http11, {{"Host", "b:8080"}})}},
      {"GET HTTPS://b?q=http://c HTTP/1.1\r\nHost: a\r\n\r\nOPTIONS http://b HTTP/1.1\r\nHost: "
       "b\r\n\r\n",
       response_to("/?q=http://c") + response_to("*"),
       {request("GET", "/?q=http://c", "b", Version::Http11, {{"Host", "b"}}),
        request("OPTIONS", "*", "b", Version::Http11, {{"Host", "b"}})}},
      {"GET / HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\nGET /e HTTP/1.1\r\nHost:\r\n\r\n",
       response_to("/") + response_to("/e"),
       {request("GET", "/", "[2001:db8::1]:443", Version::Http11, {{"Host", "[2001:db8::1]:443"}}),
        request("GET", "/e", "", Version::Http11, {{"Host", ""}})}},
      // Offers of other protocols are ignored.
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
       "GET /n HTTP/1.1\r\nHost: a\r\n\r\n",
       response_to("/") + response_to("/n"),
       {request("GET", "/", "a", Version::Http11,
                {host, {"Connection", "Upgrade"}, {"Upgrade", "websocket"}}),
        request("GET", "/n", "a", Version::Http11, {host})}},
  };
}

void expect_exchange(const Exchange& exchange, const TestConnection& connection) {
  SCOPED_TRACE(exchange.octets);
  EXPECT_EQ(connection.sent, exchange.sent);
  ASSERT_EQ(connection.requests.size(), exchange.requests.size());
  for (size_t i = 0; i < exchange.requests.size(); ++i) {
    expect_same(connection.requests[i].request, exchange.requests[i]);
    EXPECT_EQ(connection.requests[i].stream, i + 1);
  }
  EXPECT_TRUE(connection.refusals.empty());
  EXPECT_EQ(connection.session->finished(), exchange.finished);
  EXPECT_EQ(connection.session->phase(), SessionPhase::Idle);
}

TEST(Http1Session, GivesTheSameInAnySegmentation) {
  for (const Exchange& exchange : make_exchanges()) {
    for (size_t cut = 0; cut < exchange.octets.size(); ++cut) {
      TestConnection connection(make_http1_session);
      connection.arrive(exchange.octets.substr(0, cut));
      connection.arrive(exchange.octets.substr(cut));
      expect_exchange(exchange, connection);
    }
    TestConnection connection(make_http1_session);
    connection.trickle(exchange.octets);
    expect_exchange(exchange, connection);
  }
}

TEST(Http1Session, AnswersPipelinedRequestsOneAfterTheOther) {
  TestConnection connection(make_http1_session);
  connection.answers = false;
  const std::string octets = std::string(kGet) + "GET /b HTTP/1.1\r\nHost: b\r\n\r\n";
  EXPECT_EQ(connection.session->received(as_bytes(octets)), kGet.size());
  EXPECT_TRUE(connection.session->paused());
  EXPECT_EQ(connection.session->phase(), SessionPhase::Responding);
  const Bytes rest = as_bytes(octets).subspan(kGet.size());
  EXPECT_EQ(connection.session->received(rest), 0U);
  connection.session->respond(7, {});
  EXPECT_TRUE(connection.sent.empty());
  connection.session->respond(1, {.status = 200, .fields = {}, .body = "one"});
  EXPECT_EQ(connection.pop_sent(), response_to("one"));
  EXPECT_FALSE(connection.session->paused());
  EXPECT_EQ(connection.session->received(rest), rest.size());
  ASSERT_EQ(connection.requests.size(), 2U);
  connection.session->respond(1, {.status = 200, .fields = {}, .body = "too late"});
  connection.session->respond(2, {.status = 200, .fields = {}, .body = "two"});
  EXPECT_EQ(connection.pop_sent(), response_to("two"));
  connection.session->respond(2, {.status = 200, .fields = {}, .body = "again"});
  EXPECT_TRUE(connection.sent.empty());
}

TEST(Http1Session, ReportsItsPhase) {
  TestConnection connection(make_http1_session);
  EXPECT_EQ(connection.session->phase(), SessionPhase::Idle);
  connection.arrive("P");
  EXPECT_EQ(connection.session->phase(), SessionPhase::ReadingHead);
  connection.arrive("OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(connection.session->phase(), SessionPhase::ReadingBody);
  EXPECT_FALSE(connection.session->paused());
  connection.answers = false;
  connection.arrive("ab");
  EXPECT_EQ(connection.session->phase(), SessionPhase::Responding);
  connection.session->respond(1, {});
  EXPECT_EQ(connection.session->phase(), SessionPhase::Idle);
}

TEST(Http1Session, Sends100WhenTheClientWaitsForIt) {
  constexpr std::string_view kHead =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n";
  TestConnection waits(make_http1_session);
  waits.arrive(kHead);
  EXPECT_EQ(waits.pop_sent(), "HTTP/1.1 100 Continue\r\n\r\n");
  waits.arrive("ab");
  EXPECT_EQ(waits.sent, response_to("/"));

  TestConnection unchanged(make_http1_session);
  unchanged.arrive(std::string(kHead) + "a");
  EXPECT_EQ(unchanged.sent, "");
  unchanged.arrive("b");
  EXPECT_EQ(unchanged.sent, response_to("/"));

  TestConnection chunked(make_http1_session);
  chunked.arrive(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(chunked.sent, "HTTP/1.1 100 Continue\r\n\r\n");

  for (const std::string_view other :
       {"POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: miracles\r\n\r\n"}) {
    TestConnection connection(make_http1_session);
    connection.arrive(other);
    EXPECT_EQ(connection.sent, "");
    EXPECT_EQ(connection.session->phase(), SessionPhase::ReadingBody);
  }

  ServerLimits limits;
  limits.max_body = 1;
  TestConnection too_large(make_http1_session, limits);
  too_large.arrive(kHead);
  EXPECT_EQ(too_large.sent.substr(0, 13), "HTTP/1.1 413 ");
  EXPECT_TRUE(too_large.session->finished());
}

TEST(Http1Session, LeavesOutBodiesThatAStatusHasNot) {
  TestConnection connection(make_http1_session);
  const auto answer_of = [&](uint16_t status) {
    connection.answer = [status](const Request&) {
      return Response{.status = status, .fields = {}, .body = "body"};
    };
    connection.arrive(kGet);
    return connection.pop_sent();
  };
  EXPECT_EQ(answer_of(204), "HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(answer_of(304), "HTTP/1.1 304 Not Modified\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(answer_of(299),
            "HTTP/1.1 299 \r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\nbody");
  EXPECT_EQ(answer_of(100).substr(0, 13), "HTTP/1.1 500 ");
  EXPECT_EQ(answer_of(999).substr(0, 13), "HTTP/1.1 500 ");
}

TEST(Http1Session, LeavesOutFieldsThatWouldBreakTheMessage) {
  TestConnection connection(make_http1_session);
  connection.answer = [](const Request&) {
    return Response{.status = 200,
                    .fields = {{"X", "1"},
                               {"Split", "a\r\nSet-Cookie: b"},
                               {"Na me", "v"},
                               {"", "v"},
                               {"content-length", "77"},
                               {"Transfer-Encoding", "chunked"},
                               {"Connection", "close"},
                               {"Y", ""}},
                    .body = "b"};
  };
  connection.arrive(kGet);
  EXPECT_EQ(
      connection.sent,
      "HTTP/1.1 200 OK\r\nX: 1\r\nY: \r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nb");
}

TEST(Http1Session, SendsHeadAndSmallBodyInOnePiece) {
  TestConnection connection(make_http1_session);
  connection.answer = [](const Request&) {
    return Response{.status = 200, .fields = {}, .body = std::string(16384, 'b')};
  };
  connection.arrive(kGet);
  EXPECT_EQ(connection.sends, 1);
  EXPECT_EQ(connection.sent, response_to(std::string(16384, 'b')));
}

TEST(Http1Session, SendsALargeBodyInPiecesAsThePeerReads) {
  std::string body(1000000, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i % 251);
  TestConnection connection(make_http1_session);
  connection.answer = [&](const Request&) {
    return Response{.status = 200, .fields = {}, .body = body};
  };
  connection.sends_until_congested = 3;
  connection.arrive(kGet);
  EXPECT_EQ(connection.sends, 3);
  EXPECT_EQ(connection.session->phase(), SessionPhase::Responding);
  EXPECT_TRUE(connection.session->paused());
  connection.arrive("GET /b HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(connection.requests.size(), 1U);
  connection.sends_until_congested = 5;
  connection.resume();
  EXPECT_EQ(connection.sends, 8);
  connection.resume();
  EXPECT_EQ(connection.sent, response_to(body));
  EXPECT_LE(connection.largest_send, size_t{64} << 10);
  EXPECT_FALSE(connection.session->paused());
  connection.arrive({});
  EXPECT_EQ(connection.requests.size(), 2U);
}

TEST(Http1Session, ReadsNothingOnACongestedConnection) {
  TestConnection connection(make_http1_session);
  connection.is_congested = true;
  EXPECT_TRUE(connection.session->paused());
  EXPECT_EQ(connection.session->received(as_bytes(kGet)), 0U);
  connection.resume();
  EXPECT_EQ(connection.session->received(as_bytes(kGet)), kGet.size());
}

TEST(Http1Session, EndsAfterTheRequestsThatAConnectionMayHave) {
  ServerLimits limits;
  limits.max_requests = 2;
  TestConnection connection(make_http1_session, limits);
  connection.arrive(std::string(kGet) + std::string(kGet) + std::string(kGet));
  EXPECT_EQ(connection.sent, response_to("/a") + response_to("/a", "Connection: close\r\n"));
  EXPECT_TRUE(connection.session->finished());
}

TEST(Http1Session, ABodyIsTimedFromItsLastByte) {
  for (const bool chunked : {false, true}) {
    TestConnection connection(make_http1_session);
    EXPECT_EQ(connection.session->oldest_body_ms(), std::nullopt);
    connection.now = 10;
    connection.arrive(concat("POST / HTTP/1.1\r\nHost: a\r\n",
                             chunked ? "Transfer-Encoding: chunked" : "Content-Length: 5",
                             "\r\n\r\n"));
    EXPECT_EQ(connection.session->oldest_body_ms(), 10U);
    connection.now = 20;
    if (chunked) {
      connection.arrive("4");  // no byte of the body
      EXPECT_EQ(connection.session->oldest_body_ms(), 10U);
      connection.arrive("\r\n");
    }
    connection.arrive("ab");
    EXPECT_EQ(connection.session->oldest_body_ms(), 20U);
    connection.session->time_out_bodies(19);
    EXPECT_TRUE(connection.refusals.empty());
    connection.session->time_out_bodies(20);
    EXPECT_EQ(connection.refusals, std::vector{Refusal::RequestTimeout});
    EXPECT_TRUE(connection.session->finished());
    EXPECT_EQ(connection.session->oldest_body_ms(), std::nullopt);
  }
}

TEST(Http1Session, ABodyThatWaitsForRoomIsNotTimed) {
  TestConnection connection(make_http1_session, {}, {.total = 10, .per_client = 10});
  BodyAccount& other = connection.budget.open(IpAddress());
  BodyCharge held;
  ASSERT_TRUE(connection.budget.try_charge(other, 5, held));
  connection.arrive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(connection.session->phase(), SessionPhase::WaitingForRoom);
  EXPECT_EQ(connection.session->oldest_body_ms(), std::nullopt);
  connection.session->time_out_bodies(1000);
  EXPECT_TRUE(connection.refusals.empty());
  connection.now = 500;
  held.release();
  connection.budget.grant();
  EXPECT_EQ(connection.session->oldest_body_ms(), 500U);
  connection.budget.close(other);
}

TEST(Http1Session, ARequestThatTakesTooLongGets408) {
  for (const std::string_view begun :
       {"GET / HT", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na"}) {
    TestConnection connection(make_http1_session);
    connection.arrive(begun);
    connection.session->time_out();
    EXPECT_EQ(connection.refusals, std::vector{Refusal::RequestTimeout});
    EXPECT_EQ(connection.sent.substr(0, 13), "HTTP/1.1 408 ");
    EXPECT_TRUE(connection.session->finished());
  }
  TestConnection idle(make_http1_session);
  idle.arrive(kGet);
  EXPECT_EQ(idle.pop_sent(), response_to("/a"));
  idle.session->time_out();
  EXPECT_TRUE(idle.session->finished());
  EXPECT_EQ(idle.sent, "");
  TestConnection owed(make_http1_session);
  owed.answers = false;
  owed.arrive(kGet);
  owed.session->time_out();
  EXPECT_FALSE(owed.session->finished());
}

TEST(Http1Session, DrainsWhenTheRequestUnderWayIsAnswered) {
  TestConnection idle(make_http1_session);
  idle.session->drain();
  EXPECT_TRUE(idle.session->finished());

  TestConnection reading(make_http1_session);
  reading.arrive(kGet.substr(0, 10));
  reading.session->drain();
  EXPECT_FALSE(reading.session->finished());
  reading.arrive(kGet.substr(10));
  EXPECT_EQ(reading.sent, response_to("/a", "Connection: close\r\n"));
  EXPECT_TRUE(reading.session->finished());

  TestConnection owed(make_http1_session);
  owed.answers = false;
  owed.arrive(kGet);
  owed.session->drain();
  EXPECT_FALSE(owed.session->finished());
  EXPECT_EQ(owed.session->received(as_bytes(kGet)), kGet.size());
  owed.session->respond(1, {});
  EXPECT_EQ(owed.sent, response_to("", "Connection: close\r\n"));
  EXPECT_TRUE(owed.session->finished());
}

TEST(Http1Session, FinishesARefusalWhenThePeerHasReadIt) {
  TestConnection connection(make_http1_session);
  connection.answer = [](const Request&) { return Response{}; };
  connection.sends_until_congested = 1;
  connection.arrive("bad\r\n\r\n");
  EXPECT_TRUE(connection.session->finished());  // a small response, sent at once
}

//--- Bodies: decisions on the head, and memory

std::string post(std::string_view target, size_t length, std::string_view more = {}) {
  return concat("POST ", target, " HTTP/1.1\r\nHost: a\r\nContent-Length: ", length, "\r\n", more,
                "\r\n");
}

constexpr std::string_view kExpect = "Expect: 100-continue\r\n";
constexpr std::string_view kChunked =
    "POST /no HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

void refuse_by_head(TestConnection& connection) {
  connection.answer_head = [](const Request& head) -> HeadDecision {
    EXPECT_TRUE(head.body.empty());
    if (head.target != "/no") return BodyUse::Keep;
    return Response{.status = 200, .fields = {}, .body = "no"};
  };
}

TEST(Http1Session, ADiscardedBodyIsReadAndDropped) {
  const std::string chunk = "1000\r\n" + std::string(0x1000, 'b') + "\r\n";
  std::string chunks(kChunked);
  for (int i = 0; i < 100; ++i) chunks += chunk;
  const std::string cases[] = {
      post("/no", 1'000'000) + std::string(1'000'000, 'b'),
      chunks + "0\r\n\r\n",
  };
  for (const std::string& octets : cases) {
    // A budget without memory for it.
    TestConnection connection(make_http1_session, {}, {.total = 100, .per_client = 50});
    connection.answer_head = [](const Request&) { return BodyUse::Discard; };
    for (size_t at = 0; at < octets.size(); at += 16'000) {
      EXPECT_TRUE(connection.requests.empty());
      connection.arrive(octets.substr(at, 16'000));
      EXPECT_EQ(connection.budget.counts().bytes, 0U);
    }
    ASSERT_EQ(connection.requests.size(), 1U);
    EXPECT_EQ(connection.requests[0].request.body, "");
    EXPECT_LE(connection.requests[0].request.body.capacity(), 15U);
    connection.arrive(kGet);  // the connection stays
    EXPECT_EQ(connection.sent, response_to("/no") + response_to("/a"));
  }
}

TEST(Http1Session, ADiscardedBodyHasLimits) {
  ServerLimits limits;
  limits.max_body = 10;
  TestConnection connection(make_http1_session, limits);
  connection.answer_head = [](const Request&) { return BodyUse::Discard; };
  connection.arrive(std::string(kChunked) + "6\r\n123456\r\n");
  connection.arrive("5\r\n");
  EXPECT_EQ(connection.refusals, std::vector{Refusal::BodyTooLarge});
  EXPECT_EQ(connection.abandoned, std::vector<StreamId>{1});
  // A client that waits for 100 (Continue) gets it, and has a timeout.
  TestConnection waits(make_http1_session);
  waits.answer_head = connection.answer_head;
  waits.now = 7;
  waits.arrive(post("/no", 5, kExpect));
  EXPECT_EQ(waits.pop_sent(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(waits.session->oldest_body_ms(), 7U);
  waits.arrive("hello");
  EXPECT_EQ(waits.sent, response_to("/no"));
}

TEST(Http1Session, AnOwnerMayTakeTheHead) {
  TestConnection connection(make_http1_session);
  Request taken;
  connection.answer_head = [&](Request& head) {
    taken = std::exchange(head, {});
    return BodyUse::Keep;
  };
  connection.arrive(post("/no", 5) + "hello");
  EXPECT_EQ(taken.target, "/no");
  ASSERT_EQ(connection.requests.size(), 1U);
  EXPECT_TRUE(connection.requests[0].request.fields.empty());
  EXPECT_EQ(connection.requests[0].request.body, "hello");
  EXPECT_EQ(connection.requests[0].request.charge.bytes(), 5U);
}

TEST(Http1Session, ALargeHeadHasRoom) {
  const std::string large = "X-" + std::string(20'000, 'n') + ": v\r\n";
  {
    TestConnection connection(make_http1_session);
    connection.answers = false;
    connection.arrive(post("/no", 5, large));
    const uint64_t charged = connection.budget.counts().bytes;
    EXPECT_GE(charged, 20'000U + 5);
    EXPECT_LE(charged, 21'000U);
    connection.arrive("hello");
    EXPECT_EQ(connection.requests.at(0).request.charge.bytes(), charged);  // until the response
    connection.requests.clear();
    EXPECT_EQ(connection.budget.counts().bytes, 0U);
  }
  for (const std::string& head :
       {post("/no", 5, large), concat("GET / HTTP/1.1\r\nHost: a\r\n", large, "\r\n")}) {
    TestConnection connection(make_http1_session, {}, {.total = 20'000, .per_client = 20'000});
    connection.arrive(head);
    EXPECT_EQ(connection.refusals, std::vector{Refusal::NoRoom});
    EXPECT_EQ(connection.budget.counts().bytes, 0U);
  }
}

TEST(Http1Session, ARequestIsRefusedByItsHead) {
  // A short body is read and dropped in any segmentation; the connection stays.
  const std::string octets = post("/no", 1000) + std::string(1000, 'b') + std::string(kGet);
  for (size_t cut = 0; cut < octets.size(); cut += 7) {
    TestConnection connection(make_http1_session);
    refuse_by_head(connection);
    connection.arrive(octets.substr(0, cut));
    connection.arrive(octets.substr(cut));
    EXPECT_EQ(connection.sent, response_to("no") + response_to("/a")) << cut;
    EXPECT_EQ(connection.requests.size(), 1U);
    EXPECT_TRUE(connection.abandoned.empty());
  }
  // The response does not wait for the body.
  TestConnection connection(make_http1_session);
  refuse_by_head(connection);
  connection.arrive(post("/no", 1000));
  EXPECT_EQ(connection.pop_sent(), response_to("no"));
  EXPECT_EQ(connection.session->phase(), SessionPhase::ReadingBody);
  EXPECT_EQ(connection.budget.counts().bytes, 0U);
  connection.session->time_out();
  EXPECT_TRUE(connection.session->finished());
  EXPECT_EQ(connection.sent, "");
}

TEST(Http1Session, ALongBodyThatIsRefusedEndsTheConnection) {
  const std::string cases[] = {
      post("/no", 10'000'000),   // too long to be dropped
      std::string(kChunked),     // of any length
      post("/no", 10, kExpect),  // it may never arrive
  };
  for (const std::string& octets : cases) {
    TestConnection connection(make_http1_session);
    refuse_by_head(connection);
    connection.arrive(octets);
    EXPECT_EQ(connection.sent, response_to("no", "Connection: close\r\n"));
    EXPECT_TRUE(connection.session->finished());
  }
  // Its body has arrived: the client did not wait.
  TestConnection connection(make_http1_session);
  refuse_by_head(connection);
  connection.arrive(post("/no", 10, kExpect) + "0123456789" + std::string(kGet));
  EXPECT_EQ(connection.sent, response_to("no") + response_to("/a"));
}

TEST(Http1Session, ABodyWaitsForRoom) {
  TestConnection connection(make_http1_session, {},
                            {.total = 3000, .per_client = 1000, .wait_ms = 50});
  BodyCharge held;
  ASSERT_TRUE(connection.budget.try_charge(connection.account, 600, held));
  connection.arrive(post("/a", 500, kExpect));
  EXPECT_EQ(connection.session->phase(), SessionPhase::WaitingForRoom);
  EXPECT_TRUE(connection.session->paused());
  EXPECT_EQ(connection.sent, "");  // no 100 either
  connection.budget.grant();
  EXPECT_EQ(connection.rooms_decided, 0);
  held.release();
  connection.budget.grant();
  EXPECT_EQ(connection.rooms_decided, 1);
  EXPECT_FALSE(connection.session->paused());
  EXPECT_EQ(connection.pop_sent(), "HTTP/1.1 100 Continue\r\n\r\n");
  connection.arrive(std::string(500, 'b'));
  EXPECT_EQ(connection.pop_sent(), response_to("/a"));
  EXPECT_EQ(connection.requests.at(0).request.charge.bytes(), 500U);
}

TEST(Http1Session, ABodyThatWaitsForTooLongGets503) {
  TestConnection connection(make_http1_session, {},
                            {.total = 3000, .per_client = 1000, .wait_ms = 50});
  BodyCharge held;
  ASSERT_TRUE(connection.budget.try_charge(connection.account, 600, held));
  connection.arrive(post("/a", 500));
  connection.budget.deny_overdue(50);
  EXPECT_EQ(connection.refusals, std::vector{Refusal::NoRoom});
  EXPECT_EQ(connection.sent.substr(0, 13), "HTTP/1.1 503 ");
  EXPECT_EQ(connection.abandoned, std::vector<StreamId>{1});
  EXPECT_TRUE(connection.session->finished());
}

TEST(Http1Session, ABodyOfUnknownLengthHasRoomForASmallOneThenForTheLargest) {
  ServerLimits limits;
  limits.max_body = 1'000'000;
  TestConnection connection(make_http1_session, limits,
                            {.total = 4'000'000, .per_client = 1'000'000, .wait_ms = 50});
  const auto chunk = [](size_t size) {
    return concat(size == 30000 ? "7530" : "0", "\r\n", std::string(size, 'b'), "\r\n");
  };
  connection.arrive("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(connection.budget.counts().bytes, uint64_t{64} << 10);
  BodyCharge held;
  ASSERT_TRUE(connection.budget.try_charge(connection.account, 1000, held));
  connection.arrive(chunk(30000) + chunk(30000));
  EXPECT_EQ(connection.session->phase(), SessionPhase::ReadingBody);
  connection.arrive(chunk(30000));
  EXPECT_EQ(connection.session->phase(), SessionPhase::WaitingForRoom);
  held.release();
  connection.budget.grant();
  EXPECT_EQ(connection.budget.counts().bytes, 1'000'000U);
  connection.arrive(chunk(0));
  ASSERT_EQ(connection.requests.size(), 1U);
  const std::string& body = connection.requests[0].request.body;
  EXPECT_EQ(body.size(), 90000U);
  EXPECT_EQ(connection.budget.counts().bytes, body.capacity());
}

TEST(Http1Session, AResponseWithoutRoomBecomes503) {
  TestConnection connection(make_http1_session, {},
                            {.total = 300'000, .per_client = 100'000, .wait_ms = 50});
  size_t size = 100'000;
  connection.answer = [&](const Request&) {
    return Response{.status = 200, .fields = {}, .body = std::string(size, 'b')};
  };
  connection.arrive(kGet);
  EXPECT_EQ(connection.pop_sent().size(), response_to(std::string(size, 'b')).size());
  EXPECT_EQ(connection.budget.counts().bytes, 0U);
  size = 100'001;
  connection.arrive(kGet);
  EXPECT_EQ(connection.pop_sent().substr(0, 13), "HTTP/1.1 503 ");
  EXPECT_EQ(connection.budget.counts().refused, 1U);
  EXPECT_FALSE(connection.session->finished());
  // It is charged while it is being sent.
  size = 90'000;
  connection.sends_until_congested = 1;
  connection.arrive(kGet);
  EXPECT_EQ(connection.budget.counts().bytes, 90'000U);
  connection.resume();
  EXPECT_EQ(connection.budget.counts().bytes, 0U);
}

TEST(Http1Session, ReportsABodyThatDoesNotArrive) {
  TestConnection connection(make_http1_session);
  connection.arrive(post("/a", 10) + "half");
  EXPECT_EQ(connection.heads, std::vector<StreamId>{1});
  connection.session->time_out();
  EXPECT_EQ(connection.abandoned, std::vector<StreamId>{1});
  EXPECT_EQ(connection.budget.counts().bytes, 0U);
}

TEST(Http1Session, ATurnEndsAfterManyRequests) {
  TestConnection connection(make_http1_session);
  connection.turns_go_on = false;
  std::string octets;
  for (int i = 0; i < 150; ++i) octets += kGet;
  connection.arrive(octets);
  EXPECT_EQ(connection.requests.size(), 64U);
  EXPECT_TRUE(connection.session->paused());
  connection.session->begin_turn();
  connection.arrive({});
  EXPECT_EQ(connection.requests.size(), 128U);
}

}  // namespace
}  // namespace inlet53::http
