// SPDX-License-Identifier: Apache-2.0
#include "caller_check.h"

#include <array>
#include <csignal>
#include <functional>
#include <string>

#include "lambda_support.h"
#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace inlet53::lambda {
namespace {

// Code that writes the address of its Runtime API to a file.
constexpr const char* kTell = "echo $AWS_LAMBDA_RUNTIME_API > ../api.tmp; mv ../api.tmp ../api\n";
constexpr const char* kServe = R"(
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while :; do
  response=$(curl -sS -i $api/invocation/next) || exit 1
  id=$(printf '%s' "$response" | sed -n 's/^Lambda-Runtime-Aws-Request-Id: *\([^\r]*\).*/\1/Ip')
  event=$(printf '%s' "$response" | sed '1,/^\r*$/d')
  curl -sS -o /dev/null -d "$event" $api/invocation/$id/response || exit 1
done
)";
constexpr const char* kNext = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n";

// Runs `body` in a process that requests an invocation; records what it gets.
struct Outsider {
  Outsider(const std::string& authority, const std::function<bool()>& prepare) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    read_end = net::Descriptor(ends[0]);
    net::Descriptor write_end(ends[1]);
    pid = fork();
    if (pid == 0) {
      const std::string got = (prepare() ? ask(authority) : "not started") + "\n";
      _exit(write(write_end.get(), got.data(), got.size()) > 0 ? 0 : 1);
    }
  }
  ~Outsider() {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  Outsider(const Outsider&) = delete;
  Outsider& operator=(const Outsider&) = delete;

  static std::string ask(const std::string& authority) {
    const Client client(authority);
    client.send(kNext);
    std::array<char, 1024> answer;
    const ssize_t count = recv(client.descriptor.get(), answer.data(), answer.size(), 0);
    return count > 0 ? std::string(answer.data(), static_cast<size_t>(count)) : "closed";
  }
  bool ended() {
    std::array<char, 1024> some;
    const ssize_t count = recv_some(some);
    if (count > 0) result.append(some.data(), static_cast<size_t>(count));
    return count == 0;
  }
  ssize_t recv_some(std::array<char, 1024>& some) const {
    pollfd looked{read_end.get(), POLLIN, 0};
    return poll(&looked, 1, 0) == 1 ? read(read_end.get(), some.data(), some.size()) : -1;
  }

  net::Descriptor read_end;
  pid_t pid = 0;
  std::string result;
};

std::string ask_from_outside(OneFunction& function, const std::string& authority,
                             const std::function<bool()>& prepare) {
  Outsider outsider(authority, prepare);
  EXPECT_TRUE(function.wait_until([&] { return outsider.ended(); }));
  return outsider.result;
}

TEST(Callers, OfTheSameUserGetNothing) {
  OneFunction served("provided");
  served.bootstrap(std::string(kTell) + kServe);
  EXPECT_EQ(served.call("1").payload, "1");
  const std::string authority = served.wait_for_line("api");
  EXPECT_EQ(ask_from_outside(served, authority, [] { return true; }), "closed\n");
  // The event goes to the runtime, although another process waits too.
  EXPECT_EQ(served.call("2").payload, "2");
  EXPECT_EQ(served.started().counts().refused_connections, 1U);
}

TEST(Callers, OfAnotherUserGetNothing) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can start a process of another user";
  OneFunction served("provided");
  served.bootstrap(std::string(kTell) + kServe);
  EXPECT_EQ(served.call("1").payload, "1");
  const std::string authority = served.wait_for_line("api");
  EXPECT_EQ(ask_from_outside(served, authority,
                             [] {
                               constexpr uint32_t kNobody = 65534;
                               return setgroups(0, nullptr) == 0 && setgid(kNobody) == 0 &&
                                      setuid(kNobody) == 0;
                             }),
            "closed\n");
  EXPECT_EQ(served.call("2").payload, "2");
  EXPECT_EQ(served.started().counts().refused_connections, 1U);
}

TEST(Callers, ThatDescendFromTheRuntimeAreServed) {
  for (const char* const way : {"sh ./serve & wait", "setsid sh ./serve & wait",
                                // It sends its request after its parent has ended and the runtime
                                // has adopted it.
                                "(setsid sh ./serve $$ &) & while :; do sleep 1; done"}) {
    OneFunction served("provided");
    served.code("serve", std::string("while [ -n \"$1\" ] && [ $(ps -o ppid= -p $$) != $1 ]; do "
                                     "kill -0 $1 || exit 1; sleep 0.01; done\n") +
                             kServe);
    served.bootstrap(way);
    EXPECT_EQ(served.call("1").payload, "1") << way;
    EXPECT_EQ(served.call("2").payload, "2") << way;
    EXPECT_EQ(served.started().counts().refused_connections, 0U) << way;
  }
}

