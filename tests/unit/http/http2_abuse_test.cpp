// SPDX-License-Identifier: Apache-2.0

// Peers that violate or abuse HTTP/2: the stream or the connection ends, and the memory and work
// that they can cause are limited.
#include <algorithm>
#include <ctime>

#include "http2_support.h"

namespace inlet53::http {
namespace {

using namespace std::string_view_literals;

constexpr auto kMake = make_http2_session;
constexpr uint8_t kWhole = NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM;

std::string request_frame(uint32_t id, const Pairs& fields = get("/")) {
  return frame(NGHTTP2_HEADERS, kWhole, id, literals(fields));
}

TEST(Http2Abuse, MalformedRequestsAreResetAndNeverSeen) {
  const auto without = [](std::string_view name) {
    Pairs fields = get("/");
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
    return fields;
  };
  Pairs late_pseudo = get("/", {{"x", "y"}});
  std::swap(late_pseudo[3], late_pseudo[4]);
  Pairs relative = get("a");
  Pairs connect = get("/");
  connect[0].second = "CONNECT";
  Pairs ftp = get("/");
  ftp[1].second = "ftp";
  Pairs userinfo = get("/");
  userinfo[2].second = "u@a";
  const Pairs cases[] = {
      without(":method"),
      without(":scheme"),
      without(":path"),
      without(":authority"),
      late_pseudo,
      relative,
      connect,
      ftp,
      userinfo,
      get(""),
      get("*"),
      get("/ b"),
      get("/\x7f"),
      get("/\xc3\xa4"),
      get("/a#b"),
      get("/", {{":path", "/"}}),
      get("/", {{":unknown", "x"}}),
      get("/", {{":status", "200"}}),
      get("/", {{"X-Upper", "x"}}),
      get("/", {{"connection", "close"}}),
      get("/", {{"keep-alive", "x"}}),
      get("/", {{"proxy-connection", "x"}}),
      get("/", {{"transfer-encoding", "chunked"}}),
      get("/", {{"upgrade", "h2c"}}),
      get("/", {{"te", "gzip"}}),
      get("/", {{"host", "b"}}),
      get("/", {{"host", "a"}, {"host", "a"}}),
      get("/", {{"content-length", "3"}}),
      get("/", {{"content-length", "0"}, {"content-length", "0"}}),
      get("/", {{"content-length", "-1"}}),
      get("/", {{"x", "a\r\nb"}}),
      get("/", {{"x", std::string("a\0b", 3)}}),
      get("/", {{"x y", "z"}}),
      get("/", {{"", "z"}}),
      get("/", {{"x", " padded"}}),
      get("/", {{"x", "padded\t"}}),
  };
  for (const Pairs& fields : cases) {
    SCOPED_TRACE(fields.back().first + ": " + fields.back().second);
    TestConnection server(kMake);
    server.arrive(connection_start() + request_frame(1, fields));
    EXPECT_TRUE(server.requests.empty());
    // Either nghttp2 resets the stream, or the owner composes the refusal.
    const bool reset =
        server.sent.find(frame(NGHTTP2_RST_STREAM, 0, 1, "\0\0\0\1"sv)) != std::string::npos;
    EXPECT_NE(reset, server.refusals == std::vector{Refusal::Malformed});
    EXPECT_FALSE(server.session->finished());
    server.arrive(request_frame(3));
    EXPECT_EQ(server.requests.size(), 1U);
  }
}

TEST(Http2Abuse, ABodyMustHaveItsDeclaredLength) {
  for (const char* length : {"4", "6"}) {
    TestConnection server(kMake);
    server.arrive(connection_start() +
                  frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
                        literals(post("/", {{"content-length", length}}))) +
                  frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "hello"));
    EXPECT_TRUE(server.requests.empty());
    EXPECT_NE(server.sent.find(frame(NGHTTP2_RST_STREAM, 0, 1, "\0\0\0\1"sv)), std::string::npos);
  }
}

