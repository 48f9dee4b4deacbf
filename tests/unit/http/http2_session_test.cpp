// SPDX-License-Identifier: Apache-2.0
#include "http2_session.h"

#include "http2_support.h"

namespace inlet53::http {
namespace {

constexpr auto kMake = make_http2_session;

std::string pattern(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i % 251);
  return text;
}

TEST(Http2Session, GivesRequestsAndTakesResponses) {
  TestConnection server(kMake);
  server.answer = [](const Request& request) {
    return Response{.status = 200, .fields = {{"X-Y", "z"}}, .body = request.target};
  };
  Http2Client client;
  const int32_t id = client.send(get("/a%20b?c=d", {{"x-one", "1"}, {"accept", ""}}));
  client.exchange(server);
  ASSERT_EQ(server.requests.size(), 1U);
  const Request& request = server.requests[0].request;
  EXPECT_EQ(server.requests[0].stream, static_cast<StreamId>(id));
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/a%20b?c=d");
  EXPECT_EQ(request.authority, "a");
  EXPECT_EQ(request.version, Version::Http2);
  EXPECT_EQ(request.fields, (Fields{{"host", "a"}, {"x-one", "1"}, {"accept", ""}}));
  EXPECT_EQ(request.body, "");
  const auto& stream = client.streams[id];
  ASSERT_EQ(stream.heads.size(), 1U);
  EXPECT_EQ(stream.heads[0], (Pairs{{":status", "200"}, {"x-y", "z"}, {"content-length", "10"}}));
  EXPECT_EQ(stream.body, "/a%20b?c=d");
  EXPECT_TRUE(stream.closed);
  EXPECT_EQ(stream.error, 0U);
  EXPECT_EQ(server.session->phase(), SessionPhase::Idle);
  EXPECT_FALSE(server.session->finished());
}

TEST(Http2Session, GivesTheSameInAnySegmentation) {
  Http2Client source;
  source.send(get("/1"));
  source.send(post("/2"), true, "hello");
  const std::string octets = source.pop_output();
  for (size_t cut = 0; cut <= octets.size(); ++cut) {
    TestConnection server(kMake);
    server.arrive(std::string_view(octets).substr(0, cut));
    server.arrive(std::string_view(octets).substr(cut));
    ASSERT_EQ(server.requests.size(), 2U) << cut;
    EXPECT_EQ(server.requests[0].request.target, "/1");
    EXPECT_EQ(server.requests[1].request.body, "hello");
  }
  TestConnection server(kMake);
  server.trickle(octets);
  EXPECT_EQ(server.requests.size(), 2U);
}

TEST(Http2Session, WritesTheResponsesOfOneReadTogether) {
  TestConnection server(kMake);
  Http2Client client;
  client.exchange(server);
  for (int i = 0; i < 50; ++i) client.send(get("/" + std::to_string(i)));
  const int before = server.sends;
  server.arrive(client.pop_output());
  EXPECT_EQ(server.requests.size(), 50U);
  EXPECT_EQ(server.sends, before + 1);
  client.exchange(server);
  for (const auto& [id, stream] : client.streams) EXPECT_EQ(stream.status(), "200") << id;
}

TEST(Http2Session, AnswersInAnyOrder) {
  TestConnection server(kMake);
  server.answers = false;
  Http2Client client;
  const int32_t one = client.send(get("/1"));
  const int32_t two = client.send(get("/2"));
  client.exchange(server);
  ASSERT_EQ(server.requests.size(), 2U);
  EXPECT_EQ(server.session->phase(), SessionPhase::Responding);
  EXPECT_FALSE(server.session->paused());
  server.session->respond(server.requests[1].stream, {.status = 200, .fields = {}, .body = "two"});
  client.exchange(server);
  EXPECT_EQ(client.streams[two].body, "two");
  EXPECT_FALSE(client.streams[one].closed);
  server.session->respond(server.requests[1].stream, {});
  server.session->respond(99, {});
  server.session->respond(server.requests[0].stream, {.status = 204, .fields = {}, .body = "x"});
  client.exchange(server);
  EXPECT_EQ(client.streams[one].status(), "204");
  EXPECT_EQ(client.streams[one].field("content-length"), "none");
  EXPECT_EQ(client.streams[one].body, "");
}

TEST(Http2Session, OmitsTheBodyForHeadAndInvalidFields) {
  TestConnection server(kMake);
  server.answer = [](const Request&) {
    return Response{.status = 200,
                    .fields = {{"connection", "close"},
                               {"split", "a\r\nb"},
                               {"Keep-Alive", "x"},
                               {"Transfer-Encoding", "chunked"},
                               {"Upgrade", "x"},
                               {"bad name", "v"},
                               {"ok", "v"}},
                    .body = "four"};
  };
  Http2Client client;
  Pairs head = get("/");
  head[0].second = "HEAD";
  const int32_t id = client.send(head);
  client.exchange(server);
  EXPECT_EQ(client.streams[id].heads.at(0),
            (Pairs{{":status", "200"}, {"ok", "v"}, {"content-length", "4"}}));
  EXPECT_EQ(client.streams[id].body, "");
  EXPECT_TRUE(client.streams[id].ended);
}

TEST(Http2Session, JoinsCookiesAndMakesHostOfAuthority) {
  TestConnection server(kMake);
  Http2Client client;
  client.send(get("/", {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}, {"host", "A"}}));
  Pairs no_authority = get("/", {{"host", "b:443"}});
  no_authority.erase(no_authority.begin() + 2);
  client.send(no_authority);
  client.exchange(server);
  ASSERT_EQ(server.requests.size(), 2U);
  EXPECT_EQ(server.requests[0].request.fields,
            (Fields{{"host", "a"}, {"cookie", "a=1; b=2"}, {"x", "y"}}));
  EXPECT_EQ(server.requests[1].request.authority, "b:443");
  EXPECT_EQ(server.requests[1].request.fields, (Fields{{"host", "b:443"}}));
}