// Two environments of one function: the second sends requests to the first one's Runtime API.
TEST(Callers, OfAnotherEnvironmentGetNothing) {
  OneFunction served;
  served.python(R"(
import os, socket, time

def handler(event, context):
    if "hold" in event:
        with open("../api", "w") as file:
            file.write(os.environ["AWS_LAMBDA_RUNTIME_API"] + "\n")
        while not os.path.exists("../release"):
            time.sleep(0.01)
        return "held"
    host, port = event["api"].split(":")
    with socket.create_connection((host, int(port)), 60) as other:
        try:
            other.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
            return other.recv(1024).decode()
        except ConnectionError:
            return ""
)");
  served.invoke("{\"hold\": true}");
  const std::string authority = served.wait_for_line("api");
  EXPECT_EQ(served.call("{\"api\": \"" + authority + "\"}").payload, "\"\"");
  served.folder.write("release", "");
  EXPECT_TRUE(served.wait_for_outcomes(2));
  EXPECT_EQ(served.outcomes[1].payload, "\"held\"");
  EXPECT_EQ(served.started().counts().refused_connections, 1U);
}

// A runtime of another language may connect with a dual-stack socket.
TEST(Callers, MayUseASocketForBothFamilies) {
  OneFunction served("provided");
  served.code("serve.py", R"(
import os, re, socket
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
api = socket.socket(socket.AF_INET6)
api.connect(("::ffff:" + host, int(port)))
api.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
head = api.recv(65536).decode()
request_id = re.search("Aws-Request-Id: (.*)\r", head, re.I).group(1)
api.sendall(f"POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\nHost: x\r\n"
            "Content-Length: 1\r\n\r\n7".encode())
api.recv(65536)
)");
  served.bootstrap("exec python3 serve.py\n");
  EXPECT_EQ(served.call().payload, "7");
}

TEST(Callers, AreAllRefusedWhereTheyCannotBeRecognised) {
  CallerCheck blind(net::SocketOwners::with(net::SocketOwners::Source::None));
  EXPECT_NE(blind.fault(), "");
  const SocketAddress any{*IpAddress::parse("127.0.0.1"), 1};
  CheckBudget budget;
  EXPECT_FALSE(blind.allows(any, any, {.root = getpid()}, budget, 0));
  EXPECT_EQ(blind.refused(), 1U);
  EXPECT_EQ(CallerCheck().fault(), "");
}

//--- The budget of searches

// Connection of this process to itself, and a process without it.
struct Connection {
  Connection() {
    auto opened = net::open_tcp({*IpAddress::parse("127.0.0.1"), 0});
    EXPECT_TRUE(opened);
    listener = std::move(*opened);
    EXPECT_EQ(listen(listener.get(), 1), 0);
    server = net::local_address(listener.get());
    client.emplace(server.to_text());
    own = net::local_address(client->descriptor.get());
    // A process started later would inherit the socket.
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const net::Descriptor read_end(ends[0]);
    net::Descriptor write_end(ends[1]);
    other_process = fork();
    if (other_process == 0) {
      close(client->descriptor.get());
      write_end.reset();
      for (;;) pause();
    }
    write_end.reset();
    char none = 0;
    EXPECT_EQ(read(read_end.get(), &none, 1), 0);  // until the child has closed both
  }
  ~Connection() {
    kill(other_process, SIGKILL);
    waitpid(other_process, nullptr, 0);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  net::Descriptor listener;
  std::optional<Client> client;
  SocketAddress server;
  SocketAddress own;
  pid_t other_process = 0;
};

TEST(CallerBudget, StopsSearchesForUnauthorisedCallersForAWhile) {
  const Connection connection;
  CallerCheck check;
  CheckBudget budget;
  constexpr uint64_t kNow = 1000;
  constexpr int kMost = 20'000;  // a search costs at least one microsecond
  int searches = 0;
  while (searches < kMost && !budget.used_up(kNow)) {
    EXPECT_FALSE(check.allows(connection.own, connection.server, {.root = connection.other_process},
                              budget, kNow));
    ++searches;
  }
  EXPECT_GT(searches, 0);
  EXPECT_LT(searches, kMost) << "searches cost nothing";
  // No search takes place now, not even for the environment itself; soon it can connect again.
  EXPECT_FALSE(check.allows(connection.own, connection.server, {.root = getpid()}, budget, kNow));
  EXPECT_TRUE(
      check.allows(connection.own, connection.server, {.root = getpid()}, budget, kNow + 1001));
  EXPECT_EQ(check.refused(), static_cast<uint64_t>(searches) + 1);
}

TEST(CallerBudget, IsNotUsedByOtherUsers) {
  const Connection connection;
  CallerCheck check;
  if (net::SocketOwners::open().source() != net::SocketOwners::Source::SockDiag) {
    GTEST_SKIP() << "the kernel has no sock_diag here";
  }
  CheckBudget budget;
  const EnvironmentProcesses of_another{.root = getpid(), .user = geteuid() + 1};
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_FALSE(check.allows(connection.own, connection.server, of_another, budget, 1000));
  }
  EXPECT_TRUE(check.allows(connection.own, connection.server, {.root = getpid()}, budget, 1000));
}

