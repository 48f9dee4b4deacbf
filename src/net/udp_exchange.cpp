// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/udp_exchange.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "udp_ports.h"
#include <netinet/in.h>
#include <sys/socket.h>

#include "inlet53/base/check.h"
#include "inlet53/base/random.h"

namespace inlet53::net {

namespace {

constexpr size_t kReceiveBatch = 8;
constexpr size_t kReceiveSize = 4096;
constexpr size_t kReadablePorts = 64;  // of one epoll_wait
constexpr uint64_t kSweepMs = 500;
constexpr size_t kHeader = 12;

// A query that waits for its response.
struct Wait {
  uint64_t token = 0;
  uint64_t sent_ms = 0;
  uint32_t round = 0;  // of the outbox, in which it is sent
  uint16_t id = 0;
};

using Waits = std::vector<Wait>;  // of one port, in no order

Waits::iterator find_id(Waits& waits, uint16_t id) noexcept {
  return std::ranges::find(waits, id, &Wait::id);
}

Waits::iterator find_token(Waits& waits, uint64_t token) noexcept {
  return std::ranges::find(waits, token, &Wait::token);
}

struct Undelivered {
  uint64_t token = 0;
  SendError error;
};

}  // namespace

struct UdpExchange::Impl {
  Impl(Loop& on, const Options& with, UdpExchangeOwner& to);

  Result<SocketAddress, SendError> send(RouteId route, Bytes query, uint64_t token);
  void flush();
  void send_outbox();
  void remove_route(RouteId route);

  void look();
  void receive(uint32_t port);
  void match_response(uint32_t port, uint32_t generation, const mmsghdr& message);

  void end_wait(uint32_t port, uint64_t token);
  void end_all_waits(uint32_t port, const SendError& error);
  void report_undelivered();
  void sweep();

  bool still_has(uint32_t port, uint32_t generation) const noexcept {
    return pool[port].generation == generation && pool[port].in_use();
  }

  Loop& loop;
  const Options options;
  UdpExchangeOwner& owner;
  RandomBytes random;
  PortPool pool;
  Outbox outbox;
  std::vector<Waits> waits;  // by port
  std::vector<Undelivered> undelivered;
  Counts counts;

  std::array<mmsghdr, kReceiveBatch> incoming{};
  std::array<iovec, kReceiveBatch> incoming_bytes{};
  std::array<sockaddr_in6, kReceiveBatch> peers{};
  std::array<std::array<uint8_t, kReceiveSize>, kReceiveBatch> buffers;

  ReadWatcher watcher;
  TurnEnd turn_end;
  Timer sweeper;
};

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): buffers, used as needed
UdpExchange::Impl::Impl(Loop& on, const Options& with, UdpExchangeOwner& to)
    : loop(on),
      options(with),
      owner(to),
      pool(with.max_sockets),
      watcher(on, pool.event_descriptor(), [this] { look(); }),
      turn_end(on, [this] { flush(); }),
      sweeper(on, [this] { sweep(); }) {
  for (size_t i = 0; i < kReceiveBatch; ++i) {
    incoming_bytes[i] = {buffers[i].data(), kReceiveSize};
    incoming[i].msg_hdr.msg_iov = &incoming_bytes[i];
    incoming[i].msg_hdr.msg_iovlen = 1;
    incoming[i].msg_hdr.msg_name = &peers[i];
  }
}

//--- Sending

Result<SocketAddress, SendError> UdpExchange::Impl::send(RouteId route, Bytes query,
                                                         uint64_t token) {
  INLET53_CHECK(query.size() >= kHeader && query.size() <= kMaxQuery);
  if (outbox.full()) send_outbox();
  const Result<uint32_t, SendError> port = pool.acquire(route, loop.now_ms());
  if (!port) {
    ++counts.no_socket;
    return Unexpected(port.error());
  }
  if (pool.size() > waits.size()) waits.resize(pool.size());
  Waits& waiting = waits[*port];
  uint16_t id = random.u16();
  while (find_id(waiting, id) != waiting.end()) id = random.u16();
  waiting.push_back({token, loop.now_ms(), outbox.round(), id});
  store_be16(outbox.add(*port, pool[*port].descriptor.get(), token, query), id);
  turn_end.request();
  if (!sweeper.active()) sweeper.start(kSweepMs, kSweepMs);
  return pool[*port].local;
}

