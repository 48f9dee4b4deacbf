#include "inlet53/net/udp_exchange.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "udp_exchange_socket.h"
#include <sys/epoll.h>
#include <sys/socket.h>

#include "inlet53/base/check.h"
#include "inlet53/base/random_octets.h"
#include "inlet53/net/socket.h"

namespace inlet53::net {

namespace {

constexpr size_t kOutbox = 64;  // queries that leave together at the most
constexpr size_t kReceiveBatch = 8;
constexpr size_t kReceiveSize = 4096;
constexpr int kEvents = 64;
constexpr uint64_t kSweepMs = 500;
constexpr size_t kHeader = 12;
constexpr uint32_t kNone = UINT32_MAX;
constexpr size_t kMaxResting = 256;  // sockets of one route

struct Outgoing {
  std::array<uint8_t, UdpExchange::kMaxQuery> octets;
  uint32_t size = 0;
  uint32_t slot = kNone;
  uint64_t token = 0;
};

struct Route {
  std::optional<UdpRoute> route;  // absent: free
  uint32_t newest = kNone;        // the socket that takes the next query
  std::vector<uint32_t> resting;  // sockets that may be used again
};

struct Undelivered {
  uint64_t token = 0;
  int error = 0;
};

}  // namespace

struct UdpExchange::Impl {
  Impl(Loop& on, const Options& with, UdpExchangeOwner& to);

  std::optional<SocketAddress> send(RouteId route, Bytes query, uint64_t token);
  uint32_t socket_for(Route& route, RouteId id);
  uint32_t wake(RouteId id);
  uint32_t open(RouteId id);
  bool make_room();
  void retire(uint32_t slot);
  void rest(uint32_t slot);
  void close(uint32_t slot);

  void flush();
  void empty_outbox();
  void send_of_socket(size_t first);
  void give_up(uint32_t slot, int error);
  void tell_undelivered();

  void look();
  void receive(uint32_t slot);
  bool still(uint32_t slot, uint32_t generation) const;
  void take(uint32_t slot, uint32_t generation, const mmsghdr& message);
  void sweep();

  Loop& loop;
  const Options options;
  UdpExchangeOwner& owner;
  RandomOctets random;
  std::vector<Route> routes;
  std::vector<ExchangeSocket> sockets;  // never grows beyond what was reserved
  std::vector<uint32_t> free_slots;
  size_t open_count = 0;
  std::array<Outgoing, kOutbox> outbox;
  size_t outbox_count = 0;
  std::vector<Undelivered> undelivered;
  Counts counts;

  std::array<mmsghdr, kReceiveBatch> incoming{};
  std::array<iovec, kReceiveBatch> incoming_octets{};
  std::array<sockaddr_in6, kReceiveBatch> peers{};
  std::array<std::array<uint8_t, kReceiveSize>, kReceiveBatch> buffers;

