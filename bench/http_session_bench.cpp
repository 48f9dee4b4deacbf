// SPDX-License-Identifier: Apache-2.0

// The cost of one request from the received bytes to the sent bytes: a small GET with the usual
// fields of a client on a persistent connection, answered with a small JSON body.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <nghttp2/nghttp2.h>

#include "inlet53/http/server_session.h"

namespace inlet53::http {
namespace {

constexpr std::string_view kHost = "dligg9dxuk.execute-api.eu-west-1.amazonaws.com";
constexpr std::string_view kRequest =
    "GET /prod/orders/17?fields=all HTTP/1.1\r\n"
    "Host: dligg9dxuk.execute-api.eu-west-1.amazonaws.com\r\n"
    "User-Agent: aws-sdk-go-v2/1.24.0 os/linux lang/go#1.21.5 md/GOOS#linux md/GOARCH#amd64\r\n"
    "Accept: */*\r\n"
    "Accept-Encoding: gzip\r\n"
    "X-Amzn-Trace-Id: Root=1-65a1b2c3-0123456789abcdef01234567\r\n"
    "\r\n";

struct Connection final : SessionOwner {
  using Make = std::unique_ptr<ServerSession> (*)(SessionOwner&, const ServerLimits&, BodyAccount&);
  explicit Connection(Make make) : session(make(*this, {}, account)) {}
  ~Connection() {
    session.reset();
    account.budget.close(account);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  HeadDecision head_received(StreamId, Request&) override { return BodyUse::Keep; }
  void request_received(StreamId stream, Request&& request) override {
    benchmark::DoNotOptimize(request);
    session->respond(stream,
                     {.status = 200,
                      .fields = {{"Content-Type", "application/json"},
                                 {"Date", "Sat, 14 Feb 2026 09:26:53 GMT"},
                                 {"x-amzn-RequestId", "0e1d5b5a-3c5c-4b39-9d2c-0f6a4b0a7c11"}},
                      .body = R"({"id":17,"state":"shipped","lines":[1,2,3]})"});
  }
  void request_abandoned(StreamId) override {}
  Response refuse(Refusal refusal) override {
    return {.status = refusal_status(refusal), .fields = {}, .body = {}};
  }
  void send_bytes(Bytes bytes) override { sent += bytes.size(); }
  [[nodiscard]] bool congested() const override { return false; }
  void room_decided() override {}
  [[nodiscard]] uint64_t now_ms() const override { return 0; }
  void receive(std::string_view octets) {
    session->begin_turn();
    benchmark::DoNotOptimize(session->received(as_bytes(octets)));
  }

  static inline BodyBudget budget;
  BodyAccount& account = budget.open(IpAddress{});
  size_t sent = 0;
  std::unique_ptr<ServerSession> session;
};

void expect_answers(benchmark::State& state, const Connection& connection) {
  if (connection.sent < 100 || connection.session->finished()) {
    state.SkipWithError("no responses");
  }
}

void BM_Http1Get(benchmark::State& state) {
  Connection connection(make_http1_session);
  for (auto _ : state) {
    connection.receive(kRequest);
  }
  expect_answers(state, connection);
}
BENCHMARK(BM_Http1Get);

/// The bytes of a client that sends `count` requests: the beginning of the connection, and then one
/// part for each. Field names and values are in the dynamic table after the first request.
std::vector<std::string> http2_octets(size_t count) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session* client = nullptr;
  nghttp2_session_client_new(&client, callbacks, nullptr);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(client, NGHTTP2_FLAG_NONE, nullptr, 0);
  // Without SETTINGS of a server, it would stop at 100 streams.
  const uint8_t settings[] = {0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0x7f, 0xff, 0xff, 0xff};
  nghttp2_session_mem_recv(client, settings, sizeof settings);
  const auto take = [client] {
    std::string out;
    const uint8_t* data = nullptr;
    for (ssize_t size; (size = nghttp2_session_mem_send(client, &data)) > 0;) {
      out += as_text({data, static_cast<size_t>(size)});
    }
    return out;
  };
  const auto field = [](std::string_view name, std::string_view value) {
    return nghttp2_nv{const_cast<uint8_t*>(as_bytes(name).data()),
                      const_cast<uint8_t*>(as_bytes(value).data()), name.size(), value.size(),
                      NGHTTP2_NV_FLAG_NONE};
  };
  const nghttp2_nv fields[] = {
      field(":method", "GET"),
      field(":scheme", "https"),
      field(":authority", kHost),
      field(":path", "/prod/orders/17?fields=all"),
      field("user-agent",
            "aws-sdk-go-v2/1.24.0 os/linux lang/go#1.21.5 md/GOOS#linux md/GOARCH#amd64"),
      field("accept", "*/*"),
      field("accept-encoding", "gzip"),
      field("x-amzn-trace-id", "Root=1-65a1b2c3-0123456789abcdef01234567"),
  };
  std::vector<std::string> pieces{take()};
  for (size_t i = 0; i < count; ++i) {
    nghttp2_submit_request(client, nullptr, fields, std::size(fields), nullptr, nullptr);
    pieces.push_back(take());
  }
  nghttp2_session_del(client);
  return pieces;
}

void BM_Http2Get(benchmark::State& state) {
  const std::vector<std::string> pieces = http2_octets(100'000);
  // The client's WINDOW_UPDATE, so that the server's window is never empty: 2^31-1 minus 65535.
  const std::string window("\0\0\4\10\0\0\0\0\0\x7f\xff\0\0", 13);
  std::unique_ptr<Connection> connection;
  size_t next = pieces.size();
  for (auto _ : state) {
    if (next == pieces.size()) {
      state.PauseTiming();
      connection = std::make_unique<Connection>(make_http2_session);
      connection->session->received(as_bytes(pieces[0]));
      connection->session->received(as_bytes(window));
      next = 1;
      state.ResumeTiming();
    }
    connection->receive(pieces[next++]);
  }
  expect_answers(state, *connection);
}
BENCHMARK(BM_Http2Get);

/// Heap bytes of a connection between requests (see the counter; the time is meaningless).
void idle_memory(benchmark::State& state, Connection::Make make, std::string_view first) {
  constexpr size_t kConnections = 1000;
  for (auto _ : state) {
    std::vector<std::unique_ptr<Connection>> connections;
    connections.reserve(kConnections);
    const size_t before = mallinfo2().uordblks;
    for (size_t i = 0; i < kConnections; ++i) {
      connections.push_back(std::make_unique<Connection>(make));
      connections.back()->session->received(as_bytes(first));
    }
    state.counters["octets"] = static_cast<double>(mallinfo2().uordblks - before) / kConnections;
  }
}
BENCHMARK_CAPTURE(idle_memory, http1, make_http1_session, std::string(kRequest))->Iterations(1);
BENCHMARK_CAPTURE(idle_memory, http2, make_http2_session,
                  [] {
                    const auto pieces = http2_octets(1);
                    return pieces[0] + pieces[1];
                  }())
    ->Iterations(1);

}  // namespace
}  // namespace inlet53::http

BENCHMARK_MAIN();