TEST(Http2Abuse, BadFramesEndTheConnection) {
  const std::string window_of_0 = frame(NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\0"sv);
  const std::string cases[] = {
      frame(NGHTTP2_DATA, 0, 1, "data on no stream"),
      frame(NGHTTP2_DATA, 0, 0, "data on stream 0"),
      request_frame(0),
      request_frame(2),
      frame(NGHTTP2_HEADERS, kWhole, 1, "\xff\xff\xff\xff\xff\xff"),  // invalid HPACK
      frame(NGHTTP2_HEADERS, 0, 1, "") + frame(NGHTTP2_DATA, 0, 1, ""),
      frame(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, ""),
      frame(NGHTTP2_SETTINGS, 0, 0, "12345"),
      frame(NGHTTP2_SETTINGS, 0, 1, ""),
      frame(NGHTTP2_SETTINGS, 0, 0, "\0\4\xff\xff\xff\xff"sv),  // a window above 2^31-1
      frame(NGHTTP2_PING, 0, 0, "1234567"),
      frame(NGHTTP2_PING, 0, 1, "12345678"),
      frame(NGHTTP2_RST_STREAM, 0, 1, "\0\0\0\0"sv),
      frame(NGHTTP2_PUSH_PROMISE, NGHTTP2_FLAG_END_HEADERS, 1, "\0\0\0\2"sv),
      window_of_0,
      frame(NGHTTP2_WINDOW_UPDATE, 0, 0, "\x7f\xff\xff\xff"),
      frame(NGHTTP2_GOAWAY, 0, 1, "\0\0\0\0\0\0\0\0"sv),
      frame(NGHTTP2_DATA, 0, 1, std::string(16385, 'x')),
  };
  for (const std::string& octets : cases) {
    for (const bool in_one : {true, false}) {
      TestConnection server(kMake);
      server.arrive(connection_start());
      const std::string before = server.pop_sent();
      in_one ? server.arrive(octets) : server.trickle(octets);
      EXPECT_TRUE(server.session->finished()) << testing::PrintToString(octets.substr(0, 40));
      EXPECT_TRUE(server.requests.empty());
    }
  }
}

TEST(Http2Abuse, OtherProtocolsEndAtOnce) {
  for (const std::string_view octets :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv, "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"sv, "\0"sv}) {
    TestConnection server(kMake);
    server.arrive(octets);
    EXPECT_TRUE(server.session->finished());
    EXPECT_TRUE(server.requests.empty());
  }
  TestConnection no_settings(kMake);
  no_settings.arrive(std::string(kPreface) + request_frame(1));
  EXPECT_TRUE(no_settings.session->finished());
}

TEST(Http2Abuse, RapidResetsEndTheConnection) {
  TestConnection server(kMake);
  server.answers = false;
  server.arrive(connection_start());
  uint32_t id = 1;
  for (int i = 0; i < 1000 && !server.session->finished(); ++i, id += 2) {
    server.arrive(request_frame(id) + frame(NGHTTP2_RST_STREAM, 0, id, "\0\0\0\x08"sv));
  }
  EXPECT_TRUE(server.session->finished());
  EXPECT_LE(server.requests.size(), 300U);
  EXPECT_EQ(server.abandoned.size(), server.requests.size());
}

TEST(Http2Abuse, ResetsThatWeAreMadeToSendCountToo) {
  TestConnection server(kMake);
  server.answers = false;
  server.arrive(connection_start());
  uint32_t id = 1;
  for (int i = 0; i < 1000 && !server.session->finished(); ++i, id += 2) {
    // A window of zero is a stream error: the server resets the stream.
    server.arrive(request_frame(id) + frame(NGHTTP2_WINDOW_UPDATE, 0, id, "\0\0\0\0"sv));
  }
  EXPECT_TRUE(server.session->finished());
  EXPECT_LE(server.requests.size(), 300U);
}

