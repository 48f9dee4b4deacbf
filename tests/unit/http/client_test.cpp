// SPDX-License-Identifier: Apache-2.0
#include "inlet53/http/client.h"

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/net/tcp_listener.h"
#include "inlet53/net/tls_stream.h"

namespace inlet53::http {
namespace {

constexpr uint32_t kPatienceMs = 60'000;

/// Server with a script: `script` gets the bytes that a connection has received since its last
/// call, and sends the response bytes.
class ScriptedPeer final {
 public:
  struct Connection final : net::TcpClient, net::TlsStreamOwner {
    Connection(ScriptedPeer& of, net::TcpConnection& on)
        : peer(of), number(peer.accepted_++), tcp(on) {
      if (peer.tls_ != nullptr) tls.emplace(*peer.tls_, *this);
      peer.connections_.insert(this);
    }

    size_t received(Bytes stream) override {
      if (tls) {
        tls->received(stream);
      } else {
        arrived += as_text(stream);
      }
      if (!arrived.empty()) peer.script_(*this);
      return stream.size();
    }
    void closed() override { peer.connections_.erase(this); }

    void send_ciphertext(Bytes octets) override { tcp.send(octets); }
    size_t received_plaintext(Bytes stream) override {
      arrived += as_text(stream);
      return stream.size();
    }
    [[nodiscard]] bool wants_no_plaintext() const override { return false; }
    void say(std::string_view text) { tls ? tls->send(as_bytes(text)) : tcp.send(as_bytes(text)); }
    void close() {
      if (tls) tls->end();
      tcp.close_after_send();
    }

    ScriptedPeer& peer;
    const size_t number;  // counts from 0
    net::TcpConnection& tcp;
    std::optional<net::TlsStream> tls;
    std::string arrived;  // not answered yet
  };
  using Script = std::function<void(Connection&)>;

  ScriptedPeer(net::Loop& loop, Script script, const net::TlsServerContext* tls = nullptr)
      : script_(std::move(script)), tls_(tls) {
    auto socket = net::open_tcp({*IpAddress::parse("127.0.0.1"), 0});
    EXPECT_TRUE(socket);
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    EXPECT_EQ(getsockname(socket->get(), reinterpret_cast<sockaddr*>(&storage), &length), 0);
    port_ = SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage)).port;
    listener_.emplace(loop, std::move(*socket), net::TcpListener::Options{},
                      [this](net::TcpConnection& connection) {
                        return std::make_unique<Connection>(*this, connection);
                      });
  }

  [[nodiscard]] Url url(std::string_view target = "/") const {
    return *parse_url(concat(tls_ != nullptr ? "https" : "http", "://127.0.0.1:", port_, target));
  }
  [[nodiscard]] size_t accepted() const { return accepted_; }
  [[nodiscard]] size_t open() const { return connections_.size(); }
  void close_all() {
    for (Connection* const connection : connections_) connection->close();
  }

 private:
  Script script_;
  const net::TlsServerContext* tls_;
  uint16_t port_ = 0;
  size_t accepted_ = 0;
  std::set<Connection*> connections_;  // that are open
  std::optional<net::TcpListener> listener_;
};

using Connection = ScriptedPeer::Connection;

std::string ok(std::string_view body, std::string_view more = {}) {
  return concat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n", more, "\r\n", body);
}

/// Responds to each request without a body with its target.
void echo_target(Connection& connection) {
  while (connection.arrived.find("\r\n\r\n") != std::string::npos) {
    const size_t begin = connection.arrived.find(' ') + 1;
    const std::string target =
        connection.arrived.substr(begin, connection.arrived.find(' ', begin) - begin);
    connection.arrived.erase(0, connection.arrived.find("\r\n\r\n") + 4);
    connection.say(ok(target));
  }
}

Request get(Fields fields = {}) {
  return {.method = "GET",
          .target = {},
          .authority = {},
          .version = Version::Http11,
          .fields = std::move(fields),
          .body = {}};
}

Request post(std::string body) {
  Request request = get();
  request.method = "POST";
  request.body = std::move(body);
  return request;
}

struct ClientTest : testing::Test {
  ~ClientTest() override {
    results.clear();
    client.reset();
  }
  void make_client(const ClientOptions& options = {}) { client.emplace(loop, options, budget); }