// The file with all sockets may be long: reading it is limited for every user.
TEST(CallerBudget, IsUsedByOtherUsersWithoutSockDiag) {
  const Connection connection;
  CallerCheck check(net::SocketOwners::with(net::SocketOwners::Source::ProcFile));
  CheckBudget budget;
  const EnvironmentProcesses of_another{.root = getpid(), .user = geteuid() + 1};
  constexpr int kMost = 20'000;  // reading it costs at least one microsecond
  int looks = 0;
  while (looks < kMost && !budget.used_up(1000)) {
    ASSERT_FALSE(check.allows(connection.own, connection.server, of_another, budget, 1000));
    ++looks;
  }
  EXPECT_LT(looks, kMost);
  EXPECT_FALSE(check.allows(connection.own, connection.server, {.root = getpid()}, budget, 1000));
  EXPECT_TRUE(check.allows(connection.own, connection.server, {.root = getpid()}, budget, 2001));
}

// Returns the number of searches of `cost_us` that a flood of connections, about one per
// microsecond, causes from `from_ms` to `to_ms`.
uint64_t searches(CheckBudget& budget, uint64_t cost_us, uint64_t from_ms, uint64_t to_ms) {
  uint64_t made = 0;
  for (uint64_t now = from_ms; now < to_ms; ++now) {
    for (int i = 0; i < 1000 && !budget.used_up(now); ++i) {
      budget.charge(cost_us, now);
      ++made;
    }
  }
  return made;
}

TEST(CheckBudget, LimitsTheTimeOfSearches) {
  for (const uint64_t cost_us : {20U, 200U, 5000U}) {
    CheckBudget budget;
    const uint64_t first = searches(budget, cost_us, 5000, 6000) * cost_us;
    EXPECT_LE(first, 20'000 + cost_us) << cost_us;  // at once, and for the second
    EXPECT_GE(first, 20'000 - cost_us - 10) << cost_us;
    const uint64_t later = searches(budget, cost_us, 6000, 16'000) * cost_us;
    EXPECT_LE(later, 100'000 + cost_us) << cost_us;
  }
}

TEST(CheckBudget, IsFreeAgainSoon) {
  CheckBudget budget;
  EXPECT_GT(searches(budget, 30, 1000, 3000), 0U);
  EXPECT_TRUE(budget.used_up(2999));
  EXPECT_FALSE(budget.used_up(3003));  // also while the flood continues
  // Also after the most expensive search, and after a process that was stopped for hours.
  CheckBudget dear;
  dear.charge(9'999, 0);
  dear.charge(3'600'000'000, 0);
  EXPECT_TRUE(dear.used_up(999));
  EXPECT_FALSE(dear.used_up(1001));
}

TEST(CheckBudget, GrowsNoMoreThanItsMost) {
  CheckBudget budget;
  EXPECT_FALSE(budget.used_up(1'000'000'000));
  EXPECT_LE(searches(budget, 100, 1'000'000'000, 1'000'000'001), 100U);
}

TEST(CheckBudget, LastsForEverWhenNothingIsRefused) {
  CheckBudget budget;
  for (uint64_t now = 0; now < 1000; ++now) EXPECT_FALSE(budget.used_up(now));
}

}  // namespace
}  // namespace inlet53::lambda