void UdpExchange::Impl::flush() {
  send_outbox();
  report_undelivered();
}

void UdpExchange::Impl::send_outbox() {
  if (outbox.empty()) return;
  const Outbox::Report& report = outbox.send();
  counts.sent += report.sent;
  counts.send_calls += report.calls;
  for (const Outbox::Unsent& each : report.unsent) {
    undelivered.push_back({each.token, each.error});
    end_wait(each.port, each.token);
  }
  for (const Outbox::PortError& each : report.unreachable) end_all_waits(each.port, each.error);
}

//--- Waits

void UdpExchange::Impl::end_wait(uint32_t port, uint64_t token) {
  const auto found = find_token(waits[port], token);
  if (found == waits[port].end()) return;
  *found = waits[port].back();
  waits[port].pop_back();
  pool.release(port);
}

// Ends the waits of the queries that have left by the port.
void UdpExchange::Impl::end_all_waits(uint32_t port, const SendError& error) {
  const auto has_left = [&](const Wait& wait) { return wait.round != outbox.round(); };
  for (const Wait& wait : waits[port]) {
    if (has_left(wait)) undelivered.push_back({wait.token, error});
  }
  const size_t ended = std::erase_if(waits[port], has_left);
  pool.release(port, static_cast<uint32_t>(ended));
}

// The owner may send again, so the state must be consistent before the call.
void UdpExchange::Impl::report_undelivered() {
  std::vector<Undelivered> reported;
  reported.swap(undelivered);
  for (const Undelivered& each : reported) {
    ++(is_local(each.error.failure) ? counts.unsent : counts.unreachable);
    owner.undeliverable(each.token, each.error);
  }
  reported.clear();
  if (undelivered.empty()) undelivered.swap(reported);
}

void UdpExchange::Impl::sweep() {
  const uint64_t now = loop.now_ms();
  const bool has_room = pool.open_sockets() <= options.max_sockets / 2;
  const uint64_t most = uint64_t{options.max_wait_ms} + (has_room ? options.late_wait_ms : 0);
  for (uint32_t port = 0; port < waits.size(); ++port) {
    const size_t ended =
        std::erase_if(waits[port], [&](const Wait& wait) { return now - wait.sent_ms > most; });
    if (ended > 0) pool.release(port, static_cast<uint32_t>(ended));
    if (pool[port].state == Port::State::Free) Waits().swap(waits[port]);  // after a peak
  }
  pool.close_old(now);
  if (pool.open_sockets() == 0) sweeper.stop();
}

void UdpExchange::Impl::remove_route(RouteId route) {
  // Failures to send are reported to the owner at the end of the turn, outside of this call.
  send_outbox();
  turn_end.request();
  for (uint32_t port = 0; port < waits.size(); ++port) {
    if (pool[port].in_use() && pool[port].route == route) waits[port].clear();
  }
  pool.remove_route(route);
}

//--- Receiving

void UdpExchange::Impl::look() {
  std::array<uint32_t, kReadablePorts> ports{};
  const size_t count = pool.readable(ports);
  for (size_t i = 0; i < count; ++i) receive(ports[i]);
  report_undelivered();
}

