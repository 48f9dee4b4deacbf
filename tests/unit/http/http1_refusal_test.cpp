// SPDX-License-Identifier: Apache-2.0

// Ambiguous or invalid HTTP is refused; nothing after it is read.
#include "session_support.h"

namespace inlet53::http {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view bytes;
  Refusal refusal;
};

constexpr std::string_view kNext = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

constexpr Case kCases[] = {
    // Content-Length and Transfer-Encoding.
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
     "5\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: identity\r\ncontent-length: 3\r\n\r\nabc",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\nabc", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3a\r\n\r\nabc", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 2\r\n\r\nabc", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3.0\r\n\r\nabc", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nabc", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \"3\"\r\n\r\nabc", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\na",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\na",
     Refusal::BodyTooLarge},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10485761\r\n\r\na", Refusal::BodyTooLarge},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", Refusal::UnsupportedCoding},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     Refusal::UnsupportedCoding},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
     Refusal::UnsupportedCoding},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n",
     Refusal::UnsupportedCoding},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
     Refusal::UnsupportedCoding},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
     Refusal::UnsupportedCoding},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
     Refusal::UnsupportedCoding},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"
     "0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\0: chunked\r\n\r\n0\r\n\r\n"sv,
     Refusal::Malformed},
    // Lines.
    {"GET / HTTP/1.1\nHost: a\n\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\n\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\n\nGET /x HTTP/1.1\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\n \r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nX y: b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"sv, Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\x01\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: b\x7f\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\xc3: b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\n(X): b\r\n\r\n", Refusal::Malformed},
    {"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    // The request line.
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET /\r\n\r\n", Refusal::Malformed},
    {"GET /\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET / http/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/01.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1x\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", Refusal::UnsupportedVersion},
    {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", Refusal::UnsupportedVersion},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", Refusal::UnsupportedVersion},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Refusal::UnsupportedVersion},
    {"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"get / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GETX / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET *a HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET http:// HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET http://a:99999/ HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", Refusal::Malformed},
    {"CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", Refusal::Malformed},
    // Host.
    {"GET / HTTP/1.1\r\n\r\n", Refusal::Malformed},
    {"GET http://a/ HTTP/1.1\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", Refusal::Malformed},
    {"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", Refusal::Malformed},
    // Chunks.
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\nA\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nAB\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;\n\r\nA\r\n0\r\n\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000001\r\nA\r\n",
     Refusal::Malformed},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nA\r\n",
     Refusal::BodyTooLarge},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\na00001\r\nA\r\n",
     Refusal::BodyTooLarge},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\nGET",
     Refusal::Malformed},
    // Not HTTP.
    {"\x16\x03\x01\x02\x00\x01\x00"sv, Refusal::Malformed},
    {"\r\n\x00"sv, Refusal::Malformed},
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", Refusal::Malformed},
};

