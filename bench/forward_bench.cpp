// SPDX-License-Identifier: Apache-2.0

// The cost of a forwarded query for the worker, without the client's own query: the decision alone,
// and with the sockets. The target is a separate thread that does not count.
#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "forward/fetch_runner.h"
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inlet53/forward/forwarder.h"

namespace {

using namespace inlet53;
using namespace inlet53::forward;

constexpr size_t kNames = 10'000;

std::vector<dns::Name> names() {
  std::vector<dns::Name> out;
  for (size_t i = 0; i < kNames; ++i) {
    out.push_back(*dns::Name::parse_text("name" + std::to_string(i) + ".corp.example.com."));
  }
  return out;
}

std::shared_ptr<const TargetGroup> group_of(const SocketAddress& target) {
  auto group = std::make_shared<TargetGroup>();
  group->id = "rslvr-rr-1";
  group->apex = *dns::Name::parse_text("example.com.");
  group->targets = {{target, TargetProtocol::Do53, ""}};
  return group;
}

// Turns a query into a response with two addresses, in place; removes the OPT. Returns its size.
size_t answer(uint8_t* message, size_t size) {
  static constexpr uint8_t kRecord[] = {0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 1, 2};
  const size_t end = message[11] == 1 ? size - 11 : size;
  message[2] |= 0x80;
  message[3] = 0x80;
  message[7] = 2;
  message[11] = 0;
  std::memcpy(message + end, kRecord, sizeof kRecord);
  std::memcpy(message + end + sizeof kRecord, kRecord, sizeof kRecord);
  return end + 2 * sizeof kRecord;
}

struct Owner final : ForwardOwner {
  bool concluded(const EndedFetch&, const ForwardResult&) override { return true; }
  void resume(uint64_t, const ForwardResult& result, bool) override {
    answered += result && result->answer.size() == 1 ? 1 : 0;
    ++told;
    if (on_told) on_told();
  }
  uint64_t answered = 0;
  uint64_t told = 0;
  std::function<void()> on_told;
};

struct KeptQuery final : QueryTransport {
  void add_target(uint32_t, const Target&, const std::vector<IpAddress>&) override {}
  void remove_target(uint32_t) override {}
  Result<SocketAddress, net::SendError> send_datagram(uint32_t, Bytes query,
                                                      uint64_t with) override {
    std::memcpy(message, query.data(), query.size());
    size = query.size();
    token = with;
    return SocketAddress{};
  }
  void send_stream(uint32_t, Bytes, uint64_t) override {}
  uint8_t message[600];
  size_t size = 0;
  uint64_t token = 0;
};

void decide(benchmark::State& state) {
  KeptQuery transport;
  uint64_t now = 1'000'000;
  Owner owner;
  FetchRunner runner({}, transport, owner, now);
  const auto qnames = names();
  const auto group = group_of(*SocketAddress::parse("192.0.2.1:53"));
  size_t next = 0;
  for (auto _ : state) {
    const ForwardQuery query{qnames[next++ % kNames].view(), 1, group, 0, 0};
    benchmark::DoNotOptimize(runner.submit(query, next, now));
    now += 20;
    const size_t size = answer(transport.message, transport.size);
    benchmark::DoNotOptimize(runner.received(transport.token, {transport.message, size}, now));
  }
  if (owner.answered != next) state.SkipWithError("not answered");
}
BENCHMARK(decide);

// Answers in batches, until it is stopped.
struct TargetThread {
  TargetThread() : socket(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(socket, reinterpret_cast<sockaddr*>(&address), length);
    getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
    thread = std::thread([this] { run(); });
  }
  ~TargetThread() {
    stop = true;
    shutdown(socket, SHUT_RDWR);
    thread.join();
    close(socket);
  }
  void run() {
    uint8_t message[600];
    sockaddr_in from{};
    while (!stop) {
      socklen_t length = sizeof from;
      const ssize_t size =
          recvfrom(socket, message, sizeof message, 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (size < 12) continue;
      const size_t answered = answer(message, static_cast<size_t>(size));
      sendto(socket, message, answered, 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }
  int socket;
  uint16_t port = 0;
  std::atomic<bool> stop{false};
  std::thread thread;
};

// `window`: the number of outstanding queries.
void over_udp(benchmark::State& state) {
  const auto window = static_cast<uint64_t>(state.range(0));
  TargetThread target;
  net::Loop loop;
  Owner owner;
  Forwarder forwarder(loop, {}, owner, nullptr);
  const auto qnames = names();
  const auto group = group_of(*SocketAddress::parse("127.0.0.1:" + std::to_string(target.port)));
  uint64_t next = 0;
  uint64_t end = 0;
  uint64_t refused = 0;
  const auto submit = [&] {
    const ForwardQuery query{qnames[next % kNames].view(), 1, group, 0, 0};
    const auto outcome = forwarder.submit(query, next++).outcome;
    if (outcome != Submitted::Outcome::Refused) return;
    // The target's thread did not run for so long that the target counts as unresponsive.
    ++owner.told;
    ++refused;
  };
  owner.on_told = [&] {
    while (next < end && next - owner.told < window) submit();
    if (owner.told == end) loop.stop();
  };
  constexpr uint64_t kRound = 10'000;
  for (auto _ : state) {
    end = next + kRound;
    while (next < end && next - owner.told < window) submit();
    if (owner.told < end) loop.run();
  }
  state.counters["us_per_query"] = benchmark::Counter(
      static_cast<double>(next) / 1e6, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["refused"] = static_cast<double>(refused);
  state.counters["lost"] = static_cast<double>(forwarder.counts().timeouts);
}
BENCHMARK(over_udp)->Arg(1)->Arg(32)->Arg(200);

}  // namespace

BENCHMARK_MAIN();
