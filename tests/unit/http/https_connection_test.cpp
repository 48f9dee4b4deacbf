// SPDX-License-Identifier: Apache-2.0

// HTTPS connections on real sockets: TCP, TLS and HTTP together, their timeouts and their ends.
#include "http2_support.h"
#include "https_support.h"

namespace inlet53::http {
namespace {

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kEndOfAnswer = "\r\n\r\n/a";

std::string post_head(std::string_view target, size_t length) {
  return concat("POST ", target, " HTTP/1.1\r\nHost: a\r\nContent-Length: ", length, "\r\n\r\n");
}

size_t count_of(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) {
    ++count;
  }
  return count;
}

TEST(HttpsConnection, ServesHttp1AndKeepsTheConnection) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "http/1.1", "127.0.0.7");
  ASSERT_TRUE(client.shake_hands());
  for (size_t i = 1; i <= 3; ++i) {
    client.send(kGet);
    ASSERT_TRUE(server.run_until([&] { return count_of(client.received, kEndOfAnswer) == i; }));
  }
  ASSERT_EQ(server.requests.size(), 3U);
  EXPECT_EQ(server.origins[0].client.address, *IpAddress::parse("127.0.0.7"));
  EXPECT_EQ(server.origins[0].tls_version, "TLSv1.3");
  EXPECT_FALSE(server.origins[0].cipher_suite.empty());
  EXPECT_EQ(server.connections.counts().connections, 1U);
  EXPECT_EQ(server.connections.counts().handshakes, 1U);
  EXPECT_EQ(server.connections.open_connections(), 1U);
  EXPECT_NE(server.ids[0], server.ids[1]);
}

TEST(HttpsConnection, ServesHttp2WhenTheClientOffersIt) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "h2");
  ASSERT_TRUE(client.shake_hands());
  // Its SETTINGS arrive before the client has sent anything.
  ASSERT_TRUE(server.run_until([&] { return client.received.size() >= 9; }));
  EXPECT_EQ(client.received[3], static_cast<char>(NGHTTP2_SETTINGS));
  client.send(connection_start() + frame(NGHTTP2_HEADERS, 5, 1, literals(get("/h2"))));
  ASSERT_TRUE(server.run_until([&] { return client.received.ends_with("/h2"); }));
  EXPECT_EQ(server.requests.at(0).version, Version::Http2);
}

TEST(HttpsConnection, WithoutAnOfferItSpeaksHttp1) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "");
  ASSERT_TRUE(client.shake_hands());
  client.send(kGet);
  EXPECT_TRUE(server.run_until([&] { return client.received.ends_with("/a"); }));
}

TEST(HttpsConnection, ClosesAnUnfinishedHandshake) {
  HttpsOptions options;
  options.handshake_timeout_ms = 50;
  HttpsServerUnderTest server(options);
  HttpsTestClient silent(server, "");
  HttpsTestClient halfway(server, "");
  halfway.send_raw("\x16\x03\x01");
  EXPECT_TRUE(server.run_until([&] { return server.connections.counts().handshakes_failed == 2; }));
  EXPECT_TRUE(server.run_until([&] { return silent.at_end && halfway.at_end; }));
}

TEST(HttpsConnection, ClosesAConnectionWithoutTls) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "");
  client.send_raw(kGet);
  EXPECT_TRUE(server.run_until([&] { return server.connections.counts().handshakes_failed == 1; }));
  EXPECT_TRUE(server.requests.empty());
}

TEST(HttpsConnection, ClosesAnIdleConnection) {
  HttpsOptions options;
  options.idle_timeout_ms = 100;
  HttpsServerUnderTest server(options);
  HttpsTestClient silent(server, "http/1.1");
  ASSERT_TRUE(silent.shake_hands());
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send(kGet);
  EXPECT_TRUE(server.run_until([&] { return silent.at_end && client.at_end; }));
  EXPECT_TRUE(client.said_bye);
  EXPECT_TRUE(client.received.ends_with("/a"));
  EXPECT_TRUE(server.refusals.empty());
}