TEST(Http2Session, DropsTrailers) {
  TestConnection server(kMake);
  const std::string head = literals(post("/"));
  server.arrive(connection_start() + frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, head) +
                frame(NGHTTP2_DATA, 0, 1, "body") +
                frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1,
                      literals({{"x-trailer", "t"}})));
  ASSERT_EQ(server.requests.size(), 1U);
  EXPECT_EQ(server.requests[0].request.body, "body");
  EXPECT_EQ(find_field(server.requests[0].request.fields, "x-trailer"), nullptr);
}

TEST(Http2Session, Sends100WhenTheClientWaitsForIt) {
  TestConnection server(kMake);
  Http2Client client;
  const int32_t id = client.send(post("/", {{"expect", "100-continue"}}), true, "hello");
  client.exchange(server);
  ASSERT_EQ(client.streams[id].heads.size(), 2U);
  EXPECT_EQ(client.streams[id].heads[0], (Pairs{{":status", "100"}}));
  EXPECT_EQ(client.streams[id].status(), "200");
}

TEST(Http2Session, TakesBodiesUpToTheLimit) {
  ServerLimits limits;
  limits.max_body = 1000000;
  TestConnection server(kMake, limits);
  server.answer = [](const Request& request) {
    return Response{.status = 200, .fields = {}, .body = request.body};
  };
  Http2Client client;
  std::vector<int32_t> ids;
  // More large bodies at once than fit in the budget, some with a declared size.
  for (int i = 0; i < 6; ++i) {
    Pairs more;
    if (i % 2 == 0) more = {{"content-length", "1000000"}};
    ids.push_back(client.send(post("/", more), true, pattern(1000000)));
  }
  const int32_t small = client.send(post("/"), true, "small");
  client.exchange(server);
  for (const int32_t id : ids) {
    EXPECT_EQ(client.streams[id].body, pattern(1000000));
    EXPECT_TRUE(client.streams[id].closed);
  }
  EXPECT_EQ(client.streams[small].body, "small");
}