  /// Runs the loop until `done`; false when the time limit has passed.
  template <class Condition>
  bool run_until(Condition done) {
    bool reached = false;
    net::Timer look(loop, [&] {
      reached = done();
      if (reached) loop.stop();
    });
    net::Timer patience(loop, [&] { loop.stop(); });
    look.start(0, 1);
    patience.start(kPatienceMs);
    loop.run();
    return reached;
  }

  Client::CallId start(const Url& url, Request request) {
    const size_t place = results.size();
    results.emplace_back();
    return client->start(url, std::move(request), payer,
                         [this, place](Result<Response, ClientError>&& result) {
                           EXPECT_FALSE(results[place].has_value());
                           results[place] = std::move(result);
                           ++finished;
                         });
  }
  /// Makes one call and waits for its end.
  Result<Response, ClientError> call(const Url& url, Request request) {
    start(url, std::move(request));
    EXPECT_TRUE(run_until([&] { return finished == results.size(); }));
    return *results.back();
  }
  std::string body_of(const Url& url, Request request = get()) {
    const auto result = call(url, std::move(request));
    return result ? result->body : "error: " + result.error().message;
  }
  std::optional<ClientErrorKind> error_of(const Url& url, Request request) {
    const auto result = call(url, std::move(request));
    if (result) return std::nullopt;
    EXPECT_FALSE(result.error().message.empty());
    return result.error().kind;
  }

  const IpAddress payer = *IpAddress::parse("127.0.0.9");
  net::Loop loop;
  BodyBudget budget{{.total = 40ULL << 20, .per_client = 20ULL << 20}};
  std::optional<Client> client;
  std::vector<std::optional<Result<Response, ClientError>>> results;
  size_t finished = 0;
};

TEST_F(ClientTest, SendsARequestAsItIsAndFramesIt) {
  std::string seen;
  ScriptedPeer peer(loop, [&](Connection& connection) {
    seen += std::exchange(connection.arrived, {});
    if (seen.ends_with("body")) connection.say(ok("done", "X-Y: z\r\n"));
  });
  make_client();
  Request request = post("body");
  request.fields = {{"X-One", "1"},          {"Host", "other"},    {"Connection", "x"},
                    {"Content-Length", "9"}, {"Bad", "a\r\nB: c"}, {"x-two", ""}};
  const auto result = call(peer.url("/p?q"), std::move(request));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, "done");
  EXPECT_EQ(result->fields, (Fields{{"Content-Length", "4"}, {"X-Y", "z"}}));
  EXPECT_EQ(seen, concat("POST /p?q HTTP/1.1\r\nHost: ", peer.url().authority,
                         "\r\nX-One: 1\r\nx-two: \r\nContent-Length: 4\r\n\r\nbody"));
}

TEST_F(ClientTest, KeepsConnections) {
  ScriptedPeer peer(loop, echo_target);
  make_client();
  for (const char* target : {"/1", "/2", "/3"}) EXPECT_EQ(body_of(peer.url(target)), target);
  EXPECT_EQ(peer.accepted(), 1U);
  // Concurrent calls need separate connections.
  for (const char* target : {"/4", "/5", "/6"}) start(peer.url(target), get());
  EXPECT_TRUE(run_until([&] { return finished == results.size(); }));
  for (size_t i = 3; i < 6; ++i) EXPECT_EQ((*results[i])->body, concat('/', i + 1));
  EXPECT_EQ(peer.accepted(), 3U);
}

TEST_F(ClientTest, KeepsNoMoreThanItMay) {
  ScriptedPeer peer(loop, echo_target);
  ClientOptions options;
  options.max_idle_per_host = 1;
  make_client(options);
  for (const char* target : {"/4", "/5", "/6"}) start(peer.url(target), get());
  EXPECT_TRUE(run_until([&] { return finished == 3 && peer.open() == 1; }));
  options.idle_timeout_ms = 1;
  make_client(options);
  EXPECT_EQ(body_of(peer.url("/")), "/");
  EXPECT_TRUE(run_until([&] { return peer.open() == 0; }));
}

TEST_F(ClientTest, ClosesConnectionsThatTheServerDoesNotKeep) {
  const std::string_view answers[] = {
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\na",
      "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\n\r\na",
  };
  for (const std::string_view answer : answers) {
    ScriptedPeer peer(loop, [&](Connection& connection) {
      connection.arrived.clear();
      connection.say(answer);
      if (answer.find("Length") == std::string_view::npos) connection.close();
    });
    make_client();
    EXPECT_EQ(body_of(peer.url()), "a");
    EXPECT_EQ(body_of(peer.url()), "a");
    EXPECT_EQ(peer.accepted(), 2U) << answer;
  }
}