TEST(HttpsConnection, KeepsAConnectionThatIsIdleForLongerThanItsBuffersStay) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send(kGet);
  ASSERT_TRUE(server.run_until([&] { return client.received.ends_with("/a"); }));
  const uint64_t until = server.loop.now_ms() + 1200;  // TLS's buffers are freed after 1 s
  ASSERT_TRUE(server.run_until([&] { return server.loop.now_ms() >= until; }));
  client.send(kGet);
  EXPECT_TRUE(server.run_until([&] { return count_of(client.received, kEndOfAnswer) == 2; }));
}

TEST(HttpsConnection, AHeadThatTakesTooLongGets408) {
  HttpsOptions options;
  options.head_timeout_ms = 50;
  HttpsServerUnderTest server(options);
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send("GET /a HT");
  ASSERT_TRUE(server.run_until([&] { return client.at_end; }));
  EXPECT_EQ(client.received.substr(0, 13), "HTTP/1.1 408 ");
  EXPECT_EQ(server.refusals, std::vector{Refusal::RequestTimeout});
}

TEST(HttpsConnection, ABodyThatPausesTooLongGets408) {
  HttpsOptions options;
  options.body_timeout_ms = 200;
  HttpsServerUnderTest server(options);
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send(post_head("/a", 5) + "four");
  ASSERT_TRUE(server.run_until([&] { return client.at_end; }));
  EXPECT_EQ(client.received.substr(0, 13), "HTTP/1.1 408 ");
  EXPECT_TRUE(server.requests.empty());
}

// Bytes of an incomplete TLS record do not count as bytes of the body.
TEST(HttpsConnection, ABodyThatPausesIsTimedDespiteOtherData) {
  HttpsOptions options;
  options.body_timeout_ms = 100;
  HttpsServerUnderTest server(options);
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send(post_head("/a", 5) + "four");
  ASSERT_TRUE(server.run_until([&] { return server.heads == 1; }));
  client.send_raw(std::string("\x17\x03\x03\x40\x00", 5));
  ASSERT_TRUE(server.run_until([&] {
    client.send_raw("x");
    return client.at_end;
  }));
  EXPECT_EQ(client.received.substr(0, 13), "HTTP/1.1 408 ");
}

TEST(HttpsConnection, ABodyOverHttp2ThatPausesIsTimedDespiteOtherData) {
  HttpsOptions options;
  options.body_timeout_ms = 100;
  HttpsServerUnderTest server(options);
  HttpsTestClient client(server, "h2");
  ASSERT_TRUE(client.shake_hands());
  server.answers = false;
  // One call waits for its response meanwhile.
  client.send(connection_start() + frame(NGHTTP2_HEADERS, 5, 1, literals(get("/owed"))) +
              frame(NGHTTP2_HEADERS, 4, 3, literals(post("/a", {{"content-length", "5"}}))) +
              frame(NGHTTP2_DATA, 0, 3, "four"));
  ASSERT_TRUE(server.run_until([&] {
    client.send(frame(NGHTTP2_PING, 0, 0, "12345678"));
    return !server.refusals.empty();
  }));
  EXPECT_EQ(server.refusals, std::vector{Refusal::RequestTimeout});
  EXPECT_EQ(server.abandoned, (std::vector{RequestId{server.ids.at(0).connection, 3}}));
  server.connections.respond(server.ids[0], {.status = 200, .fields = {}, .body = "late"});
  EXPECT_TRUE(server.run_until([&] { return client.received.ends_with("late"); }));
}

TEST(HttpsConnection, AHeadOverHttp2IsTimedDespiteOtherRequests) {
  HttpsOptions options;
  options.head_timeout_ms = 100;
  HttpsServerUnderTest server(options);
  HttpsTestClient client(server, "h2");
  ASSERT_TRUE(client.shake_hands());
  server.answers = false;
  client.send(connection_start() + frame(NGHTTP2_HEADERS, 5, 1, literals(get("/owed"))) +
              frame(NGHTTP2_HEADERS, 4, 3, literals(post("/a", {{"content-length", "5"}}))) +
              frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 5, literals(get("/part"))));
  EXPECT_TRUE(server.run_until([&] { return client.at_end; }));
  EXPECT_EQ(server.requests.size(), 1U);
}