TEST(Http2Abuse, AClientThatCancelsNowAndThenIsServed) {
  TestConnection server(kMake);
  Http2Client client;
  for (int i = 0; i < 2000; ++i) {
    const int32_t id = client.send(get("/"));
    client.exchange(server);
    EXPECT_EQ(client.streams[id].status(), "200");
    server.answers = i % 10 != 0;
    const int32_t cancelled = client.send(get("/"));
    if (i % 10 == 0) {
      client.exchange(server);
      client.reset(cancelled);
      server.answers = true;
    }
  }
  EXPECT_FALSE(server.session->finished());
}

TEST(Http2Abuse, StreamsOverTheLimitAreRefused) {
  ServerLimits limits;
  limits.max_streams = 4;
  TestConnection server(kMake, limits);
  server.answers = false;
  server.arrive(connection_start());
  for (uint32_t id = 1; id < 20; id += 2) server.arrive(request_frame(id));
  EXPECT_EQ(server.requests.size(), 4U);
}

TEST(Http2Abuse, AHeadWithoutEndEndsTheConnection) {
  TestConnection server(kMake);
  server.arrive(connection_start() + frame(NGHTTP2_HEADERS, 0, 1, literals(get("/"))));
  const std::string more = frame(NGHTTP2_CONTINUATION, 0, 1, literals({{"x", "y"}}));
  for (int i = 0; i < 100 && !server.session->finished(); ++i) server.arrive(more);
  EXPECT_TRUE(server.session->finished());
  EXPECT_TRUE(server.requests.empty());
}

/// Returns a field of 4,000 bytes for HPACK's dynamic table; each '\xbe' after it repeats the
/// field.
std::string large_field() { return "\x40\x01x\x7f\xa1\x1e" + std::string(4000, 'v'); }

std::string goaway_calm(uint32_t last_stream) {
  std::string payload("\0\0\0\0\0\0\0\x0b", 8);
  payload[3] = static_cast<char>(last_stream);
  return frame(NGHTTP2_GOAWAY, 0, 0, payload);
}

TEST(Http2Abuse, AHeadThatExpandsBeyondTheAdvertisedLimitEndsTheConnection) {
  const std::string head = literals(get("/"));
  const std::string bomb = large_field() + std::string(12000, '\xbe');  // 48 MB
  const std::string cases[] = {
      frame(NGHTTP2_HEADERS, kWhole, 1, head + bomb),
      // In a trailer, and in a head of several frames.
      frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, literals(post("/"))) +
          frame(NGHTTP2_HEADERS, kWhole, 1, bomb),
      frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, head + large_field()) +
          frame(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, std::string(12000, '\xbe')),
      // Many short fields: each counts 32 more bytes.
      frame(NGHTTP2_HEADERS, kWhole, 1, head + "\x40\x01x\x01y" + std::string(3000, '\xbe')),
  };
  for (const std::string& octets : cases) {
    TestConnection server(kMake);
    server.arrive(connection_start() + octets);
    EXPECT_TRUE(server.requests.empty());
    EXPECT_TRUE(server.session->finished());
    const bool told = server.sent.find(goaway_calm(0)) != std::string::npos ||
                      server.sent.find(goaway_calm(1)) != std::string::npos;
    EXPECT_TRUE(told);
  }
}

