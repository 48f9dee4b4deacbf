// SPDX-License-Identifier: Apache-2.0
#include "inlet53/control/control_server.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inlet53/base/text.h"
#include "inlet53/control/control_client.h"
#include "inlet53/http/client.h"
#include "inlet53/net/socket.h"

namespace inlet53::control {
namespace {

constexpr uint32_t kPatience = 60'000;

// Serves `/v1/echo`, which repeats the request, `/v1/late`, which responds when the next request
// comes, and `/v1/large`.
struct Echo {
  std::vector<ControlRoute> routes() {
    const auto echo = [this](RequestId id, const ControlRequest& request) {
      server->respond(
          id, json_response(200, concat("[\"", request.method, "\",\"", request.query, "\",",
                                        request.user.uid, ",",
                                        request.body.empty() ? "null" : request.body, "]")));
      if (late != 0) server->respond(late, json_response(200, "\"late\""));
    };
    return {{"GET", "/v1/echo", echo},
            {"POST", "/v1/echo", echo},
            {"GET", "/v1/late", [this](RequestId id, const ControlRequest&) { late = id; }},
            {"GET", "/v1/large",
             [this](RequestId id, const ControlRequest&) {
               server->respond(id,
                               json_response(200, concat("\"", std::string(kLarge, 'x'), "\"")));
             }},
            {"POST", "/v1/stop", [this](RequestId id, const ControlRequest&) {
               server->respond(id, json_response(200, "true"));
               loop->stop();
             }}};
  }
  static constexpr size_t kLarge = size_t{8} << 20;
  net::Loop* loop = nullptr;
  ControlServer* server = nullptr;
  std::atomic<RequestId> late = 0;  // 0: none
};

class ControlServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "control.XXXXXX").string();
    folder = mkdtemp(pattern.data());
    path = folder + "/control.sock";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  auto open(net::Loop& loop) { return ControlServer::open(loop, path, access, echo.routes()); }

  /// Serves while `client` runs on another thread.
  void serve(const std::function<void()>& client) {
    net::Loop loop;
    auto server = open(loop);
    ASSERT_TRUE(server) << server.error();
    echo.loop = &loop;
    echo.server = server->get();
    std::thread thread([&] {
      client();
      const auto stopped = call_daemon(path, {"POST", "/v1/stop", {}}, kPatience);
      EXPECT_TRUE(stopped) << stopped.error();
    });
    loop.run();
    thread.join();
  }
  ControlAnswer call(const ControlCall& call) {
    auto answer = call_daemon(path, call, kPatience);
    EXPECT_TRUE(answer) << answer.error();
    return answer ? std::move(*answer) : ControlAnswer{};
  }
  net::Descriptor connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    net::Descriptor connection(socket(AF_UNIX, SOCK_STREAM, 0));
    EXPECT_EQ(
        ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
        0);
    return connection;
  }

  Echo echo;
  ControlAccess access;
  std::string folder;
  std::string path;
};

std::string read_all(const net::Descriptor& connection) {
  std::string all;
  char buffer[4096];
  for (;;) {
    const ssize_t got = recv(connection.get(), buffer, sizeof buffer, 0);
    if (got <= 0) return all;
    all.append(buffer, static_cast<size_t>(got));
  }
}

TEST_F(ControlServerTest, RespondsToRequests) {
  serve([&] {
    const ControlAnswer get = call({"GET", "/v1/echo?name=a", {}});
    EXPECT_EQ(get.status, 200);
    EXPECT_EQ(get.body, concat("[\"GET\",\"name=a\",", geteuid(), ",null]\n"));
    EXPECT_EQ(call({"POST", "/v1/echo", "{}"}).body,
              concat("[\"POST\",\"\",", geteuid(), ",{}]\n"));
    EXPECT_EQ(call({"GET", "/v1/large", {}}).body.size(), Echo::kLarge + 3);
  });
}

TEST_F(ControlServerTest, RejectsWhatHasNoRoute) {
  serve([&] {
    EXPECT_EQ(call({"GET", "/v1/none", {}}).status, 404);
    EXPECT_EQ(call({"GET", "/v2/echo", {}}).status, 404);
    const ControlAnswer wrong = call({"DELETE", "/v1/echo", {}});
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.body, "{\"error\":\"/v1/echo has no method DELETE\"}\n");
  });
}