// While bytes wait for the client, it may wait for a window behind them, and a congested connection
// is not read: the timeout of the body must not run.
std::string large_body() { return std::string(size_t{12} << 20, 'b'); }

/// Opens large windows, starts a request with a body, and requests a large response.
std::string upload_beside_a_large_response() {
  const std::string window("\x7f\xff\0\0", 4);
  return connection_start() + frame(NGHTTP2_SETTINGS, 0, 0, std::string("\0\4", 2) + window) +
         frame(NGHTTP2_WINDOW_UPDATE, 0, 0, window) +
         frame(NGHTTP2_HEADERS, 4, 1, literals(post("/a", {{"content-length", "5"}}))) +
         frame(NGHTTP2_HEADERS, 5, 3, literals(get("/large")));
}

void expect_no_blame(uint32_t max_unsent) {
  HttpsOptions options;
  options.body_timeout_ms = 100;
  net::TcpListener::Options tcp;
  tcp.max_unsent = max_unsent;
  HttpsServerUnderTest server(options, tcp);
  server.answer = [](const Request&) {
    return Response{.status = 200, .fields = {}, .body = large_body()};
  };
  HttpsTestClient client(server, "h2");
  ASSERT_TRUE(client.shake_hands());
  client.reads = false;
  client.send(upload_beside_a_large_response());
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 1; }));
  const uint64_t until = server.loop.now_ms() + 300;
  ASSERT_TRUE(server.run_until([&] { return server.loop.now_ms() >= until; }));
  EXPECT_TRUE(server.refusals.empty());
  client.reads = true;
  client.send(frame(NGHTTP2_DATA, 1, 1, "hello"));
  EXPECT_TRUE(server.run_until([&] { return server.requests.size() == 2; }));
}

TEST(HttpsConnection, ABodyIsNotTimedWhileTheConnectionIsCongested) { expect_no_blame(1000); }

TEST(HttpsConnection, ABodyIsNotTimedWhileBytesWaitForItsClient) { expect_no_blame(64U << 20); }

TEST(HttpsConnection, ABodyIsTimedAgainWhenItsClientHasRead) {
  HttpsOptions options;
  options.body_timeout_ms = 100;
  HttpsServerUnderTest server(options);
  server.answer = [](const Request&) {
    return Response{.status = 200, .fields = {}, .body = large_body()};
  };
  HttpsTestClient client(server, "h2");
  ASSERT_TRUE(client.shake_hands());
  client.reads = false;
  client.send(upload_beside_a_large_response());
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 1; }));
  client.reads = true;
  ASSERT_TRUE(server.run_until([&] { return !server.refusals.empty(); }));
  EXPECT_EQ(server.refusals, std::vector{Refusal::RequestTimeout});
}

TEST(HttpsConnection, WaitsForAnAnswerWithoutATimeout) {
  HttpsOptions options;
  options.idle_timeout_ms = options.head_timeout_ms = options.body_timeout_ms = 20;
  HttpsServerUnderTest server(options);
  server.answers = false;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send(kGet);
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 1; }));
  const uint64_t until = server.loop.now_ms() + 200;
  ASSERT_TRUE(server.run_until([&] { return server.loop.now_ms() >= until; }));
  ASSERT_FALSE(client.at_end);
  server.connections.respond(server.ids[0], {.status = 200, .fields = {}, .body = "late"});
  EXPECT_TRUE(server.run_until([&] { return client.received.ends_with("late"); }));
}

TEST(HttpsConnection, PipelinedRequestsWaitTheirTurn) {
  HttpsServerUnderTest server;
  server.answers = false;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += kGet;  // more than a connection keeps
  client.send(requests);
  for (size_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(server.run_until([&] { return server.requests.size() > i; })) << i;
    ASSERT_EQ(server.requests.size(), i + 1);
    server.answers = i == 9;
    server.connections.respond(server.ids[i], {.status = 200, .fields = {}, .body = "/a"});
  }
  EXPECT_TRUE(server.run_until([&] { return count_of(client.received, kEndOfAnswer) == 2000; }));
}