TEST(Http2Session, LargeBodiesWaitForRoom) {
  // Memory for two of them, and for the first part of each.
  TestConnection server(kMake, {}, {.total = 100'000'000, .per_client = 11'000'000, .wait_ms = 50});
  server.answers = false;
  Http2Client client;
  std::vector<int32_t> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(client.send(post("/", {{"content-length", "5000001"}}), true, pattern(5000000)));
  }
  // The last byte of each never arrives: two keep their memory, the others stop at the initial
  // window of a stream.
  for (const int32_t id : ids) client.streams[id].stops_short = true;
  client.exchange(server);
  size_t uploaded = 0;
  for (const int32_t id : ids) uploaded += client.streams[id].uploaded;
  EXPECT_EQ(uploaded, 2 * 5000000 + 8 * size_t{Http2Session::kSmallBody});
  EXPECT_EQ(server.session->phase(), SessionPhase::ReadingBody);
  // A cancelled body releases its memory for the next one.
  client.reset(ids[0]);
  client.exchange(server);
  EXPECT_EQ(client.streams[ids[2]].uploaded, size_t{Http2Session::kSmallBody});
  server.budget.grant();
  EXPECT_EQ(server.rooms_decided, 1);
  client.exchange(server);
  EXPECT_EQ(client.streams[ids[2]].uploaded, 5000000U);
  EXPECT_EQ(client.streams[ids[3]].uploaded, size_t{Http2Session::kSmallBody});
  // A body that waits too long is refused.
  server.budget.deny_overdue(50);
  client.exchange(server);
  EXPECT_EQ(server.refusals, std::vector(7, Refusal::NoRoom));
  for (size_t i = 3; i < ids.size(); ++i) EXPECT_EQ(client.streams[ids[i]].status(), "503");
  EXPECT_EQ(server.abandoned.size(), 8U);  // including the one that was reset
  EXPECT_FALSE(server.session->finished());
}

TEST(Http2Session, ASmallBodyWithoutRoomGets503) {
  TestConnection server(kMake, {}, {.total = 3000, .per_client = 1000, .wait_ms = 50});
  Http2Client client;
  const int32_t large = client.send(post("/", {{"content-length", "1001"}}), true, pattern(1001));
  const int32_t unknown = client.send(post("/"), true, "x");
  const int32_t fits = client.send(post("/", {{"content-length", "900"}}), true, pattern(900));
  client.exchange(server);
  EXPECT_EQ(client.streams[large].status(), "503");
  EXPECT_EQ(client.streams[unknown].status(), "503");  // it could have the size of the window
  EXPECT_EQ(client.streams[fits].status(), "200");
  EXPECT_EQ(server.budget.counts().refused, 2U);
}