TEST_F(ControlServerTest, RejectsWhatIsNotHttpOrTooLarge) {
  serve([&] {
    const std::string limit(ControlServer::kMaxBody, '1');
    EXPECT_EQ(call({"POST", "/v1/echo", limit}).status, 200);
    EXPECT_EQ(call({"POST", "/v1/echo", limit + "1"}).status, 413);
    const net::Descriptor connection = connect();
    constexpr std::string_view kNoHttp = "cache flush all\n\n";
    ASSERT_EQ(send(connection.get(), kNoHttp.data(), kNoHttp.size(), 0),
              static_cast<ssize_t>(kNoHttp.size()));
    EXPECT_TRUE(read_all(connection).starts_with("HTTP/1.1 400 "));
  });
}

TEST_F(ControlServerTest, RespondsLater) {
  serve([&] {
    std::thread waiting([&] { EXPECT_EQ(call({"GET", "/v1/late", {}}).body, "\"late\"\n"); });
    const auto is_late = [&] {
      return call({"GET", "/v1/echo", {}}).status == 200 && echo.late != 0;
    };
    while (!is_late()) std::this_thread::yield();
    call({"GET", "/v1/echo", {}});
    waiting.join();
  });
}

// Each one more than the limit is closed; the others are served after them.
TEST_F(ControlServerTest, ServesAFewConnectionsAtATime) {
  serve([&] {
    std::vector<net::Descriptor> open;
    for (uint32_t i = 0; i < ControlServer::kMaxConnections; ++i) open.push_back(connect());
    const net::Descriptor refused = connect();
    EXPECT_EQ(read_all(refused), "");
    open.clear();
    while (!call_daemon(path, {"GET", "/v1/echo", {}}, kPatience)) std::this_thread::yield();
  });
}

TEST_F(ControlServerTest, SurvivesAClientThatDoesNotReadItsResponse) {
  serve([&] {
    const net::Descriptor connection = connect();
    constexpr std::string_view kRequest = "GET /v1/large HTTP/1.1\r\nHost: x\r\n\r\n";
    ASSERT_EQ(send(connection.get(), kRequest.data(), kRequest.size(), 0),
              static_cast<ssize_t>(kRequest.size()));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(call({"GET", "/v1/echo", {}}).status, 200);
  });
}

TEST_F(ControlServerTest, ServesItsOwnUserRootAndAGroup) {
  const auto permits = [](uint32_t uid, std::vector<uint32_t> groups, ControlAccess to) {
    return is_permitted({uid, std::move(groups)}, to);
  };
  EXPECT_TRUE(permits(geteuid(), {}, {}));
  EXPECT_TRUE(permits(0, {}, {}));
  EXPECT_FALSE(permits(geteuid() + 1, {0, getegid()}, {}));
  EXPECT_TRUE(permits(geteuid() + 1, {7, 8}, {8}));
  EXPECT_FALSE(permits(geteuid() + 1, {7, 9}, {8}));
}

TEST_F(ControlServerTest, GivesItsFileTheModeOfItsUsers) {
  const auto mode = [&] {
    struct stat found {};
    EXPECT_EQ(stat(path.c_str(), &found), 0);
    return found.st_mode & 0777U;
  };
  serve([&] { EXPECT_EQ(mode(), 0600U); });
  EXPECT_FALSE(std::filesystem::exists(path)) << "it is removed with the server";
  access.group = getegid();
  serve([&] { EXPECT_EQ(mode(), 0660U); });
}

TEST_F(ControlServerTest, RejectsAnotherUserWhateverTheMode) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  chmod(folder.c_str(), 0755);
  const auto status_for = [&](gid_t group) {
    const pid_t child = fork();
    if (child == 0) {
      if (setgroups(1, &group) != 0 || setgid(65534) != 0 || setuid(65534) != 0) _exit(255);
      const auto answer = call_daemon(path, {"GET", "/v1/echo", {}}, kPatience);
      _exit(answer ? answer->status / 100 : 254);
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
  };
  access.group = 4321;
  serve([&] {
    EXPECT_EQ(status_for(4321), 2);
    EXPECT_EQ(status_for(4322), 254) << "the mode keeps it out";
    chmod(path.c_str(), 0666);
    EXPECT_EQ(status_for(4322), 4);
  });
}

TEST_F(ControlServerTest, LeavesAloneWhatAnotherDaemonHasMadeSince) {
  net::Loop loop;
  auto socket = open(loop);
  ASSERT_TRUE(socket) << socket.error();
  std::filesystem::remove(path);
  std::ofstream(path) << "another's";
  socket->reset();
  EXPECT_TRUE(std::filesystem::exists(path));
}