// Compares the work for a block with the cost of a block that is just too large. Decoding a block
// to its end costs about a hundred times as much.
TEST(Http2Abuse, AHeadIsNotDecodedBeyondTheLimit) {
  const auto nanoseconds = [](size_t references) {
    const std::string octets =
        frame(NGHTTP2_HEADERS, kWhole, 1,
              literals(get("/")) + large_field() + std::string(references, '\xbe'));
    int64_t least = INT64_MAX;
    for (int i = 0; i < 5; ++i) {
      TestConnection server(kMake);
      server.arrive(connection_start());
      timespec begin{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
      server.arrive(octets);
      timespec end{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
      EXPECT_TRUE(server.session->finished());
      least = std::min(least,
                       (end.tv_sec - begin.tv_sec) * 1'000'000'000 + end.tv_nsec - begin.tv_nsec);
    }
    return least;
  };
  EXPECT_LT(nanoseconds(12000), 10 * nanoseconds(100));
}

TEST(Http2Abuse, ABlockOfARefusedStreamHasTheSameLimit) {
  TestConnection server(kMake);
  server.arrive(connection_start() + frame(NGHTTP2_HEADERS, kWhole, 1, literals(get("/"))));
  // nghttp2 decodes the heads of a stream that has ended without a callback.
  std::string more = frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 3, literals(get("/")));
  for (int i = 0; i < 8; ++i) {
    more += frame(NGHTTP2_CONTINUATION, 0, 3, std::string(16384, '\x82'));
  }
  server.arrive(more);
  EXPECT_TRUE(server.session->finished());
  EXPECT_EQ(server.requests.size(), 1U);
}

TEST(Http2Abuse, RequestsWithoutAResultAreLimited) {
  Pairs too_many = get("/");
  for (int i = 0; i < 300; ++i) too_many.emplace_back("x", "y");
  const Pairs cases[] = {get("/", {{"connection", "close"}}), get("/#f"), too_many};
  for (const Pairs& fields : cases) {
    TestConnection server(kMake);
    server.arrive(connection_start());
    uint32_t id = 1;
    for (; id < 10000 && !server.session->finished(); id += 2) {
      server.arrive(request_frame(id, fields));
    }
    EXPECT_TRUE(server.session->finished());
    EXPECT_LE(id / 2, 1010U);
    EXPECT_NE(server.sent.find("\x0b"), std::string::npos);
  }
  // They may be mixed with useful ones.
  TestConnection server(kMake);
  server.arrive(connection_start());
  for (uint32_t id = 1; id < 10000; id += 4) {
    server.arrive(request_frame(id) + request_frame(id + 2, get("/#f")));
  }
  EXPECT_FALSE(server.session->finished());
}

TEST(Http2Abuse, ATurnEndsAfterManyRequests) {
  TestConnection server(kMake);
  server.turns_go_on = false;
  std::string requests = connection_start();
  for (uint32_t id = 1; id < 500; id += 2) requests += request_frame(id);
  server.arrive(requests);
  EXPECT_TRUE(server.session->turn_is_over());
  EXPECT_TRUE(server.session->paused());
  EXPECT_LT(server.requests.size(), 150U);
  const size_t before = server.requests.size();
  server.arrive({});
  EXPECT_EQ(server.requests.size(), before);
  for (int turns = 0; turns < 10 && !server.waiting.empty(); ++turns) {
    server.session->begin_turn();
    server.arrive({});
  }
  EXPECT_EQ(server.requests.size(), 250U);
}

TEST(Http2Abuse, ATurnEndsAfterHeadsThatExpandToALot) {
  TestConnection server(kMake);
  server.turns_go_on = false;
  std::string requests = connection_start() + request_frame(1) +
                         frame(NGHTTP2_HEADERS, kWhole, 3, literals(get("/")) + large_field());
  for (uint32_t id = 5; id < 300; id += 2) {  // 9 kB each
    requests += frame(NGHTTP2_HEADERS, kWhole, id, literals(get("/")) + "\xbe\xbe");
  }
  server.arrive(requests);
  EXPECT_TRUE(server.session->turn_is_over());
  EXPECT_LT(server.requests.size(), 64U);
}

// A field with a name of 4000 bytes is sent once, and then in each head 13 times by its index.
TEST(Http2Abuse, HeadsThatExpandToALotNeedRoom) {
  const std::string long_name = "\x40\x7f\xa1\x1e" + std::string(4000, 'n') + "\x01v";
  for (const bool with_body : {false, true}) {
    SCOPED_TRACE(with_body ? "with a body" : "without a body");
    TestConnection server(kMake, {}, {.total = 4'000'000, .per_client = 1'000'000, .wait_ms = 50});
    server.answers = false;
    uint8_t flags = kWhole;
    if (with_body) flags = NGHTTP2_FLAG_END_HEADERS;
    const Pairs small = with_body ? post("/", {{"content-length", "1"}}) : get("/");
    std::string octets =
        connection_start() + frame(NGHTTP2_HEADERS, flags, 1, literals(small) + long_name);
    for (uint32_t id = 3; id < 100; id += 2) {
      octets += frame(NGHTTP2_HEADERS, flags, id, literals(small) + std::string(13, '\xbe'));
    }
    server.arrive(octets);
    EXPECT_LE(server.budget.counts().bytes, 1'000'000U);
    EXPECT_GE(server.budget.counts().bytes, 800'000U);
    EXPECT_GT(server.refusals.size(), 30U);
    EXPECT_EQ(server.refusals, std::vector(server.refusals.size(), Refusal::NoRoom));
    EXPECT_EQ(server.budget.counts().refused, server.refusals.size());
    // Common requests need no charge, and the memory is released.
    server.arrive(frame(NGHTTP2_HEADERS, kWhole, 101, literals(get("/common"))));
    ASSERT_FALSE(server.requests.empty());
    EXPECT_EQ(server.requests.back().request.target, "/common");
    server.requests.clear();
    server.session.reset();
    EXPECT_EQ(server.budget.counts().bytes, 0U);
  }
}

TEST(Http2Abuse, AcknowledgementsDoNotPileUp) {
  const std::string floods[] = {frame(NGHTTP2_PING, 0, 0, "12345678"),
                                frame(NGHTTP2_SETTINGS, 0, 0, "")};
  for (const std::string& one : floods) {
    TestConnection server(kMake);
    server.arrive(connection_start());
    std::string flood;
    for (int i = 0; i < 500; ++i) flood += one;
    const int sends = server.sends;
    for (int i = 0; i < 100 && !server.session->finished(); ++i) server.arrive(flood);
    EXPECT_TRUE(server.session->finished());
    EXPECT_LE(server.sends - sends, 30);
  }
}

TEST(Http2Abuse, FramesWithoutDataAreLimited) {
  const std::string request =
      frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, literals(post("/")));
  const std::string floods[] = {
      frame(NGHTTP2_DATA, 0, 1, ""),
      frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, "\4pads"),
      frame(NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\0\0\1"sv),
  };
  for (const std::string& one : floods) {
    TestConnection server(kMake);
    server.arrive(connection_start() + request);
    std::string flood;
    for (int i = 0; i < 1000; ++i) flood += one;
    int rounds = 0;
    while (rounds < 100 && !server.session->finished()) {
      server.arrive(flood);
      ++rounds;
    }
    EXPECT_TRUE(server.session->finished());
    EXPECT_EQ(rounds, 11);
  }
}

TEST(Http2Abuse, AStreamThatOverrunsItsWindowIsReset) {
  // Memory for two bodies of unknown length.
  TestConnection server(kMake, {}, {.total = 64 << 20, .per_client = 21'100'000, .wait_ms = 1000});
  server.arrive(connection_start() + frame(NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, ""));
  std::string heads;
  for (uint32_t id = 1; id <= 5; id += 2) {
    heads += frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, id, literals(post("/")));
  }
  server.arrive(heads);
  const std::string data(16384, 'x');
  // Two have memory for large bodies; the third waits for it, with its initial window.
  for (int i = 0; i < 4; ++i) {
    for (uint32_t id = 1; id <= 5; id += 2) server.arrive(frame(NGHTTP2_DATA, 0, id, data));
  }
  const std::string before = server.pop_sent();
  EXPECT_FALSE(server.session->finished());
  server.arrive(frame(NGHTTP2_DATA, 0, 5, data));
  const bool stream_reset =
      server.sent.find(frame(NGHTTP2_RST_STREAM, 0, 5, "\0\0\0\3"sv)) != std::string::npos;
  EXPECT_TRUE(server.session->finished() || stream_reset);
  EXPECT_TRUE(server.requests.empty());
}

}  // namespace
}  // namespace inlet53::http
