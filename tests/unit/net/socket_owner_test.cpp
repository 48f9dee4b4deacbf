// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/socket_owner.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <functional>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inlet53/net/socket.h"

namespace inlet53::net {

namespace {

using Source = SocketOwners::Source;

// Both ends of a TCP connection on loopback.
struct Connection {
  explicit Connection(const char* server_address = "127.0.0.1", bool for_both_families = false) {
    auto opened = open_tcp({*IpAddress::parse(server_address), 0});
    EXPECT_TRUE(opened);
    listener = std::move(*opened);
    EXPECT_EQ(listen(listener.get(), 1), 0);
    server = local_address(listener.get());
    sockaddr_storage storage;
    socklen_t length = server.to_sockaddr(storage);
    if (for_both_families) {
      sockaddr_in6 mapped{};
      mapped.sin6_family = AF_INET6;
      mapped.sin6_port = htons(server.port);
      mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xFF;
      std::copy(server.address.bytes().begin(), server.address.bytes().end(),
                mapped.sin6_addr.s6_addr + 12);
      std::memcpy(&storage, &mapped, sizeof mapped);
      length = sizeof mapped;
    }
    client_end = Descriptor(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(connect(client_end.get(), reinterpret_cast<sockaddr*>(&storage), length), 0);
    sockaddr_storage from{};
    socklen_t from_length = sizeof from;
    server_end =
        Descriptor(accept(listener.get(), reinterpret_cast<sockaddr*>(&from), &from_length));
    client = SocketAddress::from_sockaddr(reinterpret_cast<sockaddr*>(&from));
  }

  Descriptor listener;
  Descriptor client_end;
  Descriptor server_end;
  SocketAddress server;
  SocketAddress client;
};

uint32_t inode_of(const Descriptor& descriptor) {
  struct stat status {};
  EXPECT_EQ(fstat(descriptor.get(), &status), 0);
  return static_cast<uint32_t>(status.st_ino);
}

class SocketOwnersTest : public testing::TestWithParam<Source> {};

TEST_P(SocketOwnersTest, FindsTheClientOfAConnection) {
  const SocketOwners owners = SocketOwners::with(GetParam());
  for (const Connection& connection :
       {Connection("127.0.0.1"), Connection("::1"), Connection("127.0.0.1", true)}) {
    const auto found = owners.find(connection.client, connection.server);
    ASSERT_TRUE(found) << connection.client.to_text();
    EXPECT_EQ(found->inode, inode_of(connection.client_end));
    EXPECT_EQ(found->user, geteuid());
  }
}

TEST_P(SocketOwnersTest, DistinguishesTheTwoEnds) {
  const SocketOwners owners = SocketOwners::with(GetParam());
  const Connection connection;
  const auto found = owners.find(connection.server, connection.client);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->inode, inode_of(connection.server_end));
}

TEST_P(SocketOwnersTest, FindsNoSocketThatIsClosedOrOnlyListens) {
  const SocketOwners owners = SocketOwners::with(GetParam());
  Connection connection;
  connection.client_end.reset();
  EXPECT_FALSE(owners.find(connection.client, connection.server));
  // A socket that listens at the client's address is not the client.
  const Connection other;
  EXPECT_FALSE(owners.find(other.server, {other.client.address, 1}));
}

INSTANTIATE_TEST_SUITE_P(Sources, SocketOwnersTest,
                         testing::Values(Source::SockDiag, Source::ProcFile), [](const auto& test) {
                           return test.param == Source::SockDiag ? "SockDiag" : "ProcFile";
                         });

TEST(SocketOwners, ChooseASourceThatWorks) {
  const SocketOwners owners = SocketOwners::open();
  EXPECT_EQ(owners.source(), Source::SockDiag);
  const Connection connection;
  EXPECT_TRUE(owners.find(connection.client, connection.server));
}

TEST(SocketOwners, WithoutASourceFindNothing) {
  const Connection connection;
  EXPECT_FALSE(SocketOwners::with(Source::None).find(connection.client, connection.server));
}

// Opens a socket, writes its inode number to `output`, and waits.
[[noreturn]] void hold_socket(int output) {
  const int holder = socket(AF_INET, SOCK_STREAM, 0);
  struct stat status {};
  fstat(holder, &status);
  const auto inode = static_cast<uint32_t>(status.st_ino);
  if (write(output, &inode, sizeof inode) != sizeof inode) _exit(1);
  for (;;) pause();
}

// Child process that runs `body(output)`; killed at the end, with its group.
struct Child {
  explicit Child(const std::function<void(int)>& body) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const Descriptor read_end(ends[0]);
    Descriptor write_end(ends[1]);
    pid = fork();
    EXPECT_GE(pid, 0);
    if (pid == 0) {
      setpgid(0, 0);
      body(write_end.get());
      for (;;) pause();
    }
    write_end.reset();
    EXPECT_EQ(read(read_end.get(), &inode, sizeof inode), static_cast<ssize_t>(sizeof inode));
  }
  ~Child() {
    kill(-pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid = 0;
  uint32_t inode = 0;
};

// Creates a process whose parent ends first.
void fork_twice(int output) {
  if (fork() == 0) {
    const pid_t parent = getpid();
    if (fork() == 0) {
      // Readable when the parent has ended. Not valid: it has ended already.
      const Descriptor end(static_cast<int>(syscall(SYS_pidfd_open, parent, 0)));
      pollfd wanted{end.get(), POLLIN, 0};
      if (end.get() >= 0) poll(&wanted, 1, -1);
      hold_socket(output);
    }
    _exit(0);
  }
  wait(nullptr);
}

TEST(ProcessTree, HasTheSocketsOfItsRoot) {
  const Descriptor own(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct stat status {};
  ASSERT_EQ(fstat(own.get(), &status), 0);
  const auto inode = static_cast<uint32_t>(status.st_ino);
  EXPECT_TRUE(process_tree_has_socket(getpid(), inode, {}));
  EXPECT_FALSE(process_tree_has_socket(getpid(), inode + 1'000'000, {}));
  EXPECT_FALSE(process_tree_has_socket(0, inode, {}));
}

TEST(ProcessTree, HasTheSocketsOfItsDescendants) {
  const Child child(hold_socket);
  const Child grandchild([](int output) {
    if (fork() == 0) hold_socket(output);
  });
  const Child moved([](int output) {
    if (fork() == 0) {
      setpgid(0, 0);
      // Its group is not killed with the child, so it ends with its parent.
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      hold_socket(output);
    }
  });
  for (const Child* const one : {&child, &grandchild, &moved}) {
    EXPECT_TRUE(process_tree_has_socket(one->pid, one->inode, {}));
    EXPECT_TRUE(process_tree_has_socket(getpid(), one->inode, {}));
  }
  // Not the sockets of other processes.
  EXPECT_FALSE(process_tree_has_socket(child.pid, grandchild.inode, {}));
  EXPECT_FALSE(process_tree_has_socket(grandchild.pid, child.inode, {}));
  EXPECT_FALSE(process_tree_has_socket(moved.pid, child.inode, {}));
}

TEST(ProcessTree, KeepsOrphansWhenItsRootAdoptsThem) {
  const Child adopts([](int output) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    fork_twice(output);
  });
  EXPECT_TRUE(process_tree_has_socket(adopts.pid, adopts.inode, {}));
  const Child leaves(fork_twice);
  EXPECT_FALSE(process_tree_has_socket(leaves.pid, leaves.inode, {}));
}

// Opens many descriptors, forks `depth` nested descendants, and opens a socket in the last one.
void hold_below(unsigned depth, int output) {
  constexpr int kDescriptors = 600;
  for (int i = 0; i < kDescriptors; ++i) {
    if (fcntl(output, F_DUPFD, 100) < 0) _exit(1);
  }
  for (; depth > 0; --depth) {
    if (fork() != 0) {
      for (;;) pause();
    }
  }
  hold_socket(output);
}

// A function that makes a search expensive does not stop the event loop.
TEST(ProcessTree, IsSearchedInABoundedNumberOfSteps) {
  const Child small([](int output) { hold_below(2, output); });
  EXPECT_TRUE(process_tree_has_socket(small.pid, small.inode, {}));
  const Child large([](int output) { hold_below(9, output); });
  EXPECT_FALSE(process_tree_has_socket(large.pid, large.inode, {}));
}

void drop_ptrace() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> all{};
  syscall(SYS_capget, &header, all.data());
  all[0].effective &= ~(1U << CAP_SYS_PTRACE);
  all[0].permitted &= ~(1U << CAP_SYS_PTRACE);
  syscall(SYS_capset, &header, all.data());
}

TEST(ProcessTree, OfAnotherUserIsReadWithThatUsersRights) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start a process of another user";
  constexpr uint32_t kUser = 70001;
  const Child other([](int output) {
    if (setgid(kUser) != 0 || setuid(kUser) != 0) _exit(1);
    prctl(PR_SET_DUMPABLE, 1);  // as after execve
    hold_socket(output);
  });
  // Like root of a container: without CAP_SYS_PTRACE.
  const pid_t reader = fork();
  if (reader == 0) {
    drop_ptrace();
    const bool alone = process_tree_has_socket(other.pid, other.inode, {});
    const bool as_user = process_tree_has_socket(other.pid, other.inode, kUser);
    _exit(!alone && as_user ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(reader, &status, 0), reader);
  EXPECT_EQ(status, 0);
}

}  // namespace

}  // namespace inlet53::net