// The other's file may get the number that the removed one had.
TEST_F(ControlServerTest, LeavesAloneASocketThatAnotherDaemonHasTakenOver) {
  net::Loop loop;
  for (int i = 0; i < 20; ++i) {
    auto first = open(loop);
    ASSERT_TRUE(first) << first.error();
    std::filesystem::remove(path);
    std::filesystem::remove(path + ".lock");
    auto second = open(loop);
    ASSERT_TRUE(second) << second.error();
    first->reset();
    ASSERT_TRUE(std::filesystem::is_socket(path));
    ASSERT_TRUE(std::filesystem::exists(path + ".lock"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder)) << "all goes with the daemon";
}

// Two daemons start at once: the second checks the path before the first has created its file.
TEST_F(ControlServerTest, IsOneDaemonsAloneAlsoBeforeItListens) {
  net::Loop loop;
  auto first = open(loop);
  ASSERT_TRUE(first) << first.error();
  std::filesystem::remove(path);
  const auto second = open(loop);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), path + ": cannot listen: another daemon (process " +
                                std::to_string(getpid()) +
                                ") uses it; stop that daemon, or configure another path");
}

// Does not accept connections, and its backlog is full.
TEST_F(ControlServerTest, IsNotTakenFromAProcessThatHangs) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* const at = reinterpret_cast<const sockaddr*>(&address);
  const net::Descriptor hanging(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(bind(hanging.get(), at, sizeof address), 0);
  ASSERT_EQ(listen(hanging.get(), 0), 0);
  std::vector<net::Descriptor> waiting;
  do {
    waiting.emplace_back(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
  } while (::connect(waiting.back().get(), at, sizeof address) == 0);
  net::Loop loop;
  const auto second = open(loop);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), path + ": cannot listen: another process uses it");
}

TEST_F(ControlServerTest, IsNotTakenFromADaemonThatServesIt) {
  serve([&] {
    net::Loop other;
    const auto second = open(other);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("another daemon"), std::string::npos);
  });
}

TEST_F(ControlServerTest, ReplacesTheSocketOfADeadDaemonButNoOtherFile) {
  serve([] {});
  {
    net::Loop loop;
    auto left = open(loop);
    ASSERT_TRUE(left);
    std::filesystem::create_hard_link(path, path + ".left");
  }
  std::filesystem::rename(path + ".left", path);
  ASSERT_TRUE(std::filesystem::is_socket(path));
  serve([] {});

  std::ofstream(path) << "a file";
  net::Loop loop;
  EXPECT_FALSE(open(loop));
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST_F(ControlServerTest, SaysWhyItCannotBeMade) {
  net::Loop loop;
  const auto problem = [&](const std::string& at) {
    const std::string text = control_path_problem(at);
    const auto opened = ControlServer::open(loop, at, {}, {});
    EXPECT_EQ(opened ? "" : opened.error(), text.empty() ? "" : at + ": cannot listen: " + text);
    return text;
  };
  EXPECT_EQ(problem(path), "");
  EXPECT_EQ(problem(folder + "/none/c.sock"),
            "its directory " + folder + "/none does not exist: create it");
  EXPECT_EQ(problem(std::string(200, 'x')), "the path is too long for a socket");
  std::ofstream(folder + "/file") << "a file";
  EXPECT_EQ(problem(folder + "/file"),
            "a file that is not a socket has this path: remove it, or configure another path");
  EXPECT_EQ(problem(folder + "/file/c.sock"), folder + "/file is not a directory");
  std::filesystem::create_symlink(folder + "/file", path + ".lock");
  const auto opened = open(loop);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find(path + ".lock: cannot be opened: "), std::string::npos)
      << opened.error();
}

TEST_F(ControlServerTest, SaysWhyThereIsNoResponse) {
  const auto error = [&](const std::string& at, uint32_t timeout_ms) {
    const auto answer = call_daemon(at, {"GET", "/v1/echo", {}}, timeout_ms);
    return answer ? "" : answer.error();
  };
  EXPECT_EQ(error(path, kPatience), path + ": no daemon listens there: No such file or directory");
  EXPECT_NE(error(std::string(200, 'x'), kPatience).find("too long"), std::string::npos);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const net::Descriptor silent(socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(bind(silent.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(error(path, kPatience), path + ": no daemon listens there: Connection refused");
  ASSERT_EQ(listen(silent.get(), 0), 0);
  EXPECT_EQ(error(path, 1), path + ": the daemon gave no response in time");
  // The first client has left, but its connection is still in the backlog, which is full.
  EXPECT_NE(error(path, 1).find(path + ": the daemon accepts no connection: "), std::string::npos);
}

TEST(ParseResponse, ReadsOneWholeResponse) {
  const auto response = http::parse_response("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(http::parse_response("HTTP/1.0 200 OK\r\n\r\nto the end")->body, "to the end");
  EXPECT_FALSE(http::parse_response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok"));
  EXPECT_FALSE(http::parse_response(""));
  EXPECT_FALSE(http::parse_response("ok 3\n"));
}

}  // namespace
}  // namespace inlet53::control