  Descriptor epoll;
  ReadWatcher watcher;
  TurnEnd turn_end;
  Timer sweeper;
};

UdpExchange::Impl::Impl(Loop& on, const Options& with, UdpExchangeOwner& to)
    : loop(on),
      options(with),
      owner(to),
      epoll(epoll_create1(EPOLL_CLOEXEC)),
      watcher(on, epoll.get(), [this] { look(); }),
      turn_end(on, [this] { flush(); }),
      sweeper(on, [this] { sweep(); }) {
  INLET53_CHECK(epoll.valid());
  sockets.reserve(options.max_sockets);
  for (size_t i = 0; i < kReceiveBatch; ++i) {
    incoming_octets[i] = {buffers[i].data(), kReceiveSize};
    incoming[i].msg_hdr.msg_iov = &incoming_octets[i];
    incoming[i].msg_hdr.msg_iovlen = 1;
    incoming[i].msg_hdr.msg_name = &peers[i];
  }
}

//--- Sockets

// A socket of the route that rests, with another port; kNone when there is none.
uint32_t UdpExchange::Impl::wake(RouteId id) {
  Route& route = routes[id];
  while (!route.resting.empty()) {
    const uint32_t slot = route.resting.back();
    ExchangeSocket& socket = sockets[slot];
    if (connect_udp(socket.descriptor.get(), route.route->to)) {
      route.resting.pop_back();
      socket.begin(id, loop.now_ms());
      return slot;
    }
    close(slot);
  }
  return kNone;
}

uint32_t UdpExchange::Impl::open(RouteId id) {
  const UdpRoute& route = *routes[id].route;
  if (open_count == options.max_sockets && !make_room()) return kNone;
  const IpAddress* source =
      route.sources.empty() ? nullptr : &route.sources[random.below(route.sources.size())];
  Descriptor descriptor = open_connected_udp(route.to, source);
  if (!descriptor.valid()) return kNone;

  uint32_t slot = 0;
  if (free_slots.empty()) {
    slot = static_cast<uint32_t>(sockets.size());
    sockets.emplace_back();
  } else {
    slot = free_slots.back();
    free_slots.pop_back();
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = slot;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, descriptor.get(), &event) != 0) {
    free_slots.push_back(slot);
    return kNone;
  }
  sockets[slot].descriptor = std::move(descriptor);
  sockets[slot].begin(id, loop.now_ms());
  ++open_count;
  ++counts.sockets_opened;
  if (!sweeper.active()) sweeper.start(kSweepMs, kSweepMs);
  return slot;
}

// Closes a socket that rests, whoever's.
bool UdpExchange::Impl::make_room() {
  const auto found =
      std::ranges::find_if(routes, [](const Route& r) { return !r.resting.empty(); });
  if (found == routes.end()) return false;
  close(found->resting.back());
  return true;
}

// The socket that takes the route's next query, kNone when there is none.
uint32_t UdpExchange::Impl::socket_for(Route& route, RouteId id) {
  const uint64_t now = loop.now_ms();
  const uint32_t newest = route.newest;
  if (newest != kNone) {
    const ExchangeSocket& socket = sockets[newest];
    const bool fresh = socket.sends < kSendsPerSocket && now - socket.opened_ms < kSocketAgeMs;
    if (fresh && socket.waits.size() < kMaxShared) return newest;
  }
  uint32_t opened = wake(id);
  if (opened == kNone) opened = open(id);
  if (opened == kNone) {
    // Sharing a port for longer is better than silence.
    return newest != kNone && sockets[newest].waits.size() < kMaxShared ? newest : kNone;
  }
  ++counts.ports;
  route.newest = opened;
  if (newest != kNone) retire(newest);
  return opened;
}

// Requires: it is no route's newest any more.
void UdpExchange::Impl::retire(uint32_t slot) {
  sockets[slot].retired = true;
  if (sockets[slot].is_done()) rest(slot);
}

// Requires: it is retired and done. To close a socket and to open one costs four times as much as
// to give it another port.
void UdpExchange::Impl::rest(uint32_t slot) {
  std::vector<uint32_t>& resting = routes[sockets[slot].route].resting;
  if (resting.size() == kMaxResting || !disconnect_udp(sockets[slot].descriptor.get())) {
    return close(slot);
  }
  sockets[slot].rest();
  resting.push_back(slot);
}

void UdpExchange::Impl::close(uint32_t slot) {
  Route& route = routes[sockets[slot].route];
  if (route.newest == slot) route.newest = kNone;
  if (sockets[slot].resting) std::erase(route.resting, slot);
  sockets[slot].end();  // closing takes it out of the epoll instance too
  free_slots.push_back(slot);
  --open_count;
}

bool UdpExchange::Impl::still(uint32_t slot, uint32_t generation) const {
  const ExchangeSocket& socket = sockets[slot];
  return socket.generation == generation && socket.descriptor.valid() && !socket.resting;
}

//--- Sending