TEST(Http2Session, ALargeBodyWaitsForRoomThoughNotEvenASmallOneFits) {
  TestConnection server(kMake, {}, {.total = 300'000, .per_client = 100'000, .wait_ms = 50});
  BodyCharge most;
  server.budget.set_charge(server.account, 90'000, most);
  Http2Client client;
  const Pairs waits = post("/", {{"content-length", "70000"}, {"expect", "100-continue"}});
  const int32_t polite = client.send(waits, true, {});
  client.streams[polite].stops_short = true;
  const int32_t hasty = client.send(post("/", {{"content-length", "70000"}}), true, pattern(70000));
  client.exchange(server);
  EXPECT_EQ(client.streams[hasty].status(), "503");
  EXPECT_EQ(server.refusals, std::vector(1, Refusal::NoRoom));
  EXPECT_EQ(server.budget.counts().refused, 1U);
  EXPECT_TRUE(client.streams[polite].heads.empty());
  EXPECT_EQ(server.session->phase(), SessionPhase::WaitingForRoom);
  EXPECT_EQ(server.budget.counts().bytes, 90'000U);
  most.release();
  server.budget.grant();
  client.streams[polite].upload = pattern(70000);
  client.streams[polite].stops_short = false;
  client.exchange(server);
  ASSERT_EQ(client.streams[polite].heads.size(), 1U);
  EXPECT_EQ(client.streams[polite].status(), "100");
  nghttp2_session_resume_data(client.session, polite);
  client.exchange(server);
  EXPECT_EQ(client.streams[polite].status(), "200");
}

TEST(Http2Session, AResponseWithoutRoomBecomes503) {
  TestConnection server(kMake, {}, {.total = 300'000, .per_client = 150'000, .wait_ms = 50});
  server.answer = [](const Request&) {
    return Response{.status = 200, .fields = {}, .body = pattern(100'000)};
  };
  Http2Client client({.manual_windows = true, .window = 1000, .checks = true});
  const int32_t one = client.send(get("/1"));
  const int32_t two = client.send(get("/2"));
  client.exchange(server);
  EXPECT_EQ(client.streams[one].status(), "200");
  EXPECT_EQ(client.streams[two].status(), "503");
  EXPECT_EQ(server.budget.counts().bytes, 100'000U);
  client.reset(one);
  client.exchange(server);
  EXPECT_EQ(server.budget.counts().bytes, 0U);
}

TEST(Http2Session, ASmallResponseNeedsNoRoom) {
  TestConnection server(kMake, {}, {.total = 1000, .per_client = 1000, .wait_ms = 50});
  BodyCharge all;
  server.budget.set_charge(server.account, 1000, all);
  server.answer = [](const Request& request) {
    return Response{
        .status = 200, .fields = {}, .body = pattern(request.target == "/small" ? 16384 : 16385)};
  };
  Http2Client client({.manual_windows = true, .window = 1000, .checks = true});
  const int32_t small = client.send(get("/small"));
  const int32_t large = client.send(get("/large"));
  const int32_t upload = client.send(post("/", {{"content-length", "1"}}), true, "x");
  client.exchange(server);
  EXPECT_EQ(client.streams[small].status(), "200");
  EXPECT_EQ(client.streams[large].status(), "503");
  EXPECT_EQ(client.streams[upload].status(), "503");
  EXPECT_EQ(server.refusals, std::vector(2, Refusal::NoRoom));
  EXPECT_EQ(server.budget.counts().refused, 2U);
  // It is charged while it waits for the client's window.
  EXPECT_EQ(server.budget.counts().bytes, 1000U + 16384U);
  client.reset(small);
  client.exchange(server);
  EXPECT_EQ(server.budget.counts().bytes, 1000U);
}

TEST(Http2Session, ADiscardedBodyIsReadAndDropped) {
  // A budget without memory for it.
  TestConnection server(kMake, {}, {.total = 100, .per_client = 50});
  server.answer_head = [](const Request&) { return BodyUse::Discard; };
  Http2Client client;
  const int32_t upload =
      client.send(post("/", {{"expect", "100-continue"}}), true, pattern(5'000'000));
  client.exchange(server);
  EXPECT_EQ(client.streams[upload].heads.size(), 2U);  // 100 is the first
  EXPECT_EQ(client.streams[upload].status(), "200");
  EXPECT_EQ(client.streams[upload].uploaded, 5'000'000U);
  ASSERT_EQ(server.requests.size(), 1U);
  EXPECT_EQ(server.requests[0].request.body.capacity(), std::string().capacity());
  EXPECT_EQ(server.budget.counts().bytes, 0U);
  EXPECT_EQ(server.budget.counts().refused, 0U);

  ServerLimits limits;
  limits.max_body = 100'000;
  TestConnection narrow(kMake, limits);
  narrow.answer_head = server.answer_head;
  Http2Client other;
  const int32_t large = other.send(post("/"), true, pattern(100'001));
  other.exchange(narrow);
  EXPECT_EQ(other.streams[large].status(), "413");
  EXPECT_EQ(narrow.abandoned.size(), 1U);
}

TEST(Http2Session, AHeadIsChargedOnce) {
  TestConnection server(kMake);
  server.arrive(connection_start());
  Pairs fields = post("/", {{"content-length", "5"}});
  for (int i = 0; i < 100; ++i) fields.emplace_back("x-" + std::string(100, 'n'), "v");
  server.arrive(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, literals(fields)));
  EXPECT_GE(server.budget.counts().bytes, 100U * (103 + sizeof(Field)));
  EXPECT_LE(server.budget.counts().bytes, 100U * (103 + sizeof(Field)) + 1000);
}

TEST(Http2Session, ARequestIsRefusedByItsHead) {
  TestConnection server(kMake);
  server.answer_head = [](const Request& head) -> HeadDecision {
    if (head.target != "/no") return BodyUse::Keep;
    return Response{.status = 403, .fields = {}, .body = "no"};
  };
  Http2Client client;
  const int32_t no =
      client.send(post("/no", {{"content-length", "5000000"}, {"expect", "100-continue"}}), true,
                  pattern(5'000'000));
  const int32_t yes = client.send(post("/yes"), true, "body");
  const int32_t without = client.send(get("/no"));
  client.exchange(server);
  ASSERT_EQ(client.streams[no].heads.size(), 1U);  // without 100 before it
  EXPECT_EQ(client.streams[no].status(), "403");
  EXPECT_TRUE(client.streams[no].closed);
  EXPECT_EQ(client.streams[no].error, uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_LE(client.streams[no].uploaded, size_t{Http2Session::kSmallBody});
  EXPECT_EQ(client.streams[yes].status(), "200");
  EXPECT_EQ(client.streams[without].status(),
            "200");  // it has no body: `head_received` is not called
  EXPECT_EQ(server.heads.size(), 2U);
  EXPECT_EQ(server.requests.size(), 2U);
  EXPECT_TRUE(server.abandoned.empty());
  EXPECT_EQ(server.budget.counts().bytes, 4U);  // the test keeps that request
}

TEST(Http2Session, ReportsABodyThatDoesNotArrive) {
  ServerLimits limits;
  limits.max_body = 10;
  TestConnection server(kMake, limits);
  Http2Client client;
  const int32_t too_large = client.send(post("/"), true, pattern(11));
  const int32_t reset = client.send(post("/"), true, "half");
  client.streams[reset].stops_short = true;
  client.exchange(server);
  client.reset(reset);
  client.exchange(server);
  EXPECT_EQ(client.streams[too_large].status(), "413");
  EXPECT_EQ(server.abandoned, (std::vector<StreamId>{static_cast<StreamId>(too_large),
                                                     static_cast<StreamId>(reset)}));
  EXPECT_EQ(server.budget.counts().bytes, 0U);
}

TEST(Http2Session, SendsLargeBodiesAsThePeerReads) {
  TestConnection server(kMake);
  const std::string body = pattern(3000000);
  server.answer = [&](const Request&) {
    return Response{.status = 200, .fields = {}, .body = body};
  };
  Http2Client client({.manual_windows = false, .window = 10000000, .checks = true});
  nghttp2_session_set_local_window_size(client.session, 0, 0, 10000000);
  const int32_t id = client.send(get("/"));
  server.sends_until_congested = 4;
  server.arrive(client.pop_output());
  EXPECT_EQ(server.sends, 4);
  EXPECT_TRUE(server.session->paused());
  EXPECT_TRUE(server.session->waits_for_peer());
  EXPECT_LE(server.largest_send, size_t{100} << 10);
  server.sends_until_congested = 5;
  server.resume();
  EXPECT_EQ(server.sends, 9);
  server.resume();
  client.exchange(server);
  EXPECT_EQ(client.streams[id].body, body);
  EXPECT_FALSE(server.session->waits_for_peer());
}

TEST(Http2Session, WaitsForThePeersWindow) {
  TestConnection server(kMake);
  const std::string body = pattern(200000);
  server.answer = [&](const Request&) {
    return Response{.status = 200, .fields = {}, .body = body};
  };
  Http2Client client({.manual_windows = true, .window = 1000, .checks = true});
  const int32_t one = client.send(get("/1"));
  const int32_t two = client.send(get("/2"));
  client.exchange(server);
  EXPECT_EQ(client.streams[one].body.size(), 1000U);
  EXPECT_EQ(client.streams[two].body.size(), 1000U);
  EXPECT_TRUE(server.session->waits_for_peer());
  EXPECT_EQ(server.session->phase(), SessionPhase::Responding);
  while (client.streams[one].body.size() < body.size()) {
    const size_t before = client.streams[one].body.size();
    nghttp2_session_consume(client.session, one, 1000);
    client.exchange(server);
    ASSERT_GT(client.streams[one].body.size(), before);
  }
  EXPECT_EQ(client.streams[one].body, body);
  client.reset(two);
  client.exchange(server);
  EXPECT_TRUE(server.abandoned.empty());  // it had its response
  EXPECT_EQ(server.session->phase(), SessionPhase::Idle);
}

TEST(Http2Session, ReportsAnAbandonedRequest) {
  TestConnection server(kMake);
  server.answers = false;
  Http2Client client;
  const int32_t one = client.send(get("/1"));
  const int32_t two = client.send(get("/2"));
  client.exchange(server);
  client.reset(one);
  client.exchange(server);
  EXPECT_EQ(server.abandoned, std::vector<StreamId>{static_cast<StreamId>(one)});
  server.session->respond(static_cast<StreamId>(one), {});
  server.session->respond(static_cast<StreamId>(two), {});
  client.exchange(server);
  EXPECT_EQ(client.streams[two].status(), "200");
}

TEST(Http2Session, DrainsWhenTheRequestsUnderWayAreAnswered) {
  TestConnection idle(kMake);
  Http2Client idle_client;
  idle_client.exchange(idle);
  idle.session->drain();
  EXPECT_TRUE(idle.session->finished());
  idle_client.exchange(idle);
  EXPECT_TRUE(idle_client.went_away);
  EXPECT_EQ(idle_client.goaway_error, 0U);

  TestConnection server(kMake);
  server.answers = false;
  Http2Client client;
  const int32_t id = client.send(get("/"));
  client.exchange(server);
  server.session->drain();
  client.exchange(server);
  EXPECT_TRUE(client.went_away);
  EXPECT_FALSE(server.session->finished());
  // Another request crosses the GOAWAY: it is not served.
  server.arrive(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 3,
                      literals(get("/2"))));
  EXPECT_EQ(server.requests.size(), 1U);
  server.session->respond(static_cast<StreamId>(id), {.status = 200, .fields = {}, .body = "b"});
  EXPECT_TRUE(server.session->finished());
  client.exchange(server);
  EXPECT_EQ(client.streams[id].body, "b");
}

TEST(Http2Session, EndsAfterTheRequestsThatAConnectionMayHave) {
  ServerLimits limits;
  limits.max_requests = 2;
  TestConnection server(kMake, limits);
  Http2Client client;
  for (int i = 0; i < 3; ++i) client.send(get("/"));
  client.exchange(server);
  EXPECT_EQ(server.requests.size(), 2U);
  EXPECT_EQ(client.streams[5].error, uint32_t{NGHTTP2_REFUSED_STREAM});
  EXPECT_TRUE(client.went_away);
  EXPECT_TRUE(server.session->finished());
}

TEST(Http2Session, ARequestThatTakesTooLongGets408) {
  TestConnection server(kMake);
  Http2Client client;
  Pairs fields = post("/", {{"content-length", "10"}});
  server.arrive(connection_start() +
                frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, literals(fields)) +
                frame(NGHTTP2_DATA, 0, 1, "half"));
  EXPECT_EQ(server.session->phase(), SessionPhase::ReadingBody);
  server.session->time_out();
  EXPECT_EQ(server.refusals, std::vector{Refusal::RequestTimeout});
  EXPECT_TRUE(server.session->finished());

  TestConnection idle(kMake);
  idle.arrive(connection_start());
  idle.session->time_out();
  EXPECT_TRUE(idle.refusals.empty());
  EXPECT_TRUE(idle.session->finished());
}

TEST(Http2Session, BodiesAreTimedOneByOne) {
  TestConnection server(kMake);
  const auto head = [](uint32_t stream) {
    return frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream,
                 literals(post("/", {{"content-length", "10"}})));
  };
  server.arrive(connection_start() + head(1) + head(3));
  server.now = 20;
  server.arrive(frame(NGHTTP2_DATA, 0, 1, "half") + head(5));
  EXPECT_EQ(server.session->oldest_body_ms(), 0U);
  server.now = 30;
  server.arrive(frame(NGHTTP2_DATA, 0, 3, "half"));
  EXPECT_EQ(server.session->oldest_body_ms(), 20U);
  // Frames without body data do not count.
  server.now = 40;
  server.arrive(frame(NGHTTP2_PING, 0, 0, "12345678") + frame(NGHTTP2_DATA, 0, 1, ""));
  EXPECT_EQ(server.session->oldest_body_ms(), 20U);
  server.session->time_out_bodies(19);
  EXPECT_TRUE(server.refusals.empty());
  server.session->time_out_bodies(20);
  EXPECT_EQ(server.refusals, std::vector(2, Refusal::RequestTimeout));
  EXPECT_EQ(server.abandoned, (std::vector<StreamId>{1, 5}));
  EXPECT_EQ(server.session->oldest_body_ms(), 30U);
  // The other request and the connection continue.
  server.arrive(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 3, "second"));
  ASSERT_EQ(server.requests.size(), 1U);
  EXPECT_EQ(server.requests[0].request.body, "halfsecond");
  EXPECT_FALSE(server.session->finished());
  EXPECT_EQ(server.session->oldest_body_ms(), std::nullopt);
}

TEST(Http2Session, ABodyThatWaitsForRoomIsNotTimed) {
  TestConnection server(kMake, {}, {.total = 400'000, .per_client = 400'000});
  server.arrive(connection_start());
  for (const uint32_t stream : {1U, 3U}) {
    server.arrive(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream,
                        literals(post("/", {{"content-length", "150000"}}))));
  }
  EXPECT_EQ(server.session->oldest_body_ms(), 0U);
  server.session->time_out_bodies(0);
  EXPECT_EQ(server.abandoned, std::vector<StreamId>{1});
  server.now = 50;
  server.budget.grant();
  EXPECT_EQ(server.session->oldest_body_ms(), 50U);
}

TEST(Http2Session, RefusesRequestsOverTheLimits) {
  ServerLimits limits;
  limits.max_target = 100;
  limits.max_field_values = 50;
  limits.max_head = 400;
  limits.max_fields = 4;
  limits.max_body = 10;
  struct Case {
    Pairs fields;
    std::string body;
    std::optional<Refusal> refusal;
  };
  const auto value = [](size_t size) { return std::string(size, 'v'); };
  const Case cases[] = {
      {get("/" + value(99)), "", std::nullopt},
      {get("/" + value(100)), "", Refusal::TargetTooLong},
      {get("/", {{"x", value(49)}}), "", std::nullopt},
      {get("/", {{"x", value(50)}}), "", Refusal::FieldsTooLarge},
      {get("/", {{"cookie", value(25)}, {"cookie", value(25)}}), "", Refusal::FieldsTooLarge},
      {get("/", {{"x", ""}, {"y", ""}, {"z", ""}}), "", std::nullopt},
      {get("/", {{"x", ""}, {"y", ""}, {"z", ""}, {"zz", ""}}), "", Refusal::FieldsTooLarge},
      {post("/"), "0123456789", std::nullopt},
      {post("/", {{"content-length", "10"}}), "0123456789", std::nullopt},
      {post("/"), "0123456789a", Refusal::BodyTooLarge},
      {post("/", {{"content-length", "11"}}), "0123456789a", Refusal::BodyTooLarge},
      {get("/#f"), "", Refusal::Malformed},
      {get("/", {{"host", "b"}}), "", Refusal::Malformed},
  };
  for (const Case& one : cases) {
    TestConnection server(kMake, limits);
    Http2Client client({.manual_windows = false, .window = 65535, .checks = false});
    const int32_t id = client.send(one.fields, !one.body.empty(), one.body);
    client.exchange(server);
    SCOPED_TRACE(concat(one.fields.back().first, ": ", one.fields.back().second));
    ASSERT_EQ(server.refusals.size(), one.refusal ? 1U : 0U);
    const uint16_t status = one.refusal ? refusal_status(*one.refusal) : 200;
    EXPECT_EQ(client.streams[id].status(), std::to_string(status));
    EXPECT_EQ(server.requests.size(), one.refusal ? 0U : 1U);
    if (one.refusal) {
      EXPECT_EQ(server.refusals[0], *one.refusal);
    }
    // The connection continues.
    const int32_t next = client.send(get("/"));
    client.exchange(server);
    EXPECT_EQ(client.streams[next].status(), "200");
  }
}

TEST(Http2Session, IsSmallWhenIdle) { EXPECT_LE(sizeof(Http2Session), 256U); }

}  // namespace
}  // namespace inlet53::http
