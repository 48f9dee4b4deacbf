// SPDX-License-Identifier: Apache-2.0
#include "inlet53/forward/forwarder.h"

#include <algorithm>

#include "fetch_runner.h"
#include "stream_exchange.h"
#include <sys/resource.h>

#include "inlet53/base/clock.h"
#include "inlet53/net/udp_exchange.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::forward {

namespace {

static_assert(settings::kQueriesPerSocket == net::UdpExchange::kMaxShared &&
              settings::kSendsPerTarget == kMaxTries);

// Time to wait for late responses; they show that their target answers.
uint32_t late_wait_ms(const settings::Forward& settings) {
  constexpr uint32_t kMost = 7000;
  constexpr uint32_t kMostInAll = 14'000;  // within the time range of a token
  return std::min(kMost, kMostInAll - std::min(kMostInAll, settings.query_timeout_ms));
}

}  // namespace

// All workers together use a quarter of the descriptors; clients and logs need the others.
uint32_t available_sockets(const settings::Forward& settings, uint32_t workers) noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return settings.max_sockets;
  const rlim_t share = std::max<rlim_t>(limit.rlim_cur / 4 / workers, 1);
  return static_cast<uint32_t>(std::min<rlim_t>(share, settings.max_sockets));
}

/// Connects the FetchRunner to sockets, connections, clock and timer.
struct Forwarder::Impl final : QueryTransport, net::UdpExchangeOwner, StreamExchangeOwner {
  Impl(net::Loop& loop, const settings::Forward& settings, ForwardOwner& owner,
       const net::TlsClientContext* tls, uint32_t workers);

  // QueryTransport, called by the runner.
  void add_target(uint32_t target, const Target& address,
                  const std::vector<IpAddress>& sources) override;
  void remove_target(uint32_t target) override;
  Result<SocketAddress, net::SendError> send_datagram(uint32_t target, Bytes query,
                                                      uint64_t token) override;
  void send_stream(uint32_t target, Bytes query, uint64_t token) override;

  // Events of sockets and connections.
  bool received(uint64_t token, std::span<uint8_t> message) override;
  void undeliverable(uint64_t token, const net::SendError& error) override;
  void received_on_stream(uint64_t token, Bytes message, const SocketAddress& from) override;
  void stream_failed(uint64_t token) override;

  void set_timer();

  net::UdpExchange datagrams;
  StreamExchange streams;
  std::vector<net::UdpExchange::RouteId> routes;  // by target
  FetchRunner runner;
  net::Timer timer;
  net::TurnEnd turn_end;
};

Forwarder::Impl::Impl(net::Loop& loop, const settings::Forward& settings, ForwardOwner& owner,
                      const net::TlsClientContext* tls, uint32_t workers)
    : datagrams(loop,
                {.max_sockets = available_sockets(settings, workers),
                 .max_wait_ms = settings.query_timeout_ms + settings::kLateMs,
                 .late_wait_ms = late_wait_ms(settings)},
                *this),
      streams(loop,
              {.connect_timeout_ms = settings.query_timeout_ms,
               .idle_timeout_ms = settings.connection_idle_timeout_ms,
               .tls = tls},
              *this),
      runner(settings, *this, owner, monotonic_microseconds()),
      timer(loop,
            [this] {
              runner.expire(monotonic_microseconds());
              turn_end.request();
            }),
      turn_end(loop, [this] { set_timer(); }) {}

void Forwarder::Impl::add_target(uint32_t target, const Target& address,
                                 const std::vector<IpAddress>& sources) {
  if (target >= routes.size()) routes.resize(target + 1);
  routes[target] = datagrams.add_route({address.address, sources});
  streams.add_target(target, address, sources);
}

void Forwarder::Impl::remove_target(uint32_t target) {
  datagrams.remove_route(routes[target]);
  streams.remove_target(target);
}

Result<SocketAddress, net::SendError> Forwarder::Impl::send_datagram(uint32_t target, Bytes query,
                                                                     uint64_t token) {
  return datagrams.send(routes[target], query, token);
}

void Forwarder::Impl::send_stream(uint32_t target, Bytes query, uint64_t token) {
  streams.send(target, query, token);
}

bool Forwarder::Impl::received(uint64_t token, std::span<uint8_t> message) {
  turn_end.request();
  return runner.received(token, message, monotonic_microseconds());
}

void Forwarder::Impl::undeliverable(uint64_t token, const net::SendError& error) {
  turn_end.request();
  runner.undeliverable(token, error, monotonic_microseconds());
}

void Forwarder::Impl::received_on_stream(uint64_t token, Bytes message, const SocketAddress& from) {
  turn_end.request();
  runner.received_on_stream(token, message, from, monotonic_microseconds());
}

void Forwarder::Impl::stream_failed(uint64_t token) {
  turn_end.request();
  runner.stream_failed(token, monotonic_microseconds());
}

// Sets the timer once per turn.
void Forwarder::Impl::set_timer() {
  const auto next = runner.next_us();
  if (!next) return timer.stop();
  const uint64_t now = monotonic_microseconds();
  // Rounds up: an earlier call would find nothing due.
  timer.start(*next > now ? (*next - now + 999) / 1000 : 0);
}

Forwarder::Forwarder(net::Loop& loop, const settings::Forward& settings, ForwardOwner& owner,
                     const net::TlsClientContext* tls, uint32_t workers)
    : impl_(std::make_unique<Impl>(loop, settings, owner, tls, workers)) {}

Forwarder::~Forwarder() = default;

Submitted Forwarder::submit(const ForwardQuery& query, uint64_t token) {
  const Submitted submitted = impl_->runner.submit(query, token, monotonic_microseconds());
  if (submitted.outcome == Submitted::Outcome::Started) impl_->turn_end.request();
  return submitted;
}

void Forwarder::cancel(WaiterId waiter) { impl_->runner.cancel(waiter); }

Forwarder::Places Forwarder::places(const std::shared_ptr<const TargetGroup>& group) {
  return impl_->runner.places(group);
}

const ForwardCounts& Forwarder::counts() const noexcept { return impl_->runner.counts(); }
size_t Forwarder::in_flight() const noexcept { return impl_->runner.in_flight(); }

}  // namespace inlet53::forward