// Requests that one client sends at once are served in parts, with other sockets in between.
TEST(HttpsConnection, ManyRequestsOfOneReadTakeSeveralTurnsOfTheLoop) {
  constexpr size_t kRequests = 5000;
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  size_t before = 0;
  size_t most = 0;
  net::EveryTurn each(server.loop, [&] {
    most = std::max(most, server.requests.size() - before);
    before = server.requests.size();
  });
  each.start();
  std::string requests;
  for (size_t i = 0; i < kRequests; ++i) requests += kGet;
  client.send(requests);
  ASSERT_TRUE(
      server.run_until([&] { return count_of(client.received, kEndOfAnswer) == kRequests; }));
  EXPECT_GT(most, 0U);
  EXPECT_LE(most, 256U);  // a few parts of 64
  EXPECT_EQ(server.requests.size(), kRequests);
}

TEST(HttpsConnection, SendsALargeResponseAsTheClientReads) {
  HttpsServerUnderTest server;
  const std::string body(size_t{12} << 20, 'b');
  server.answer = [&](const Request&) {
    return Response{.status = 200, .fields = {}, .body = body};
  };
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.reads = false;
  client.send(kGet);
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 1; }));
  client.reads = true;
  EXPECT_TRUE(server.run_until([&] { return client.received.size() > body.size(); }));
  EXPECT_TRUE(client.received.ends_with(body));
}

TEST(HttpsConnection, GivesUpAClientThatDoesNotRead) {
  HttpsOptions options;
  options.idle_timeout_ms = 200;
  net::TcpListener::Options tcp;
  tcp.write_timeout_ms = 200;
  for (const char* const protocol : {"http/1.1", "h2"}) {
    HttpsServerUnderTest server(options, tcp);
    server.answer = [](const Request&) {
      return Response{.status = 200, .fields = {}, .body = large_body()};
    };
    HttpsTestClient client(server, protocol);
    ASSERT_TRUE(client.shake_hands());
    client.reads = false;
    client.send(protocol == std::string_view("h2")
                    ? connection_start() + frame(NGHTTP2_HEADERS, 5, 1, literals(get("/h2")))
                    : std::string(kGet));
    EXPECT_TRUE(server.run_until(
        [&] { return server.requests.size() == 1 && server.connections.open_connections() == 0; }));
  }
}

TEST(HttpsConnection, AnswersAClientThatHasClosedItsSide) {
  for (const bool with_tls : {true, false}) {
    HttpsServerUnderTest server;
    server.answers = false;
    HttpsTestClient client(server, "http/1.1");
    ASSERT_TRUE(client.shake_hands());
    client.send(kGet);
    if (with_tls) client.end();
    ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 1 && client.sent_all(); }));
    client.shut_down();
    const uint64_t until = server.loop.now_ms() + 50;
    ASSERT_TRUE(server.run_until([&] { return server.loop.now_ms() >= until; }));
    server.connections.respond(server.ids[0], {.status = 200, .fields = {}, .body = "late"});
    ASSERT_TRUE(server.run_until([&] { return client.at_end; }));
    EXPECT_TRUE(client.received.ends_with("late"));
    EXPECT_TRUE(server.run_until([&] { return server.connections.open_connections() == 0; }));
  }
}

