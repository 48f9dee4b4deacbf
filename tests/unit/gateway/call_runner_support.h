// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gateway_support.h"
#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/gateway/call_logs.h"
#include "inlet53/gateway/call_runner.h"
#include "inlet53/net/tcp_listener.h"

namespace inlet53::gateway {

/// Limit of each wait in a test: long, for slow and busy machines.
inline constexpr uint64_t kPatienceMs = 60'000;

/// Server for HTTP integrations: calls `script` with each request, and sends its result; nothing
/// for an empty text.
class Backend final {
 public:
  using Script = std::function<std::string(std::string_view request)>;

  Backend(net::Loop& loop, Script script) : script_(std::move(script)) {
    auto socket = net::open_tcp({*IpAddress::parse("127.0.0.1"), 0});
    EXPECT_TRUE(socket);
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    EXPECT_EQ(getsockname(socket->get(), reinterpret_cast<sockaddr*>(&storage), &length), 0);
    port_ = SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&storage)).port;
    listener_.emplace(loop, std::move(*socket), net::TcpListener::Options{},
                      [this](net::TcpConnection& connection) {
                        return std::make_unique<Client>(*this, connection);
                      });
  }

  [[nodiscard]] std::string uri(std::string_view path) const {
    return concat("http://127.0.0.1:", port_, path);
  }
  [[nodiscard]] size_t requests() const noexcept { return requests_; }
  [[nodiscard]] uint64_t open() const noexcept { return listener_->counts().open; }
  /// Returns the last request.
  [[nodiscard]] const std::string& last_request() const noexcept { return last_request_; }

 private:
  struct Client final : net::TcpClient {
    Client(Backend& of, net::TcpConnection& on) : backend(of), connection(on) {}
    size_t received(Bytes stream) override {
      arrived += as_text(stream);
      const size_t head = arrived.find("\r\n\r\n");
      if (head == std::string::npos || arrived.size() < head + 4 + length_of(arrived, head)) {
        return stream.size();
      }
      ++backend.requests_;
      backend.last_request_ = std::exchange(arrived, {});
      const std::string response = backend.script_(backend.last_request_);
      if (!response.empty()) connection.send(as_bytes(response));
      return stream.size();
    }

    Backend& backend;
    net::TcpConnection& connection;
    std::string arrived;  // not answered yet
  };

  static size_t length_of(const std::string& request, size_t head) {
    constexpr std::string_view kName = "\r\nContent-Length: ";
    const size_t at = request.find(kName);
    return at < head ? std::strtoul(&request[at + kName.size()], nullptr, 10) : 0;
  }

  Script script_;
  uint16_t port_ = 0;
  size_t requests_ = 0;
  std::string last_request_;
  std::optional<net::TcpListener> listener_;
};

/// Runner with logs. The responses to its calls are added to `responses`.
class CallRunnerTest : public testing::Test {
 protected:
  CallRunnerTest() {
    std::string text = (std::filesystem::temp_directory_path() / "calls-XXXXXX").string();
    EXPECT_NE(mkdtemp(text.data()), nullptr);
    folder = text;
    settings.lambda.log_folder = (folder / "log").string();
    topology.rest_apis[0].stages[0].access_log = {
        .file = file("access.log"),
        .format =
            "$context.httpMethod $context.path $context.status $context.error.responseType"
            " $context.integrationStatus [$context.integrationErrorMessage]"};
    topology.rest_apis[0].stages[0].execution_log = file("execution.log");
  }
  ~CallRunnerTest() override {
    responses.clear();
    runner.reset();
    line_logs.close(std::chrono::minutes(1));  // its thread creates files again that were removed
    std::filesystem::remove_all(folder);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return (folder / name).string(); }

  /// Serves the current `topology`.
  void start() {
    const auto state = build(topology, line_logs);
    if (!runner) {
      runner.emplace(loop, settings, logs, line_logs, bodies,
                     [this](CallId id, http::Response&& response) {
                       EXPECT_FALSE(responses.contains(id.stream)) << "a second response";
                       responses[id.stream] = std::move(response);
                     });
    }
    runner->replace_state(state);
  }

  static CallOrigin origin() {
    return {.vpc_endpoint = kEndpoint,
            .source = *IpAddress::parse("172.31.6.137"),
            .tls_version = "TLSv1.3",
            .cipher_suite = "TLS_AES_128_GCM_SHA256"};
  }
  static http::Request request(std::string target, std::string method = "GET",
                               http::Fields fields = {}, std::string body = {}) {
    return {.method = std::move(method),
            .target = std::move(target),
            .authority = kHost,
            .version = http::Version::Http11,
            .fields = std::move(fields),
            .body = std::move(body)};
  }

  /// Starts a call; its response is added to `responses` under the returned number.
  http::StreamId begin(http::Request&& request) {
    const http::StreamId number = ++begun;
    runner->call_received({1, number}, origin(), std::move(request));
    return number;
  }
  /// Starts a call and waits for its response.
  http::Response call(http::Request&& request) {
    const http::StreamId number = begin(std::move(request));
    EXPECT_TRUE(wait_until([&] { return responses.contains(number); })) << log("execution.log");
    return responses[number];
  }
  http::Response call(const std::string& target) { return call(request(target)); }

  [[nodiscard]] bool wait_until(const std::function<bool()>& done) {
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

  [[nodiscard]] std::string log(const std::string& name) const {
    std::ifstream in(folder / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] bool wait_for_log(const std::string& name, const std::string& text) {
    return wait_until([&] { return log(name).find(text) != std::string::npos; });
  }

  topology::Method& method(const std::string& path) {
    for (topology::Resource& resource : topology.rest_apis[0].resources) {
      if (resource.path == path) return resource.methods[0];
    }
    topology.rest_apis[0].resources.push_back({"bbbbb1", path, {mock_method("ANY", "")}});
    return topology.rest_apis[0].resources.back().methods[0];
  }
  /// Adds a function with code in Python, and a method at /NAME that calls it.
  topology::Function& add_function(const std::string& name, const std::string& python) {
    topology::Function function;
    function.name = name;
    function.id = "arn:aws:lambda:eu-west-1:123456789012:function:" + name;
    function.region = "eu-west-1";
    function.account_id = "123456789012";
    function.runtime = "python3.11";
    function.handler = "app.handler";
    function.code = file("code-" + name);
    function.timeout_seconds = 60;
    std::filesystem::create_directories(function.code);
    std::ofstream(std::filesystem::path(function.code) / "app.py") << python;
    topology::Integration& integration = method("/" + name).integration;
    integration.type = topology::IntegrationType::AwsProxy;
    integration.function = function.id;
    return topology.functions.emplace_back(function);
  }
  /// Adds a method at `path` that calls `uri`.
  topology::Integration& add_url(const std::string& path, const std::string& uri) {
    topology::Integration& integration = method(path).integration;
    integration.type = topology::IntegrationType::HttpProxy;
    integration.uri = uri;
    return integration;
  }

  std::filesystem::path folder;
  settings::HttpsDaemon settings;
  topology::Topology topology = small_topology();
  net::Loop loop;
  linelog::LineLogs line_logs{{}};
  CallLogs logs;
  http::BodyBudget bodies{{.total = 64ULL << 20, .per_client = 16ULL << 20}};
  std::optional<CallRunner> runner;
  http::StreamId begun = 0;
  std::map<http::StreamId, http::Response> responses;
};

inline std::string value_of(const http::Response& response, std::string_view name) {
  const http::Field* field = http::find_field(response.fields, name);
  return field == nullptr ? "" : field->value;
}

}  // namespace inlet53::gateway
