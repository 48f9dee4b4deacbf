// SPDX-License-Identifier: Apache-2.0
#include "udp_ports.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "inlet53/base/check.h"

namespace inlet53::net {

namespace {

constexpr size_t kMaxResting = 256;  // sockets of one route
constexpr size_t kMaxEvents = 64;

bool connect_udp(int descriptor, const SocketAddress& to) noexcept {
  sockaddr_storage storage{};
  const socklen_t length = to.to_sockaddr(storage);
  return connect(descriptor, reinterpret_cast<sockaddr*>(&storage), length) == 0;
}

// Removes port and peer of a connected socket, and drops received datagrams. The association's end
// releases the port (connect(2), AF_UNSPEC); the source address stays. Returns false when the
// socket is unusable.
bool disconnect_udp(int descriptor) noexcept {
  sockaddr unspecified{};
  unspecified.sa_family = AF_UNSPEC;
  if (connect(descriptor, &unspecified, sizeof unspecified) != 0) return false;
  constexpr int kMaxDropped = 64;
  for (int i = 0; i < kMaxDropped; ++i) {
    uint8_t byte = 0;
    if (recv(descriptor, &byte, sizeof byte, MSG_DONTWAIT) < 0 && errno == EAGAIN) return true;
  }
  return false;
}

// Opens a non-blocking socket that is connected to `to` from `source` (null: the kernel chooses
// it). Ignores path MTU values from ICMP (RFC 9715 §3).
Result<Descriptor, SendError> open_connected_udp(const SocketAddress& to, const IpAddress* source) {
  const bool v4 = to.address.is_v4();
  Descriptor descriptor(
      socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return Unexpected(open_error(errno));
  const int omit = v4 ? IP_PMTUDISC_OMIT : IPV6_PMTUDISC_OMIT;
  if (setsockopt(descriptor.get(), v4 ? IPPROTO_IP : IPPROTO_IPV6,
                 v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &omit, sizeof omit) != 0) {
    return Unexpected(open_error(errno));
  }
  sockaddr_storage storage{};
  if (source != nullptr) {
    const socklen_t length = SocketAddress{*source, 0}.to_sockaddr(storage);
    if (bind(descriptor.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) {
      return Unexpected(open_error(errno));
    }
  }
  if (!connect_udp(descriptor.get(), to)) return Unexpected(open_error(errno));
  return descriptor;
}

// Returns true for errors that both ICMP and this host may cause. Source: icmp_err_convert of the
// kernel, for IPv4; icmpv6_err_convert for IPv6.
bool may_be_of_icmp(int error) noexcept {
  return error == EHOSTUNREACH || error == ENETUNREACH || error == EACCES || error == EPROTO ||
         error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET || error == EOPNOTSUPP;
}

}  // namespace

PortPool::PortPool(uint32_t max_sockets)
    : max_sockets_(max_sockets), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  require_system(epoll_.valid(), "cannot make an epoll descriptor");
  ports_.reserve(max_sockets);
}

PortPool::RouteId PortPool::add_route(UdpRoute route) {
  const IpFamily family = route.to.address.family();
  std::erase_if(route.sources, [&](const IpAddress& each) { return each.family() != family; });
  const auto free = std::ranges::find_if(routes_, [](const Route& each) { return !each.route; });
  const auto place = free == routes_.end() ? routes_.insert(free, Route{}) : free;
  *place = Route{};
  place->route = std::move(route);
  return static_cast<RouteId>(place - routes_.begin());
}

void PortPool::remove_route(RouteId id) {
  for (uint32_t port = 0; port < size(); ++port) {
    if (ports_[port].state != Port::State::Free && ports_[port].route == id) close(port);
  }
  routes_[id] = Route{};
}

//--- Choosing

Result<uint32_t, SendError> PortPool::acquire(RouteId id, uint64_t now_ms) {
  Route& route = routes_[id];
  if (route.newest != kNone) {
    const Port& port = ports_[route.newest];
    const bool fresh = port.sends < UdpExchange::kSendsPerSocket &&
                       now_ms - port.opened_ms < UdpExchange::kSocketAgeMs;
    if (fresh && port.users < UdpExchange::kMaxShared) return use(route.newest, now_ms);
  }
  const Result<uint32_t, SendError> opened = open(id, now_ms);
  if (!opened) {
    // Sharing a port longer is better than refusing the query.
    const uint32_t shared = port_with_room(route);
    if (shared == kNone) return Unexpected(opened.error());
    ++counts_.shared;
    return use(shared, now_ms);
  }
  ++counts_.ports;
  const uint32_t former = std::exchange(route.newest, *opened);
  if (former != kNone) {
    ports_[former].state = Port::State::Retired;
    if (ports_[former].users == 0) rest(former);
  }
  return use(*opened, now_ms);
}

uint32_t PortPool::use(uint32_t number, uint64_t now_ms) noexcept {
  Port& port = ports_[number];
  ++port.sends;
  ++port.users;
  ++routes_[port.route].users;
  port.last_use_ms = now_ms;
  return number;
}

void PortPool::release(uint32_t number, uint32_t count) {
  Port& port = ports_[number];
  INLET53_CHECK(port.users >= count);
  port.users -= count;
  routes_[port.route].users -= count;
  if (port.state == Port::State::Retired && port.users == 0) rest(number);
}

// Returns the port with the fewest users among a few ports of the route; if these are full, any
// with free capacity.
uint32_t PortPool::port_with_room(const Route& route) {
  constexpr size_t kLooks = 4;
  const size_t count = route.ports.size();
  if (route.users >= count * UdpExchange::kMaxShared) return kNone;
  uint32_t best = route.ports[random_.below(count)];
  for (size_t look = 1; look < kLooks; ++look) {
    const uint32_t other = route.ports[random_.below(count)];
    if (ports_[other].users < ports_[best].users) best = other;
  }
  if (ports_[best].users < UdpExchange::kMaxShared) return best;
  const auto found = std::ranges::find_if(
      route.ports, [&](uint32_t each) { return ports_[each].users < UdpExchange::kMaxShared; });
  INLET53_CHECK(found != route.ports.end());
  return *found;
}

//--- Opening and closing

Result<uint32_t, SendError> PortPool::open(RouteId id, uint64_t now_ms) {
  const size_t left = max_sockets_ - (open_ - resting_);
  if (routes_[id].ports.size() >= 2 * left) return Unexpected(SendError{SendFailure::NoSocket, 0});
  if (const uint32_t reopened = reopen_resting(id, now_ms); reopened != kNone) return reopened;
  if (open_ == max_sockets_ && !close_a_resting_one()) {
    return Unexpected(SendError{SendFailure::NoSocket, 0});
  }
  const UdpRoute& route = *routes_[id].route;
  const IpAddress* source =
      route.sources.empty() ? nullptr : &route.sources[random_.below(route.sources.size())];
  Result<Descriptor, SendError> descriptor = open_connected_udp(route.to, source);
  if (!descriptor) return Unexpected(descriptor.error());

  uint32_t number = size();
  if (free_.empty()) {
    ports_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = number;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor->get(), &event) != 0) {
    const SendError error = open_error(errno);
    free_.push_back(number);
    return Unexpected(error);
  }
  ports_[number].descriptor = std::move(*descriptor);
  ++open_;
  ++counts_.sockets_opened;
  begin(number, id, now_ms);
  return number;
}

// Connects a resting socket of the route again, from a new port; kNone when there is none.
uint32_t PortPool::reopen_resting(RouteId id, uint64_t now_ms) {
  Route& route = routes_[id];
  while (!route.resting.empty()) {
    const uint32_t number = route.resting.back();
    if (!connect_udp(ports_[number].descriptor.get(), route.route->to)) {
      close(number);
      continue;
    }
    route.resting.pop_back();
    --resting_;
    begin(number, id, now_ms);
    return number;
  }
  return kNone;
}

bool PortPool::close_a_resting_one() {
  const auto found =
      std::ranges::find_if(routes_, [](const Route& each) { return !each.resting.empty(); });
  if (found == routes_.end()) return false;
  close(found->resting.back());
  return true;
}

void PortPool::begin(uint32_t number, RouteId id, uint64_t now_ms) {
  Port& port = ports_[number];
  port.local = local_address(port.descriptor.get());
  port.opened_ms = port.last_use_ms = now_ms;
  port.route = id;
  port.sends = port.users = 0;
  port.state = Port::State::Open;
  port.place = static_cast<uint32_t>(routes_[id].ports.size());
  routes_[id].ports.push_back(number);
}

// Removes a port from its route's list of ports in use.
void PortPool::leave(uint32_t number) {
  Port& port = ports_[number];
  Route& route = routes_[port.route];
  if (route.newest == number) route.newest = kNone;
  route.users -= std::exchange(port.users, 0);
  ports_[route.ports.back()].place = port.place;
  std::swap(route.ports[port.place], route.ports.back());
  route.ports.pop_back();
  ++port.generation;
}

// Closing a socket and opening a new one costs four times as much as a new port for it.
void PortPool::rest(uint32_t number) {
  Port& port = ports_[number];
  Route& route = routes_[port.route];
  if (route.resting.size() == kMaxResting || !disconnect_udp(port.descriptor.get())) {
    return close(number);
  }
  leave(number);
  port.state = Port::State::Resting;
  route.resting.push_back(number);
  ++resting_;
}

void PortPool::close(uint32_t number) {
  Port& port = ports_[number];
  if (port.state == Port::State::Resting) {
    std::erase(routes_[port.route].resting, number);
    --resting_;
  } else {
    leave(number);
  }
  port.descriptor.reset();  // also removes it from the epoll instance
  port.state = Port::State::Free;
  free_.push_back(number);
  --open_;
}

void PortPool::close_old(uint64_t now_ms) {
  for (uint32_t number = 0; number < size(); ++number) {
    const Port& port = ports_[number];
    if (port.state == Port::State::Free || port.users > 0) continue;
    if (now_ms - port.opened_ms > UdpExchange::kSocketAgeMs) close(number);
  }
}

size_t PortPool::readable(std::span<uint32_t> ports) const {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): epoll_wait fills it
  std::array<epoll_event, kMaxEvents> events;
  const size_t room = std::min(ports.size(), events.size());
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(room), 0);
  for (int i = 0; i < count; ++i) {
    ports[static_cast<size_t>(i)] = events[static_cast<size_t>(i)].data.u32;
  }
  return count > 0 ? static_cast<size_t>(count) : 0;
}