// All in one TLS record: the part that the first turns of the loop leave waits when FIN arrives.
TEST(HttpsConnection, ARequestThatIsCompletedAfterFinIsServed) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "h2");
  ASSERT_TRUE(client.shake_hands());
  server.answers = false;
  client.send(connection_start() + frame(NGHTTP2_HEADERS, 5, 1, literals(get("/owed"))));
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 1; }));
  server.answers = true;
  std::string bytes = frame(NGHTTP2_HEADERS, 4, 3, literals(post("/body")));
  for (uint32_t stream = 5; stream < 405; stream += 2) {
    bytes += frame(NGHTTP2_HEADERS, 5, stream, literals(get("/")));
  }
  client.send(bytes + frame(NGHTTP2_DATA, 1, 3, "body"));
  ASSERT_TRUE(server.run_until([&] {
    if (client.sent_all()) client.shut_down();
    return server.requests.size() == 202;
  }));
  EXPECT_EQ(server.requests.back().body, "body");
  const uint64_t connection = server.ids[0].connection;
  EXPECT_EQ(server.abandoned, (std::vector{RequestId{connection, 1}}));
  server.connections.respond(server.ids[0], {.status = 200, .fields = {}, .body = "late"});
  EXPECT_TRUE(server.run_until([&] { return client.at_end; }));
  EXPECT_NE(client.received.find("/body"), std::string::npos);
  EXPECT_NE(client.received.find("late"), std::string::npos);
}

TEST(HttpsConnection, ARequestThatIsReadAfterFinIsAbandoned) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  server.answers = false;
  server.answers_abandoned = true;
  client.send(concat(kGet, kGet, kGet));
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 1 && client.sent_all(); }));
  client.shut_down();
  ASSERT_TRUE(server.run_until([&] { return client.at_end; }));
  EXPECT_EQ(server.requests.size(), 3U);
  EXPECT_EQ(server.abandoned, server.ids);
  EXPECT_EQ(count_of(client.received, "HTTP/1.1 499 "), 3U);
}

TEST(HttpsConnection, ARequestWhoseBodyNeverComesIsAbandonedWithItsConnection) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send(post_head("/a", 5) + "four");
  ASSERT_TRUE(server.run_until([&] { return server.heads == 1; }));
  client.close();
  ASSERT_TRUE(server.run_until([&] { return server.connections.open_connections() == 0; }));
  EXPECT_EQ(server.abandoned.size(), 1U);
  EXPECT_TRUE(server.requests.empty());
}

TEST(HttpsConnection, AResponseForAClientThatIsGoneIsDropped) {
  HttpsServerUnderTest server;
  server.answers = false;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send(kGet);
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 1; }));
  server.listener.reset();  // closes every connection
  EXPECT_EQ(server.connections.open_connections(), 0U);
  server.connections.respond(server.ids[0], {.status = 200, .fields = {}, .body = "late"});
  EXPECT_TRUE(server.run_until([&] { return client.at_end; }));
  EXPECT_EQ(client.received, "");
}

TEST(HttpsConnection, DrainsWhenRequestsInProgressAreAnswered) {
  HttpsServerUnderTest server;
  server.answers = false;
  HttpsTestClient handshaking(server, "http/1.1");
  HttpsTestClient idle(server, "http/1.1");
  ASSERT_TRUE(idle.shake_hands());
  HttpsTestClient busy(server, "http/1.1");
  ASSERT_TRUE(busy.shake_hands());
  HttpsTestClient busy2(server, "h2");
  ASSERT_TRUE(busy2.shake_hands());
  busy.send(kGet);
  busy2.send(connection_start() + frame(NGHTTP2_HEADERS, 5, 1, literals(get("/h2"))));
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 2; }));
  server.listener->drain();
  ASSERT_TRUE(server.run_until([&] { return idle.at_end && handshaking.at_end; }));
  EXPECT_FALSE(busy.at_end);
  for (const RequestId id : server.ids) {
    server.connections.respond(id, {.status = 200, .fields = {}, .body = "last"});
  }
  ASSERT_TRUE(server.run_until([&] { return busy.at_end && busy2.at_end; }));
  EXPECT_NE(busy.received.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(busy.received.ends_with("last"));
  EXPECT_NE(busy2.received.find("last"), std::string::npos);
}

TEST(HttpsConnection, AClientThatLeavesDuringItsHandshakeHasFailedIt) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "http/1.1");
  client.send_raw("\x16\x03\x01");
  ASSERT_TRUE(server.run_until([&] { return server.connections.open_connections() == 1; }));
  ASSERT_TRUE(server.run_until([&] { return client.sent_all(); }));
  client.shut_down();
  ASSERT_TRUE(server.run_until([&] { return client.at_end; }));
  EXPECT_TRUE(server.run_until([&] { return server.connections.open_connections() == 0; }));
  EXPECT_EQ(server.connections.counts().handshakes_failed, 1U);
}

