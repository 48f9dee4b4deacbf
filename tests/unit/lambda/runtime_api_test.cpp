// SPDX-License-Identifier: Apache-2.0
#include "runtime_api.h"

#include <deque>

#include "lambda_support.h"
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace inlet53::lambda {
namespace {

struct Recorder final : RuntimeApiOwner {
  void next_requested() override { events.emplace_back("next"); }
  void response_received(std::string&& payload) override {
    events.push_back("response " + payload);
  }
  void response_too_large() override { events.emplace_back("too large"); }
  void error_received(std::string&& payload) override { events.push_back("error " + payload); }
  void init_error_received(std::string&& payload) override {
    events.push_back("init error " + payload);
  }
  void disconnected() override { events.emplace_back("disconnected"); }

  std::vector<std::string> events;
};

struct Api {
  Api() {
    auto opened = RuntimeApi::open(
        loop, owner, [this](const SocketAddress&, const SocketAddress&) { return authorized; });
    EXPECT_TRUE(opened) << opened.error();
    api = std::move(*opened);
    client.emplace(api->authority());
  }

  // Returns the status and the body of one response.
  std::string ask(const std::string& method, const std::string& path,
                  const std::string& body = "") {
    client->received.clear();
    client->send(request(method, path, body));
    return answer();
  }
  static std::string request(const std::string& method, const std::string& path,
                             const std::string& body = "") {
    return method + " /2018-06-01/runtime" + path +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
  }
  std::string answer() {
    EXPECT_TRUE(run_until(loop, [&] { return !client->read() || complete(); }));
    const size_t head_end = client->received.find("\r\n\r\n");
    if (head_end == std::string::npos) return "closed";
    std::string body = client->received.substr(head_end + 4);
    while (body.ends_with('\n')) body.pop_back();
    return client->received.substr(9, 3) + " " + body;
  }
  [[nodiscard]] bool complete() const {
    const std::string& text = client->received;
    const size_t head_end = text.find("\r\n\r\n");
    const size_t length = text.find("Content-Length: ");
    if (head_end == std::string::npos || length > head_end) return false;
    return text.size() >= head_end + 4 + std::stoul(text.substr(length + 16));
  }
  // Changes the phase to Running.
  void deliver(const std::string& id = "id-1", const std::string& payload = "{}") {
    client->received.clear();
    client->send(request("GET", "/invocation/next"));
    const size_t before = owner.events.size();
    EXPECT_TRUE(run_until(loop, [&] { return owner.events.size() > before; }));
    api->deliver({.request_id = id,
                  .payload = payload,
                  .function_arn = "arn",
                  .trace_id = "Root=1",
                  .deadline_ms = 1234});
    EXPECT_EQ(answer(), "200 " + payload);
  }

  net::Loop loop;
  Recorder owner;
  bool authorized = true;  // for new connections
  std::unique_ptr<RuntimeApi> api;
  std::optional<Client> client;
};

using Events = std::vector<std::string>;
constexpr const char* kOk = "202 {\"status\":\"OK\"}";

std::string out_of_turn(const std::string& from, const std::string& to) {
  return "403 {\"errorMessage\":\"State transition from " + from + " to " + to +
         " failed for runtime. Error: State transition is not allowed\",\"errorType\":"
         "\"InvalidStateTransition\"}";
}

TEST(RuntimeApi, DeliversInvocationsAndReceivesOutcomes) {
  Api api;
  api.deliver("id-1", "[1]");
  for (const char* field :
       {"Lambda-Runtime-Aws-Request-Id: id-1\r\n", "Lambda-Runtime-Deadline-Ms: 1234\r\n",
        "Lambda-Runtime-Invoked-Function-Arn: arn\r\n", "Lambda-Runtime-Trace-Id: Root=1\r\n",
        "Content-Type: application/json\r\n"}) {
    EXPECT_NE(api.client->received.find(field), std::string::npos) << field;
  }
  EXPECT_EQ(api.ask("POST", "/invocation/id-1/response", "\"one\""), kOk);
  api.deliver("id-2");
  EXPECT_EQ(api.ask("POST", "/invocation/id-2/error", "{}"), kOk);
  EXPECT_EQ(api.owner.events, (Events{"next", "response \"one\"", "next", "error {}"}));
}

TEST(RuntimeApi, AcceptsAnOutcomeAndTheNextRequestInOneWrite) {
  Api api;
  api.deliver();
  api.client->received.clear();
  api.client->send(Api::request("POST", "/invocation/id-1/response", "1") +
                   Api::request("GET", "/invocation/next"));
  EXPECT_EQ(api.answer(), kOk);
  EXPECT_EQ(api.owner.events, (Events{"next", "response 1", "next"}));
}

TEST(RuntimeApi, AcceptsAnInitErrorOnceAndAtTheStart) {
  Api api;
  EXPECT_EQ(api.ask("POST", "/init/error", "{\"errorType\": \"x\"}"), kOk);
  EXPECT_EQ(api.ask("POST", "/init/error", "{}"), out_of_turn("InitError", "InitError"));
  EXPECT_EQ(api.ask("GET", "/invocation/next"), out_of_turn("InitError", "Ready"));
  EXPECT_EQ(api.owner.events, (Events{"init error {\"errorType\": \"x\"}"}));
}

TEST(RuntimeApi, RefusesRequestsInTheWrongPhase) {
  const std::string unknown =
      "400 {\"errorMessage\":\"Invalid request ID\",\"errorType\":"
      "\"InvalidRequestID\"}";
  Api api;
  EXPECT_EQ(api.ask("POST", "/invocation/id-1/response", "1"), unknown);
  EXPECT_EQ(api.ask("POST", "/invocation//response", "1"), unknown);
  api.deliver();
  EXPECT_EQ(api.ask("GET", "/invocation/next"), out_of_turn("Running", "Ready"));
  EXPECT_EQ(api.ask("POST", "/init/error", "{}"), out_of_turn("Running", "InitError"));
  EXPECT_EQ(api.ask("POST", "/invocation/id-2/response", "1"), unknown);
  EXPECT_EQ(api.ask("POST", "/invocation/id-1/response", "1"), kOk);
  EXPECT_EQ(api.ask("POST", "/invocation/id-1/response", "2"),
            out_of_turn("Responded", "InvocationResponse"));
  EXPECT_EQ(api.ask("POST", "/invocation/id-1/error", "{}"),
            out_of_turn("Responded", "InvocationErrorResponse"));
  EXPECT_EQ(api.owner.events, (Events{"next", "response 1"}));
}

TEST(RuntimeApi, RefusesOtherResourcesAndMethods) {
  Api api;
  EXPECT_EQ(api.ask("GET", "/nothing").substr(0, 3), "404");
  EXPECT_EQ(api.ask("POST", "/invocation/id-1/nothing").substr(0, 3), "404");
  EXPECT_EQ(api.ask("POST", "/invocation/id-1").substr(0, 3), "404");
  EXPECT_EQ(api.ask("POST", "/invocation/next").substr(0, 3), "405");
  EXPECT_EQ(api.ask("PUT", "/invocation/id-1/response", "1").substr(0, 3), "405");
  EXPECT_EQ(api.ask("GET", "/init/error").substr(0, 3), "405");
  EXPECT_TRUE(api.owner.events.empty());
}

TEST(RuntimeApi, RefusesPayloadsThatAreTooLarge) {
  const std::string refusal =
      "413 {\"errorMessage\":\"Exceeded maximum allowed payload size (6291556 bytes).\","
      "\"errorType\":\"RequestEntityTooLarge\"}";
  Api api;
  api.deliver();
  api.client->received.clear();
  // Sends in pieces, since no other thread reads while this one writes.
  const std::string text = Api::request("POST", "/invocation/id-1/response",
                                        std::string(RuntimeApi::kMaxPayload + 1, 'x'));
  size_t sent = 0;
  EXPECT_TRUE(run_until(api.loop, [&] {
    const ssize_t count = send(api.client->descriptor.get(), text.data() + sent, text.size() - sent,
                               MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0) sent += static_cast<size_t>(count);
    return sent == text.size();
  }));
  EXPECT_EQ(api.answer(), refusal);
  EXPECT_EQ(api.owner.events, (Events{"next", "too large"}));
  // A body with a declared size that exceeds the read limit.
  api.deliver("id-2");
  api.client->received.clear();
  api.client->send(
      "POST /2018-06-01/runtime/invocation/id-2/response HTTP/1.1\r\nHost: x\r\n"
      "Content-Length: 99999999\r\n\r\n");
  EXPECT_EQ(api.answer(), refusal);
  // Its connection ends.
  EXPECT_TRUE(run_until(api.loop, [&] { return !api.client->read() && !api.api->connected(); }));
  EXPECT_EQ(api.owner.events, (Events{"next", "too large", "next", "too large", "disconnected"}));
}

TEST(RuntimeApi, DoesNotCrashOnGarbage) {
  Api api;
  for (const std::string& garbage :
       {std::string("\0\0\0\0\r\n\r\n", 8), std::string("GET\r\n\r\n"), std::string(200'000, 'x'),
        std::string("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")}) {
    Client client(api.api->authority());
    // The server may close the connection while the rest is being sent.
    send(client.descriptor.get(), garbage.data(), garbage.size(), MSG_NOSIGNAL);
    EXPECT_TRUE(run_until(api.loop, [&] { return !client.read(); }));
  }
  EXPECT_EQ(api.ask("GET", "/nothing").substr(0, 3), "404");
}

TEST(RuntimeApi, ClosesAConnectionThatIsNotAuthorizedWithoutAByte) {
  Api api;
  EXPECT_EQ(api.ask("GET", "/nothing").substr(0, 3), "404");  // accepted while authorized
  api.authorized = false;
  Client refused(api.api->authority());
  send(refused.descriptor.get(), "GET", 3, MSG_NOSIGNAL);
  EXPECT_TRUE(run_until(api.loop, [&] { return !refused.read(); }));
  EXPECT_EQ(refused.received, "");
  // The decision is made once for each connection.
  EXPECT_EQ(api.ask("GET", "/nothing").substr(0, 3), "404");
  EXPECT_TRUE(api.owner.events.empty());
}

// Otherwise a process of the same user would get some of the runtime's connections.
TEST(RuntimeApi, SharesItsPortWithNoOtherSocket) {
  const Api api;
  const auto address = SocketAddress::parse(api.api->authority());
  ASSERT_TRUE(address);
  const auto other = net::open_tcp(*address);  // with SO_REUSEPORT
  ASSERT_FALSE(other);
  EXPECT_TRUE(other.error().address_in_use());
  const auto any = net::open_tcp({*IpAddress::parse("0.0.0.0"), address->port});
  ASSERT_FALSE(any);
  EXPECT_TRUE(any.error().address_in_use());
}

TEST(RuntimeApi, LetsARuntimeAskAgainOverAnotherConnection) {
  Api api;
  api.client->send(Api::request("GET", "/invocation/next"));
  EXPECT_TRUE(run_until(api.loop, [&] { return api.owner.events == Events{"next"}; }));
  api.client.reset();
  EXPECT_TRUE(run_until(api.loop, [&] { return !api.api->connected(); }));
  EXPECT_EQ(api.owner.events, (Events{"next", "disconnected"}));
  // The runtime is still ready; the next invocation goes to the new connection.
  api.client.emplace(api.api->authority());
  api.client->send(Api::request("GET", "/invocation/next"));
  EXPECT_TRUE(run_until(api.loop, [&] { return api.api->connected(); }));
  api.api->deliver({.request_id = "id-1", .payload = "7", .function_arn = "arn", .trace_id = ""});
  EXPECT_EQ(api.answer(), "200 7");
}

}  // namespace
}  // namespace inlet53::lambda