uint8_t* Outbox::add(uint32_t port, int descriptor, uint64_t token, Bytes message) {
  INLET53_CHECK(!full() && message.size() <= UdpExchange::kMaxQuery);
  Message& added = messages_[count_++];
  std::memcpy(added.bytes.data(), message.data(), message.size());
  added.size = static_cast<uint32_t>(message.size());
  added.port = port;
  added.descriptor = descriptor;
  added.token = token;
  return added.bytes.data();
}

const Outbox::Report& Outbox::send() {
  report_.unsent.clear();
  report_.unreachable.clear();
  report_.sent = report_.calls = 0;
  for (size_t i = 0; i < count_; ++i) {
    if (messages_[i].descriptor != -1) send_of_port(i);
  }
  count_ = 0;
  ++round_;
  return report_;
}

// Sends the messages of one port, of which `first` is the first.
void Outbox::send_of_port(size_t first) {
  std::array<mmsghdr, kMaxMessages> headers;
  std::array<iovec, kMaxMessages> bytes;
  std::array<uint64_t, kMaxMessages> tokens;
  const uint32_t port = messages_[first].port;
  const int descriptor = messages_[first].descriptor;
  unsigned count = 0;
  for (size_t i = first; i < count_; ++i) {
    Message& message = messages_[i];
    if (message.descriptor != descriptor) continue;
    message.descriptor = -1;
    bytes[count] = {message.bytes.data(), message.size};
    headers[count] = {};
    headers[count].msg_hdr.msg_iov = &bytes[count];
    headers[count].msg_hdr.msg_iovlen = 1;
    tokens[count++] = message.token;
  }
  int doubtful = 0;  // error of the last call, if ICMP may have caused it
  for (unsigned done = 0; done < count;) {
    ++report_.calls;
    const int sent = send_messages_(descriptor, &headers[done], count - done, MSG_DONTWAIT);
    const int error = sent > 0 ? 0 : errno;
    if (sent > 0) {
      done += static_cast<unsigned>(sent);
      report_.sent += static_cast<uint64_t>(sent);
    }
    // The kernel reports an error of an earlier message once: a second attempt succeeds.
    const int earlier = std::exchange(doubtful, 0);
    const bool was_of_icmp = earlier != 0 && earlier != error;
    if (error == ECONNREFUSED || was_of_icmp) {
      const int reported = was_of_icmp ? earlier : error;
      report_.unreachable.push_back({port, {SendFailure::Unreachable, reported}});
      return;
    }
    if (error == 0) continue;
    if (earlier == 0 && may_be_of_icmp(error)) {
      doubtful = error;
      continue;
    }
    report_.unsent.push_back({port, tokens[done++], send_error(error)});
  }
}

}  // namespace inlet53::net