// An event may be older than the port or the socket. Then nothing is there, or the datagrams are
// checked as usual.
void UdpExchange::Impl::receive(uint32_t port) {
  const uint32_t generation = pool[port].generation;
  while (still_has(port, generation)) {
    for (mmsghdr& message : incoming) message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    const int count = recvmmsg(pool[port].descriptor.get(), incoming.data(), kReceiveBatch,
                               MSG_DONTWAIT, nullptr);
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      end_all_waits(port, {SendFailure::Unreachable, errno});
      continue;
    }
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      match_response(port, generation, incoming[i]);
    if (count < static_cast<int>(kReceiveBatch)) return;
  }
}

void UdpExchange::Impl::match_response(uint32_t port, uint32_t generation, const mmsghdr& message) {
  ++counts.received;
  const auto* from = static_cast<const sockaddr*>(message.msg_hdr.msg_name);
  const std::span<uint8_t> bytes(static_cast<uint8_t*>(message.msg_hdr.msg_iov->iov_base),
                                 message.msg_len);
  // A datagram that arrived before the port was connected may come from any address.
  const bool from_peer = still_has(port, generation) && bytes.size() >= kHeader &&
                         SocketAddress::from_sockaddr(from) == pool.peer(pool[port].route);
  if (!from_peer) {
    ++counts.unmatched;
    return;
  }
  const auto wait = find_id(waits[port], load_be16(bytes.data()));
  // A response to a query that has not been sent is a forgery.
  if (wait == waits[port].end() || wait->round == outbox.round()) {
    ++counts.unmatched;
    return;
  }
  const uint64_t token = wait->token;
  if (!owner.received(token, bytes)) {
    ++counts.unmatched;
  } else if (still_has(port, generation)) {
    end_wait(port, token);
  }
}

//--- UdpExchange

UdpExchange::UdpExchange(Loop& loop, const Options& options, UdpExchangeOwner& owner)
    : impl_(std::make_unique<Impl>(loop, options, owner)) {}

UdpExchange::~UdpExchange() = default;

UdpExchange::RouteId UdpExchange::add_route(UdpRoute route) {
  return impl_->pool.add_route(std::move(route));
}
void UdpExchange::remove_route(RouteId route) { impl_->remove_route(route); }

Result<SocketAddress, SendError> UdpExchange::send(RouteId route, Bytes query, uint64_t token) {
  return impl_->send(route, query, token);
}

void UdpExchange::flush() { impl_->flush(); }

UdpExchange::Counts UdpExchange::counts() const noexcept {
  Counts counts = impl_->counts;
  counts.sockets_opened = impl_->pool.counts().sockets_opened;
  counts.ports = impl_->pool.counts().ports;
  counts.shared = impl_->pool.counts().shared;
  return counts;
}

size_t UdpExchange::open_sockets() const noexcept { return impl_->pool.open_sockets(); }

std::string_view to_text(SendFailure failure) noexcept {
  switch (failure) {
    case SendFailure::Unreachable:
      return "the network reports the target as unreachable";
    case SendFailure::NoSocket:
      return "no socket is free for a query";
    case SendFailure::NoRoute:
      return "no route to the target";
    case SendFailure::Busy:
      return "the send buffers are full";
    case SendFailure::Denied:
      return "this host does not allow queries to the target";
    case SendFailure::TooLarge:
      return "the query is larger than this host can send";
    case SendFailure::Other:
      break;
  }
  return "the query cannot be sent";
}

SendError send_error(int error) noexcept {
  switch (error) {
    case EAGAIN:
    case ENOBUFS:
    case ENOMEM:
      return {SendFailure::Busy, error};
    case EPERM:
    case EACCES:
      return {SendFailure::Denied, error};
    case EMSGSIZE:
      return {SendFailure::TooLarge, error};
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENODEV:
    case EADDRNOTAVAIL:
    case EINVAL:
      return {SendFailure::NoRoute, error};
    default:
      return {SendFailure::Other, error};
  }
}

SendError open_error(int error) noexcept {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:  // epoll's limit of watches
    case EAGAIN:
    case EADDRINUSE:
      return {SendFailure::NoSocket, error};
    default:
      return send_error(error);
  }
}

}  // namespace inlet53::net