std::optional<SocketAddress> UdpExchange::Impl::send(RouteId id, Bytes query, uint64_t token) {
  INLET53_CHECK(query.size() >= kHeader && query.size() <= kMaxQuery);
  if (outbox_count == kOutbox) empty_outbox();
  const uint32_t slot = socket_for(routes[id], id);
  if (slot == kNone) {
    ++counts.no_socket;
    return std::nullopt;
  }
  ExchangeSocket& socket = sockets[slot];
  uint16_t query_id = random.u16();
  while (socket.find(query_id) != nullptr) query_id = random.u16();
  socket.waits.push_back({token, query_id});
  ++socket.sends;
  ++socket.unsent;
  socket.last_send_ms = loop.now_ms();

  Outgoing& out = outbox[outbox_count++];
  std::memcpy(out.octets.data(), query.data(), query.size());
  store_be16(out.octets.data(), query_id);
  out.size = static_cast<uint32_t>(query.size());
  out.slot = slot;
  out.token = token;
  turn_end.ask();
  return socket.local;
}

void UdpExchange::Impl::flush() {
  empty_outbox();
  tell_undelivered();
}

void UdpExchange::Impl::empty_outbox() {
  for (size_t i = 0; i < outbox_count; ++i) {
    if (outbox[i].slot != kNone) send_of_socket(i);
  }
  outbox_count = 0;
}

// Sends the queries of one socket, of which `first` is the first.
void UdpExchange::Impl::send_of_socket(size_t first) {
  std::array<mmsghdr, kOutbox> messages;
  std::array<iovec, kOutbox> octets;
  std::array<size_t, kOutbox> places;
  const uint32_t slot = outbox[first].slot;
  unsigned count = 0;
  for (size_t i = first; i < outbox_count; ++i) {
    if (outbox[i].slot != slot) continue;
    outbox[i].slot = kNone;
    octets[count] = {outbox[i].octets.data(), outbox[i].size};
    messages[count] = {};
    messages[count].msg_hdr.msg_iov = &octets[count];
    messages[count].msg_hdr.msg_iovlen = 1;
    places[count++] = i;
  }
  ExchangeSocket& socket = sockets[slot];
  socket.unsent -= count;
  for (unsigned done = 0; done < count;) {
    ++counts.send_calls;
    const int sent = sendmmsg(socket.descriptor.get(), &messages[done], count - done, MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<unsigned>(sent);
      counts.sent += static_cast<uint64_t>(sent);
      continue;
    }
    const int error = errno;
    // An error of what was sent before, which is off the socket now; it concerns them all.
    if (error == ECONNREFUSED) return give_up(slot, error);
    const uint64_t token = outbox[places[done++]].token;
    socket.forget(token);
    undelivered.push_back({token, error});
  }
}

void UdpExchange::Impl::give_up(uint32_t slot, int error) {
  for (const Wait& wait : sockets[slot].waits) undelivered.push_back({wait.token, error});
  sockets[slot].waits.clear();
}

// The owner may send again, which must find everything in order.
void UdpExchange::Impl::tell_undelivered() {
  std::vector<Undelivered> told;
  told.swap(undelivered);
  counts.undeliverable += told.size();
  for (const Undelivered& each : told) owner.undeliverable(each.token, each.error);
  told.clear();
  if (undelivered.empty()) undelivered.swap(told);
}

//--- Receiving

void UdpExchange::Impl::look() {
  std::array<epoll_event, kEvents> events;
  const int count = epoll_wait(epoll.get(), events.data(), kEvents, 0);
  for (int i = 0; i < count; ++i) {
    receive(events[static_cast<size_t>(i)].data.u32);
  }
  tell_undelivered();
}