void expect_refused(const Case& one, TestConnection& connection) {
  SCOPED_TRACE(one.bytes);
  ASSERT_EQ(connection.refusals.size(), 1U);
  EXPECT_EQ(connection.refusals[0], one.refusal);
  EXPECT_TRUE(connection.requests.empty());
  EXPECT_TRUE(connection.session->finished());
  const std::string status = concat("HTTP/1.1 ", refusal_status(one.refusal), " ");
  EXPECT_EQ(connection.sent.substr(0, status.size()), status);
  EXPECT_NE(connection.sent.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(connection.sent.find("HTTP/1.1", 1), std::string::npos) << connection.sent;
}

TEST(Http1Refusal, NothingIsReadAfterARefusedRequest) {
  for (const Case& one : kCases) {
    TestConnection connection(make_http1_session);
    const std::string bytes = std::string(one.bytes) + std::string(kNext);
    EXPECT_EQ(connection.session->received(as_bytes(bytes)), bytes.size()) << one.bytes;
    expect_refused(one, connection);
    EXPECT_EQ(connection.session->received(as_bytes(kNext)), kNext.size());
    expect_refused(one, connection);
  }
}

TEST(Http1Refusal, IsTheSameInAnySegmentation) {
  for (const Case& one : kCases) {
    for (size_t cut = 1; cut <= one.bytes.size(); ++cut) {
      TestConnection connection(make_http1_session);
      connection.arrive(one.bytes.substr(0, cut));
      connection.arrive(one.bytes.substr(cut));
      connection.arrive(kNext);
      expect_refused(one, connection);
    }
    TestConnection connection(make_http1_session);
    connection.trickle(one.bytes);
    connection.trickle(kNext);
    expect_refused(one, connection);
  }
}

TEST(Http1Refusal, AHeadWithoutRoomIsAnsweredWithoutContentWhenItsMethodIsHead) {
  TestConnection connection(make_http1_session, {}, {.total = 1000, .per_client = 1000});
  connection.arrive(
      concat("HEAD / HTTP/1.1\r\nHost: a\r\nX: ", std::string(9000, 'x'), "\r\n\r\n"));
  EXPECT_EQ(connection.refusals, std::vector{Refusal::NoRoom});
  EXPECT_EQ(connection.sent.substr(0, 13), "HTTP/1.1 503 ");
  EXPECT_TRUE(connection.sent.ends_with("\r\n\r\n")) << connection.sent;
}

struct Sized {
  std::string head;
  std::optional<Refusal> refusal;
};

TEST(Http1Refusal, LimitsAreExactToTheByte) {
  ServerLimits limits;
  limits.max_target = 100;
  limits.max_field_values = 50;
  limits.max_head = 400;
  limits.max_fields = 4;
  limits.max_body = 10;
  const auto get = [](size_t target, const std::string& fields) {
    return "GET /" + std::string(target - 1, 'x') + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  };
  const auto value = [](size_t size) { return "X: " + std::string(size, 'v') + "\r\n"; };
  const Sized cases[] = {
      {get(100, ""), std::nullopt},
      {get(101, ""), Refusal::TargetTooLong},
      {get(1, value(49)), std::nullopt},
      {get(1, value(50)), Refusal::FieldsTooLarge},
      {get(1, value(30) + value(20)), Refusal::FieldsTooLarge},
      {get(1, value(1) + value(1) + value(1)), std::nullopt},
      {get(1, value(1) + value(1) + value(1) + value(1)), Refusal::FieldsTooLarge},
      {get(1, std::string(400 - 32, 'n') + ": v\r\n"), std::nullopt},
      {get(1, std::string(400 - 31, 'n') + ": v\r\n"), Refusal::FieldsTooLarge},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789", std::nullopt},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n", Refusal::BodyTooLarge},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n",
       Refusal::BodyTooLarge},
      // An endless head is refused before its end.
      {std::string(200, 'G'), Refusal::TargetTooLong},
      {"GET /" + std::string(200, 'x'), Refusal::TargetTooLong},
      {"GET / HTTP/1.1\r\n" + std::string(400, 'x'), Refusal::FieldsTooLarge},
      {"GET / HTTP/1.1\r\n" + value(1) + value(1) + value(1) + value(1) + value(1),
       Refusal::FieldsTooLarge},
  };
  for (const Sized& one : cases) {
    for (const bool in_one : {true, false}) {
      TestConnection connection(make_http1_session, limits);
      in_one ? connection.arrive(one.head) : connection.trickle(one.head);
      ASSERT_EQ(connection.refusals.size(), one.refusal ? 1U : 0U) << one.head;
      if (one.refusal) {
        EXPECT_EQ(connection.refusals[0], *one.refusal) << one.head;
      } else {
        EXPECT_EQ(connection.requests.size(), 1U) << one.head;
      }
      EXPECT_EQ(connection.session->finished(), one.refusal.has_value());
    }
  }
}

}  // namespace
}  // namespace inlet53::http