TEST_F(ClientTest, AHeadResponseHasNoBody) {
  ScriptedPeer peer(loop, [](Connection& connection) {
    connection.arrived.clear();
    connection.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  });
  make_client();
  Request request = get();
  request.method = "HEAD";
  EXPECT_EQ(body_of(peer.url(), request), "");
  EXPECT_EQ(body_of(peer.url(), request), "");
  EXPECT_EQ(peer.accepted(), 1U);
}

TEST_F(ClientTest, RepeatsAnIdempotentCallWhoseKeptConnectionWasClosed) {
  size_t requests = 0;
  ScriptedPeer peer(loop, [&](Connection& connection) {
    ++requests;
    // The first connection serves one request, and closes at the next one without a response.
    if (connection.number == 0 && requests == 2) return connection.close();
    connection.arrived.clear();
    connection.say(ok("a"));
  });
  make_client();
  EXPECT_EQ(body_of(peer.url()), "a");
  EXPECT_EQ(body_of(peer.url()), "a");
  EXPECT_EQ(requests, 3U);
  EXPECT_EQ(peer.accepted(), 2U);
}

TEST_F(ClientTest, DoesNotRepeatACallThatMayHaveRun) {
  struct Case {
    const char* method;
    const char* before_end;  // part of the response before the end
    size_t kept;             // calls that the connection has served before
  };
  for (const Case one : {Case{"POST", "", 1}, Case{"PATCH", "", 1}, Case{"GET", "HTTP", 1},
                         Case{"GET", "", 0}, Case{"GET", "HTTP/1.1 100 C\r\n\r\n", 1}}) {
    size_t requests = 0;
    ScriptedPeer peer(loop, [&](Connection& connection) {
      connection.arrived.clear();
      if (requests++ < one.kept) return connection.say(ok("a"));
      connection.say(one.before_end);
      connection.close();
    });
    make_client();
    for (size_t i = 0; i < one.kept; ++i) EXPECT_EQ(body_of(peer.url()), "a");
    Request request = get();
    request.method = one.method;
    EXPECT_EQ(error_of(peer.url(), request), ClientErrorKind::Broken) << one.method;
    EXPECT_EQ(requests, one.kept + 1);
  }
}

TEST_F(ClientTest, DropsAnIdleConnectionThatSpeaksOrEnds) {
  Connection* last = nullptr;
  ScriptedPeer peer(loop, [&](Connection& connection) {
    last = &connection;
    echo_target(connection);
  });
  make_client();
  EXPECT_EQ(body_of(peer.url("/1")), "/1");
  last->say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged");
  EXPECT_TRUE(run_until([&] { return peer.open() == 0; }));
  EXPECT_EQ(body_of(peer.url("/2")), "/2");
  peer.close_all();
  EXPECT_TRUE(run_until([&] { return peer.open() == 0; }));
  EXPECT_EQ(body_of(peer.url("/3")), "/3");
  EXPECT_EQ(peer.accepted(), 3U);
}

