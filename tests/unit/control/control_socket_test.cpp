// SPDX-License-Identifier: Apache-2.0
#include "inlet53/control/control_socket.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inlet53/net/socket.h"

namespace inlet53::control {
namespace {

constexpr uint32_t kPatience = 60'000;

// Echoes each command; ends the loop after `stop`.
struct Echo final : ControlOwner {
  void handle_command(uint64_t call, std::string_view command) override {
    socket->answer(call, !command.starts_with("bad"), command);
    if (command == "stop") loop->stop();
  }
  net::Loop* loop = nullptr;
  ControlSocket* socket = nullptr;
};

class ControlSocketTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "control.XXXXXX").string();
    folder = mkdtemp(pattern.data());
    path = folder + "/control.sock";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  /// Serves while `client` runs on another thread.
  void serve(const std::function<void()>& client) {
    net::Loop loop;
    Echo echo;
    auto socket = ControlSocket::open(loop, path, echo);
    ASSERT_TRUE(socket) << socket.error();
    echo.loop = &loop;
    echo.socket = socket->get();
    std::thread thread([&] {
      client();
      EXPECT_TRUE(send_command(path, "stop", kPatience));
    });
    loop.run();
    thread.join();
  }

  std::string folder;
  std::string path;
};

TEST_F(ControlSocketTest, AnswersCommands) {
  serve([&] {
    EXPECT_EQ(send_command(path, "flush all", kPatience).value(), "flush all");
    EXPECT_EQ(send_command(path, "bad command", kPatience).error(), "bad command");
    EXPECT_EQ(send_command(path, std::string(kMaxCommand - 1, 'x'), kPatience).value().size(),
              kMaxCommand - 1);
    EXPECT_EQ(send_command(path, std::string(kMaxCommand, 'x'), kPatience).error(),
              "the command is too long");
  });
}

TEST_F(ControlSocketTest, IsTheOwnersAlone) {
  serve([&] {
    struct stat found {};
    ASSERT_EQ(stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
  });
  EXPECT_FALSE(std::filesystem::exists(path)) << "it goes with the daemon";
}

TEST_F(ControlSocketTest, TakesOrdersOfItsOwnUserAndRoot) {
  EXPECT_TRUE(may_send_commands(geteuid()));
  EXPECT_TRUE(may_send_commands(0));
  EXPECT_FALSE(may_send_commands(geteuid() + 1));
}

TEST_F(ControlSocketTest, DisconnectsAnotherUserWhateverTheMode) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  chmod(folder.c_str(), 0755);
  serve([&] {
    chmod(path.c_str(), 0666);
    const pid_t child = fork();
    if (child == 0) {
      if (setuid(65534) != 0) _exit(2);
      const auto answer = send_command(path, "flush all", kPatience);
      _exit(answer ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "another user's command was answered";
  });
}

TEST_F(ControlSocketTest, LeavesAloneWhatAnotherDaemonHasMadeSince) {
  net::Loop loop;
  Echo echo;
  auto socket = ControlSocket::open(loop, path, echo);
  ASSERT_TRUE(socket) << socket.error();
  std::filesystem::remove(path);
  std::ofstream(path) << "another's";
  socket->reset();
  EXPECT_TRUE(std::filesystem::exists(path));
}

// The other's file may get the number that the removed one had.
TEST_F(ControlSocketTest, LeavesAloneASocketThatAnotherDaemonHasTakenOver) {
  net::Loop loop;
  Echo echo;
  for (int i = 0; i < 20; ++i) {
    auto first = ControlSocket::open(loop, path, echo);
    ASSERT_TRUE(first) << first.error();
    std::filesystem::remove(path);
    std::filesystem::remove(path + ".lock");
    auto second = ControlSocket::open(loop, path, echo);
    ASSERT_TRUE(second) << second.error();
    first->reset();
    ASSERT_TRUE(std::filesystem::is_socket(path));
    ASSERT_TRUE(std::filesystem::exists(path + ".lock"));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder)) << "all goes with the daemon";
}

// Two daemons start at once: the second checks the path before the first has created its file.
TEST_F(ControlSocketTest, IsOneDaemonsAloneAlsoBeforeItListens) {
  net::Loop loop;
  Echo echo;
  auto first = ControlSocket::open(loop, path, echo);
  ASSERT_TRUE(first) << first.error();
  std::filesystem::remove(path);
  const auto second = ControlSocket::open(loop, path, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), path + ": cannot listen: another daemon (process " +
                                std::to_string(getpid()) +
                                ") uses it; stop that daemon, or configure another path");
}

// Does not accept connections, and its backlog is full.
TEST_F(ControlSocketTest, IsNotTakenFromAProcessThatHangs) {
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
  } while (connect(waiting.back().get(), at, sizeof address) == 0);
  net::Loop loop;
  Echo echo;
  const auto second = ControlSocket::open(loop, path, echo);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), path + ": cannot listen: another process uses it");
}

TEST_F(ControlSocketTest, IsNotTakenFromADaemonThatServesIt) {
  serve([&] {
    net::Loop other;
    Echo echo;
    const auto second = ControlSocket::open(other, path, echo);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("another daemon"), std::string::npos);
  });
}

TEST_F(ControlSocketTest, WhatADeadDaemonLeftIsReplacedAndFilesAreNot) {
  serve([] {});
  {
    net::Loop loop;
    Echo echo;
    auto left = ControlSocket::open(loop, path, echo);
    ASSERT_TRUE(left);
    std::filesystem::create_hard_link(path, path + ".left");
  }
  std::filesystem::rename(path + ".left", path);
  ASSERT_TRUE(std::filesystem::is_socket(path));
  serve([] {});

  std::ofstream(path) << "a file";
  net::Loop loop;
  Echo echo;
  EXPECT_FALSE(ControlSocket::open(loop, path, echo));
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST_F(ControlSocketTest, SaysWhyItCannotBeMade) {
  net::Loop loop;
  Echo echo;
  const auto problem = [&](const std::string& at) {
    const std::string text = control_path_problem(at);
    const auto opened = ControlSocket::open(loop, at, echo);
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
  const auto opened = ControlSocket::open(loop, path, echo);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().find(path + ".lock: cannot be opened: "), std::string::npos)
      << opened.error();
}

TEST_F(ControlSocketTest, SaysWhyThereIsNoAnswer) {
  EXPECT_NE(send_command(path, "x", kPatience).error().find("no daemon listens there"),
            std::string::npos);
  EXPECT_NE(send_command(std::string(200, 'x'), "x", kPatience).error().find("too long"),
            std::string::npos);
}

}  // namespace
}  // namespace inlet53::control