TEST(HttpsConnection, EndsWhenAnIdleClientCloses) {
  for (const char* protocol : {"http/1.1", "h2"}) {
    HttpsServerUnderTest server;
    HttpsTestClient client(server, protocol);
    ASSERT_TRUE(client.shake_hands());
    client.end();
    EXPECT_TRUE(server.run_until([&] { return client.at_end; }));
    EXPECT_TRUE(client.said_bye);
  }
}

TEST(HttpsConnection, EndsWhenTlsBreaks) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send(kGet);
  ASSERT_TRUE(server.run_until([&] { return client.received.ends_with("/a"); }));
  client.send_raw("this is no record");
  EXPECT_TRUE(server.run_until([&] { return client.at_end; }));
  EXPECT_EQ(server.connections.counts().handshakes_failed, 0U);
}

TEST(HttpsConnection, TheEndOfItsListenerAbandonsEachRequestOnce) {
  HttpsServerUnderTest server;
  server.answers = false;
  server.answers_abandoned = true;
  HttpsTestClient one(server, "h2");
  ASSERT_TRUE(one.shake_hands());
  one.send(connection_start() + frame(NGHTTP2_HEADERS, 5, 1, literals(get("/whole"))) +
           frame(NGHTTP2_HEADERS, 4, 3, literals(post("/arriving"))));
  HttpsTestClient other(server, "http/1.1");
  ASSERT_TRUE(other.shake_hands());
  other.send(kGet);
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 2 && server.heads == 1; }));
  server.listener.reset();
  EXPECT_EQ(server.abandoned.size(), 3U);
  EXPECT_EQ(server.connections.open_connections(), 0U);
}

TEST(HttpsConnection, TakesOneResponseForARequest) {
  HttpsServerUnderTest server;
  server.answers = false;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  client.send(kGet);
  ASSERT_TRUE(server.run_until([&] { return server.requests.size() == 1; }));
  for (int i = 0; i < 2; ++i) {
    server.connections.respond(server.ids[0], {.status = 200, .fields = {}, .body = "only"});
  }
  ASSERT_TRUE(server.run_until([&] { return client.received.ends_with("only"); }));
  server.answers = true;
  client.send(kGet);
  ASSERT_TRUE(server.run_until([&] { return client.received.ends_with("/a"); }));
  EXPECT_EQ(count_of(client.received, "HTTP/1.1 200"), 2U);
}

TEST(HttpsConnection, WorkLeftOfAConnectionThatEndsIsDropped) {
  HttpsServerUnderTest server;
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  constexpr size_t kRequests = 5000;  // more than one turn of the loop serves
  net::EveryTurn each(server.loop, [&] {
    if (!server.requests.empty()) server.listener.reset();
  });
  each.start();
  std::string requests;
  for (size_t i = 0; i < kRequests; ++i) requests += kGet;
  client.send(requests);
  ASSERT_TRUE(server.run_until([&] { return client.at_end; }));
  EXPECT_FALSE(server.requests.empty());
  EXPECT_LT(server.requests.size(), kRequests);
}

TEST(HttpsConnection, ReadsALargeBody) {
  HttpsServerUnderTest server;
  server.answer = [](const Request& request) {
    return Response{.status = 200, .fields = {}, .body = std::to_string(request.body.size())};
  };
  HttpsTestClient client(server, "http/1.1");
  ASSERT_TRUE(client.shake_hands());
  const std::string body(size_t{9} << 20, 'b');
  client.send(post_head("/a", body.size()) + body);
  ASSERT_TRUE(server.run_until([&] { return client.received.ends_with(std::to_string(9 << 20)); }));
  EXPECT_EQ(server.requests[0].body, body);
}

}  // namespace
}  // namespace inlet53::http