TEST_F(ClientTest, ReportsAnInvalidResponse) {
  struct Case {
    std::string answer;
    ClientErrorKind kind;
  };
  const Case cases[] = {
      {"", ClientErrorKind::Broken},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", ClientErrorKind::Broken},
      {"SSH-2.0-x\r\n\r\n", ClientErrorKind::Malformed},
      {"HTTP/1.1 200 OK\nContent-Length: 0\n\n", ClientErrorKind::Malformed},
      {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", ClientErrorKind::TooLarge},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(1000, 'x'), ClientErrorKind::TooLarge},
  };
  ClientOptions options;
  options.max_body = 100;
  options.max_head = 1000;
  for (const Case& one : cases) {
    ScriptedPeer peer(loop, [&](Connection& connection) {
      connection.arrived.clear();
      connection.say(one.answer);
      connection.close();
    });
    make_client(options);
    EXPECT_EQ(error_of(peer.url(), get()), one.kind) << one.answer;
    EXPECT_TRUE(run_until([&] { return peer.open() == 0; }));
  }
}

TEST_F(ClientTest, ReportsAnUnreachableServer) {
  uint16_t free_port = 0;
  { free_port = ScriptedPeer(loop, echo_target).url().port; }
  make_client();
  EXPECT_EQ(error_of(*parse_url(concat("http://127.0.0.1:", free_port)), get()),
            ClientErrorKind::Unreachable);
  EXPECT_EQ(error_of(*parse_url("http://no-such-host.invalid/"), get()),
            ClientErrorKind::Unreachable);
}

TEST_F(ClientTest, ResolvesNames) {
  ScriptedPeer peer(loop, echo_target);
  make_client();
  // Where localhost resolves to ::1 first, that address refuses, and the other one is tried.
  EXPECT_EQ(body_of(*parse_url(concat("http://localhost:", peer.url().port, "/x"))), "/x");
}

TEST_F(ClientTest, RefusesRequestsThatWouldBeTwo) {
  ScriptedPeer peer(loop, echo_target);
  make_client();
  Request request = get();
  request.method = "GET / HTTP/1.1\r\nX:";
  EXPECT_EQ(error_of(peer.url(), request), ClientErrorKind::Malformed);
  Url url = peer.url();
  url.target = "/ HTTP/1.1\r\nX: y";
  EXPECT_EQ(error_of(url, get()), ClientErrorKind::Malformed);
  EXPECT_EQ(peer.accepted(), 0U);
}

TEST_F(ClientTest, ForgetsACancelledCall) {
  ScriptedPeer peer(loop, [](Connection&) {});
  make_client();
  const auto id = start(peer.url(), get());
  EXPECT_TRUE(run_until([&] { return peer.accepted() == 1; }));
  client->cancel(id);
  client->cancel(id);
  EXPECT_TRUE(run_until([&] { return peer.open() == 0; }));
  EXPECT_EQ(finished, 0U);
}

TEST_F(ClientTest, MayBeDestroyedAndCalledWithinDone) {
  ScriptedPeer peer(loop, echo_target);
  make_client();
  std::vector<std::string> bodies;
  client->start(peer.url("/1"), get(), payer, [&](Result<Response, ClientError>&& first) {
    bodies.push_back(first->body);
    client->start(peer.url("/2"), get(), payer, [&](Result<Response, ClientError>&& second) {
      bodies.push_back(second->body);
      client.reset();
    });
  });
  EXPECT_TRUE(run_until([&] { return !client && peer.open() == 0; }));
  EXPECT_EQ(bodies, (std::vector<std::string>{"/1", "/2"}));
  EXPECT_EQ(peer.accepted(), 1U);

  make_client();
  client->start(peer.url("/3"), get(), payer, [](auto&&) { FAIL(); });
  client.reset();
}

TEST_F(ClientTest, CarriesLargeBodies) {
  constexpr size_t kSize = 5'000'000;
  ScriptedPeer peer(loop, [](Connection& connection) {
    const size_t head = connection.arrived.find("\r\n\r\n");
    if (head == std::string::npos || connection.arrived.size() < head + 4 + kSize) return;
    const std::string body = connection.arrived.substr(head + 4);
    connection.arrived.clear();
    connection.say(ok(body));
  });
  make_client();
  std::string body(kSize, '\0');
  for (size_t i = 0; i < kSize; ++i) body[i] = static_cast<char>(i % 251);
  EXPECT_TRUE(body_of(peer.url(), post(body)) == body);
  EXPECT_TRUE(body_of(peer.url(), post(body)) == body);
  EXPECT_EQ(peer.accepted(), 1U);
}

//--- Memory

constexpr size_t kMegabyte = 1'000'000;

// Each server declares a large body and sends half of it.
TEST_F(ClientTest, ResponsesThatAreArrivingHaveRoomInTheBudget) {
  ScriptedPeer peer(loop, [](Connection& connection) {
    connection.arrived.clear();
    connection.say(concat("HTTP/1.1 200 OK\r\nContent-Length: ", 6 * kMegabyte, "\r\n\r\n",
                          std::string(3 * kMegabyte, 'x')));
  });
  make_client();
  std::vector<Client::CallId> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(start(peer.url(), get()));
  // 20 MiB for one client: three of them.
  ASSERT_TRUE(run_until([&] { return finished == 7; }));
  for (const auto& result : results) {
    if (result) {
      EXPECT_EQ(result->error().kind, ClientErrorKind::NoRoom);
    }
  }
  EXPECT_TRUE(run_until([&] { return peer.open() == 3; }));
  EXPECT_GE(budget.counts().bytes, 18 * kMegabyte);
  EXPECT_LE(budget.counts().bytes, 20ULL << 20);
  EXPECT_EQ(budget.counts().refused, 7U);
  // Cancelled calls use no memory.
  for (const Client::CallId call : calls) client->cancel(call);
  EXPECT_EQ(budget.counts().bytes, 0U);
  EXPECT_TRUE(run_until([&] { return peer.open() == 0; }));
}

TEST_F(ClientTest, AResponseHasItsChargeWithIt) {
  ScriptedPeer peer(loop, [](Connection& connection) {
    connection.arrived.clear();
    connection.say(ok(std::string(kMegabyte, 'x')));
  });
  make_client();
  start(peer.url(), get());
  ASSERT_TRUE(run_until([&] { return finished == 1; }));
  EXPECT_GE((*results[0])->charge.bytes(), kMegabyte);
  EXPECT_EQ(budget.counts().bytes, (*results[0])->charge.bytes());
  results[0]->value() = {};
  EXPECT_EQ(budget.counts().bytes, 0U);
}

// The copy for a second attempt is charged too; a large request has no copy.
TEST_F(ClientTest, ASmallRequestThatMayBeRepeatedHasRoom) {
  constexpr size_t kSmall = 60'000;
  for (const size_t size : {kSmall, kMegabyte}) {
    size_t requests = 0;
    ScriptedPeer peer(loop, [&](Connection& connection) {
      const bool is_put = connection.arrived.starts_with("PUT");
      if (is_put && connection.arrived.size() < size) return;
      connection.arrived.clear();
      if (++requests == 2) return connection.close();
      connection.say(ok("a"));
    });
    make_client();
    EXPECT_EQ(body_of(peer.url()), "a");
    Request request = post(std::string(size, 'x'));
    request.method = "PUT";
    const size_t place = results.size();
    start(peer.url(), std::move(request));
    EXPECT_EQ(budget.counts().bytes >= kSmall, size == kSmall);
    ASSERT_TRUE(run_until([&] { return results[place].has_value(); }));
    EXPECT_EQ(results[place]->has_value(), size == kSmall);
    EXPECT_EQ(requests, size == kSmall ? 3U : 2U);
    results.clear();
    finished = 0;
    EXPECT_EQ(budget.counts().bytes, 0U);
  }
}

// The response has priority: the copy is released for its memory, or not made.
TEST_F(ClientTest, ACopyForASecondAttemptUsesNoMemoryOfTheResponse) {
  constexpr size_t kSize = 60'000;
  for (const uint64_t room : {100'000, 55'000}) {
    ScriptedPeer peer(loop, [&](Connection& connection) {
      const bool is_put = connection.arrived.starts_with("PUT");
      if (is_put && connection.arrived.size() < kSize) return;
      connection.arrived.clear();
      connection.say(ok(is_put ? std::string(50'000, 'x') : "a"));
    });
    make_client();
    EXPECT_EQ(body_of(peer.url()), "a");
    results.clear();
    finished = 0;
    BodyAccount& account = budget.open(payer);
    BodyCharge others;
    budget.set_charge(account, (20ULL << 20) - room, others);
    Request request = post(std::string(kSize, 'x'));
    request.method = "PUT";
    EXPECT_EQ(body_of(peer.url(), std::move(request)).size(), 50'000U);
    EXPECT_EQ(peer.accepted(), 1U);
    EXPECT_EQ(budget.counts().refused, 0U);
    others.release();
    budget.close(account);
  }
}

// The client holds the charge of a body until the response begins, and that of its head to the end.
TEST_F(ClientTest, AResponseHasTheRoomOfItsRequest) {
  constexpr size_t kHead = 10'000;
  ScriptedPeer peer(loop, [&](Connection& connection) {
    const size_t head = connection.arrived.find("\r\n\r\n");
    if (head == std::string::npos || connection.arrived.size() < head + 4 + 14 * kMegabyte) return;
    connection.arrived.clear();
    connection.say(concat("HTTP/1.1 200 OK\r\nContent-Length: ", 9 * kMegabyte, "\r\n\r\n",
                          std::string(kMegabyte, 'x')));
  });
  make_client();
  BodyAccount& account = budget.open(payer);
  Request request = post(std::string(14 * kMegabyte, 'x'));
  ASSERT_TRUE(budget.try_charge(account, 14 * kMegabyte + kHead, request.charge));
  budget.close(account);
  const Client::CallId call = start(peer.url(), std::move(request));
  EXPECT_EQ(budget.counts().bytes, 14 * kMegabyte + kHead);
  ASSERT_TRUE(
      run_until([&] { return finished == 1 || budget.counts().bytes != 14 * kMegabyte + kHead; }));
  ASSERT_EQ(finished, 0U);
  EXPECT_GE(budget.counts().bytes, 9 * kMegabyte + kHead);
  EXPECT_LT(budget.counts().bytes, 10 * kMegabyte);
  client->cancel(call);
  EXPECT_EQ(budget.counts().bytes, 0U);
}

// A server that responds before it reads: the request is still in memory.
TEST_F(ClientTest, ARequestThatIsNotWrittenKeepsItsRoom) {
  constexpr size_t kSize = 19 * kMegabyte;
  ScriptedPeer peer(loop, [](Connection& connection) {
    if (connection.arrived.empty()) return;
    connection.say(ok(std::string(3 * kMegabyte, 'x')));
    connection.tcp.pause();
  });
  make_client();
  BodyAccount& account = budget.open(payer);
  Request request = post(std::string(kSize, 'x'));
  ASSERT_TRUE(budget.try_charge(account, kSize, request.charge));
  budget.close(account);
  EXPECT_EQ(error_of(peer.url(), std::move(request)), ClientErrorKind::NoRoom);
  EXPECT_EQ(budget.counts().bytes, 0U);
}

//--- TLS

/// Self-signed certificate for 127.0.0.1, in a temporary directory.
struct SelfSigned {
  SelfSigned() {
    std::string pattern = (std::filesystem::temp_directory_path() / "client_test.XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    const std::string command = concat(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "
        "/CN=test"
        " -addext subjectAltName=IP:127.0.0.1 -keyout ",
        folder, "/key.pem -out ", folder, "/cert.pem 2>", folder, "/log");
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
  ~SelfSigned() { std::filesystem::remove_all(folder); }
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;

  std::string folder;
};

TEST_F(ClientTest, SpeaksTlsWithThoseItTrusts) {
  const SelfSigned files;
  auto context = net::TlsServerContext::load(files.folder + "/cert.pem", files.folder + "/key.pem",
                                             {"http/1.1"});
  ASSERT_TRUE(context) << context.error();
  ScriptedPeer peer(loop, echo_target, &*context);
  ClientOptions options;
  options.ca_file = files.folder + "/cert.pem";
  make_client(options);
  EXPECT_EQ(body_of(peer.url("/1")), "/1");
  EXPECT_EQ(body_of(peer.url("/2")), "/2");
  EXPECT_EQ(peer.accepted(), 1U);

  make_client();
  EXPECT_EQ(error_of(peer.url(), get()), ClientErrorKind::Unreachable);
  options.ca_file = "/no/such/file.pem";
  make_client(options);
  EXPECT_EQ(error_of(peer.url(), get()), ClientErrorKind::Unreachable);
}

TEST_F(ClientTest, OverTlsOnlyCloseNotifyEndsABody) {
  const SelfSigned files;
  auto context = net::TlsServerContext::load(files.folder + "/cert.pem", files.folder + "/key.pem",
                                             {"http/1.1"});
  ASSERT_TRUE(context) << context.error();
  for (const bool in_order : {true, false}) {
    ScriptedPeer peer(
        loop,
        [&](Connection& connection) {
          connection.arrived.clear();
          connection.say("HTTP/1.1 200 OK\r\n\r\nbody");
          in_order ? connection.close() : connection.tcp.close_after_send();
        },
        &*context);
    ClientOptions options;
    options.ca_file = files.folder + "/cert.pem";
    make_client(options);
    const auto result = call(peer.url(), get());
    ASSERT_EQ(result.has_value(), in_order);
    if (result) {
      EXPECT_EQ(result->body, "body");
    } else {
      EXPECT_EQ(result.error().kind, ClientErrorKind::Broken);
    }
  }
}

}  // namespace
}  // namespace inlet53::http
