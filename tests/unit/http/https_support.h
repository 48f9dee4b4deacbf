// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/net/tls_support.h"
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "inlet53/base/text.h"
#include "inlet53/http/https_connections.h"
#include "inlet53/net/loop.h"
#include "inlet53/net/socket.h"
#include "inlet53/net/tcp_listener.h"
#include "inlet53/net/tls_stream.h"

namespace inlet53::http {

constexpr uint32_t kPatienceMs = 20'000;

/// HTTPS server on loopback with a record of its calls. It responds to each request with its
/// target, at once unless `answers` is false.
struct HttpsServerUnderTest final : RequestReceiver {
  explicit HttpsServerUnderTest(const HttpsOptions& options = {},
                                const net::TcpListener::Options& tcp = {},
                                const BodyBudget::Limits& bodies = {})
      : certificates({"gateway.amazonaws.com"}),
        tls(certificates.server({"h2", "http/1.1"})),
        budget(bodies),
        connections(loop, options, budget) {
    auto socket = net::open_tcp({*IpAddress::parse("127.0.0.1"), 0});
    EXPECT_TRUE(socket);
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    EXPECT_EQ(getsockname(socket->get(), reinterpret_cast<sockaddr*>(&storage), &length), 0);
    address = SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage));
    listener.emplace(loop, std::move(*socket), tcp, [this](net::TcpConnection& connection) {
      return connections.open(connection, tls, *this);
    });
  }

  HeadDecision head_received(RequestId, const RequestOrigin&, Request& head) override {
    ++heads;
    return answer_head(head);
  }
  void request_abandoned(RequestId id) override {
    EXPECT_EQ(std::count(abandoned.begin(), abandoned.end(), id), 0) << "abandoned again";
    abandoned.push_back(id);
    if (answers_abandoned) connections.respond(id, {.status = 499, .fields = {}, .body = "left"});
  }
  void request_received(RequestId id, const RequestOrigin& origin, Request&& request) override {
    EXPECT_EQ(std::count(abandoned.begin(), abandoned.end(), id), 0) << "received after its end";
    origins.push_back(origin);
    ids.push_back(id);
    requests.push_back(std::move(request));
    if (answers) connections.respond(id, answer(requests.back()));
  }
  Response refuse(Refusal refusal) override {
    refusals.push_back(refusal);
    return {.status = refusal_status(refusal), .fields = {}, .body = "refused"};
  }

  /// Runs the loop until `done`; false when the time limit has passed.
  template <class Condition>
  bool run_until(Condition done) {
    bool reached = false;
    net::Timer look(loop, [&] {
      for (const auto& turn : every_turn) turn();
      reached = done();
      if (reached) loop.stop();
    });
    net::Timer patience(loop, [&] { loop.stop(); });
    look.start(0, 1);
    patience.start(kPatienceMs);
    loop.run();
    return reached;
  }

  std::function<Response(const Request&)> answer = [](const Request& request) {
    return Response{.status = 200, .fields = {}, .body = request.target};
  };
  std::function<HeadDecision(Request&)> answer_head = [](Request&) { return BodyUse::Keep; };
  bool answers = true;
  bool answers_abandoned = false;
  int heads = 0;
  std::vector<RequestOrigin> origins;
  std::vector<RequestId> ids;
  std::vector<Refusal> refusals;
  std::vector<RequestId> abandoned;
  std::vector<std::function<void()>> every_turn;  // of clients

  net::TestCertificates certificates;
  net::TlsServerContext tls;
  net::Loop loop;
  SocketAddress address;
  BodyBudget budget;
  std::vector<Request> requests;  // their charges use the budget
  HttpsConnections connections;
  std::optional<net::TcpListener> listener;
};

/// Client on the server's loop: a socket, TLS, and the received data.
class HttpsTestClient final : net::TlsStreamOwner {
 public:
  HttpsTestClient(HttpsServerUnderTest& server, const std::string& protocol,
                  const char* source = "127.0.0.1")
      : server_(server), context_(server.certificates.client()) {
    if (!protocol.empty()) net::offer_protocols(context_, {protocol});
    socket_ = net::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    EXPECT_TRUE(socket_.valid());
    const SocketAddress from{*IpAddress::parse(source), 0};
    sockaddr_storage storage{};
    socklen_t length = from.to_sockaddr(storage);
    EXPECT_EQ(bind(socket_.get(), reinterpret_cast<sockaddr*>(&storage), length), 0);
    length = server.address.to_sockaddr(storage);
    EXPECT_EQ(connect(socket_.get(), reinterpret_cast<sockaddr*>(&storage), length), -1);
    EXPECT_EQ(errno, EINPROGRESS);
    index_ = server.every_turn.size();
    server.every_turn.emplace_back([this] { turn(); });
  }
  ~HttpsTestClient() {
    server_.every_turn[index_] = [] {};
  }
  HttpsTestClient(const HttpsTestClient&) = delete;
  HttpsTestClient& operator=(const HttpsTestClient&) = delete;

  /// Starts the handshake and completes it.
  [[nodiscard]] bool shake_hands() {
    tls_.emplace(context_, "gateway.amazonaws.com", static_cast<net::TlsStreamOwner&>(*this));
    tls_->begin();
    const auto is_over = [this] { return tls_->state() != net::TlsStream::State::Handshaking; };
    return server_.run_until([&] { return at_end || is_over(); }) &&
           tls_->state() == net::TlsStream::State::Open;
  }
  void send(std::string_view plaintext) { tls_->send(as_bytes(plaintext)); }
  void send_raw(std::string_view bytes) { outgoing_ += bytes; }
  /// Sends close_notify.
  void end() { tls_->end(); }
  void close() { socket_.reset(); }
  void shut_down() { ::shutdown(socket_.get(), SHUT_WR); }
  [[nodiscard]] bool sent_all() const { return outgoing_.empty(); }

  std::string received;   // plaintext
  bool reads = true;      // false: reads nothing from its socket
  bool at_end = false;    // FIN or RST arrived
  bool said_bye = false;  // close_notify arrived

 private:
  void turn() {
    if (!socket_.valid()) return;
    while (!outgoing_.empty()) {
      const ssize_t count = ::send(socket_.get(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
      if (count <= 0) break;
      outgoing_.erase(0, static_cast<size_t>(count));
    }
    while (reads && !at_end) {
      std::vector<uint8_t> buffer(size_t{256} << 10);
      const ssize_t count = recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (count < 0 && (errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN)) break;
      at_end = count <= 0;
      if (count > 0 && tls_) tls_->received(Bytes(buffer).first(static_cast<size_t>(count)));
      if (tls_) said_bye = tls_->state() == net::TlsStream::State::Ended;
    }
  }

  void send_ciphertext(Bytes bytes) override { outgoing_ += as_text(bytes); }
  size_t received_plaintext(Bytes stream) override {
    received += as_text(stream);
    return stream.size();
  }
  [[nodiscard]] bool wants_no_plaintext() const override { return false; }

  HttpsServerUnderTest& server_;
  net::TlsClientContext context_;
  net::Descriptor socket_;
  std::optional<net::TlsStream> tls_;
  std::string outgoing_;
  size_t index_ = 0;
};

}  // namespace inlet53::http
