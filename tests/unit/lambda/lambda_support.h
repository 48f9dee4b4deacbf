// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/stat.h>

#include "inlet53/lambda/function_service.h"
#include "inlet53/net/socket.h"

namespace inlet53::lambda {

using Json = nlohmann::json;

/// Limit of each wait in a test: long, for slow and busy machines.
constexpr uint64_t kPatienceMs = 60'000;

/// Runs the loop until `done()`; false when the time limit has passed.
template <class Condition>
[[nodiscard]] bool run_until(net::Loop& loop, Condition done) {
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

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Directory that is removed with the test.
struct TemporaryFolder {
  TemporaryFolder() {
    std::string text = (std::filesystem::temp_directory_path() / "lambda-XXXXXX").string();
    EXPECT_NE(mkdtemp(text.data()), nullptr);
    path = text;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  void write_program(const std::string& name, const std::string& text) const {
    write(name, text);
    EXPECT_EQ(chmod((path / name).c_str(), 0755), 0);
  }

  std::filesystem::path path;
};

inline bool is_running(int pid) { return kill(pid, 0) == 0 || errno != ESRCH; }

/// Blocking socket of a client; the loop runs between sending and reading.
struct Client {
  explicit Client(const std::string& authority)
      : descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto port = std::stoi(authority.substr(authority.find(':') + 1));
    address.sin_port = htons(static_cast<uint16_t>(port));
    EXPECT_EQ(connect(descriptor.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  void send(const std::string& text) const {
    EXPECT_EQ(::send(descriptor.get(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  /// Reads the available bytes; false when the server has closed.
  bool read() {
    char bytes[65536];
    const ssize_t count = recv(descriptor.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (count > 0) received.append(bytes, static_cast<size_t>(count));
    return count > 0 || (count < 0 && errno == EAGAIN);
  }

  net::Descriptor descriptor;
  std::string received;
};

/// Service with one function, `hello`, whose code the test writes.
struct OneFunction {
  explicit OneFunction(const std::string& runtime = "python3.11",
                       const std::string& handler = "app.handler") {
    function.name = "hello";
    function.id = "arn:aws:lambda:eu-west-1:123456789012:function:hello";
    function.runtime = runtime;
    function.handler = handler;
    function.code = (folder.path / "code").string();
    function.timeout_seconds = 60;
    function.region = "eu-west-1";
    function.account_id = "123456789012";
    settings.log_folder = (folder.path / "log").string();
    std::filesystem::create_directories(function.code);
    std::filesystem::create_directories(settings.log_folder);
  }

  void code(const std::string& file, const std::string& text) const {
    folder.write("code/" + file, text);
  }
  void python(const std::string& text) const { code("app.py", text); }
  void bootstrap(const std::string& text) const {
    folder.write_program("code/bootstrap", "#!/bin/sh\n" + text);
  }

  FunctionService& started() {
    if (!service) service.emplace(loop, logs, std::vector{function}, settings, isolation);
    return *service;
  }

  /// Starts an invocation; its outcome is added to `outcomes` under its number.
  FunctionService::InvocationId invoke(const std::string& payload = "{}") {
    const auto number = ++invoked;
    return started().invoke(function.id, {.payload = payload, .trace_id = "Root=1-2-3"},
                            [this, number](Outcome&& outcome) {
                              EXPECT_FALSE(outcomes.contains(number)) << "a second outcome";
                              outcomes[number] = std::move(outcome);
                            });
  }
  [[nodiscard]] bool wait_for_outcomes(size_t count) {
    return run_until(loop, [&] { return outcomes.size() >= count; });
  }
  /// Invokes once and waits.
  Outcome call(const std::string& payload = "{}") {
    invoke(payload);
    const auto number = invoked;
    EXPECT_TRUE(run_until(loop, [&] { return outcomes.contains(number); })) << log();
    return outcomes[number];
  }
  Json call_for_json(const std::string& payload = "{}") {
    const Outcome outcome = call(payload);
    EXPECT_EQ(outcome.kind, OutcomeKind::Response) << outcome.payload << outcome.message;
    return Json::parse(outcome.payload, nullptr, false);
  }
  /// Waits for a condition, for example that the environment is ready again or its process has
  /// ended.
  [[nodiscard]] bool wait_until(const std::function<bool()>& done) { return run_until(loop, done); }
  /// Waits until a file that the function writes next to its code has a whole line, and reads it.
  std::string wait_for_line(const std::string& name) {
    const auto file = folder.path / name;
    EXPECT_TRUE(run_until(loop, [&] { return read_file(file).ends_with('\n'); })) << log();
    std::string line = read_file(file);
    if (!line.empty()) line.pop_back();
    return line;
  }
  [[nodiscard]] std::string log() const { return read_file(folder.path / "log" / "hello.log"); }
  [[nodiscard]] bool wait_for_log(std::string_view text) {
    return run_until(loop, [&] { return log().find(text) != std::string::npos; });
  }

  TemporaryFolder folder;
  topology::Function function;
  settings::Lambda settings;
  std::shared_ptr<Isolation> isolation;
  net::Loop loop;
  linelog::LineLogs logs{{}};
  std::map<int, Outcome> outcomes;
  int invoked = 0;
  std::optional<FunctionService> service;
};

}  // namespace inlet53::lambda