// An event may be older than the socket's port, or than the socket: then there is nothing to
// receive, or what is received counts for itself.
void UdpExchange::Impl::receive(uint32_t slot) {
  const uint32_t generation = sockets[slot].generation;
  while (still(slot, generation)) {
    for (mmsghdr& message : incoming) message.msg_hdr.msg_namelen = sizeof(sockaddr_in6);
    const int count = recvmmsg(sockets[slot].descriptor.get(), incoming.data(), kReceiveBatch,
                               MSG_DONTWAIT, nullptr);
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) break;
      give_up(slot, errno);
      continue;
    }
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) take(slot, generation, incoming[i]);
    if (count < static_cast<int>(kReceiveBatch)) break;
  }
  if (still(slot, generation) && sockets[slot].retired && sockets[slot].is_done()) rest(slot);
}

void UdpExchange::Impl::take(uint32_t slot, uint32_t generation, const mmsghdr& message) {
  ++counts.received;
  const auto* from = static_cast<const sockaddr*>(message.msg_hdr.msg_name);
  const Bytes octets(static_cast<const uint8_t*>(message.msg_hdr.msg_iov->iov_base),
                     message.msg_len);
  // Whoever wrote to the port before it was connected is still in the queue.
  const bool from_peer =
      still(slot, generation) && octets.size() >= kHeader &&
      SocketAddress::from_sockaddr(from) == routes[sockets[slot].route].route->to;
  const Wait* wait = from_peer ? sockets[slot].find(load_be16(octets.data())) : nullptr;
  if (wait == nullptr) {
    ++counts.unmatched;
    return;
  }
  const uint64_t token = wait->token;
  if (!owner.received(token, octets)) {
    ++counts.unmatched;
  } else if (still(slot, generation)) {
    sockets[slot].forget(token);
  }
}

void UdpExchange::Impl::sweep() {
  const uint64_t now = loop.now_ms();
  for (uint32_t slot = 0; slot < sockets.size(); ++slot) {
    ExchangeSocket& socket = sockets[slot];
    if (!socket.descriptor.valid()) continue;
    if (now - socket.last_send_ms > options.max_wait_ms) socket.waits.clear();
    const bool old = now - socket.opened_ms > kSocketAgeMs;
    if (socket.resting ? old : socket.is_done() && (socket.retired || old)) close(slot);
  }
  if (open_count == 0) sweeper.stop();
}

//--- UdpExchange

UdpExchange::UdpExchange(Loop& loop, const Options& options, UdpExchangeOwner& owner)
    : impl_(std::make_unique<Impl>(loop, options, owner)) {}

UdpExchange::~UdpExchange() = default;

UdpExchange::RouteId UdpExchange::add_route(UdpRoute route) {
  std::vector<Route>& routes = impl_->routes;
  const IpFamily family = route.to.address.family();
  std::erase_if(route.sources, [&](const IpAddress& each) { return each.family() != family; });
  const auto free = std::ranges::find_if(routes, [](const Route& r) { return !r.route; });
  const auto at = free == routes.end() ? routes.insert(free, Route{}) : free;
  *at = {std::move(route), kNone, {}};
  return static_cast<RouteId>(at - routes.begin());
}

void UdpExchange::remove_route(RouteId route) {
  // What cannot be delivered is told at the turn's end: the owner is in the middle of something.
  impl_->empty_outbox();
  impl_->turn_end.ask();
  for (uint32_t slot = 0; slot < impl_->sockets.size(); ++slot) {
    const ExchangeSocket& socket = impl_->sockets[slot];
    if (socket.descriptor.valid() && socket.route == route) impl_->close(slot);
  }
  impl_->routes[route] = {};
}

std::optional<SocketAddress> UdpExchange::send(RouteId route, Bytes query, uint64_t token) {
  return impl_->send(route, query, token);
}

void UdpExchange::flush() { impl_->flush(); }
const UdpExchange::Counts& UdpExchange::counts() const noexcept { return impl_->counts; }
size_t UdpExchange::open_sockets() const noexcept { return impl_->open_count; }

}  // namespace inlet53::net
