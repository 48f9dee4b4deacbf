// SPDX-License-Identifier: Apache-2.0
#include "udp_service.h"

#include <utility>

#include "inlet53/base/clock.h"

namespace inlet53::server {

UdpService::UdpService(net::Loop& loop, std::unique_ptr<net::DatagramSource> source,
                       BatchPrefetcher& prefetcher, const AnsweringParts& parts,
                       const resolver::EndpointAddress& address, std::function<void()> fell_behind)
    : prefetcher_(prefetcher),
      parts_(parts),
      address_(&address),
      listener_(
          loop, std::move(source),
          [](void* self, std::span<net::Datagram> datagrams) noexcept {
            static_cast<UdpService*>(self)->answer(datagrams);
          },
          this, std::move(fell_behind)) {}

UdpService::~UdpService() {
  parts_.forwarder.cancel(*this);
  count_sent();
}

// Inlines all that it calls: separate calls cost 120 instructions a query.
[[gnu::hot, gnu::flatten]] void UdpService::answer(std::span<net::Datagram> batch) noexcept {
  count_sent();
  prefetcher_.prefetch(*address_->zones, batch);
  const Arrival how{*address_, record::Transport::Udp, read_clock()};
  for (net::Datagram& datagram : batch) {
    const SocketAddress source = SocketAddress::from_sockaddr(datagram.peer);
    const Reply reply =
        parts_.responder.answer(how, source, {datagram.data, datagram.capacity}, datagram.received);
    datagram.response = reply.size;
    if (reply.fetch_for != resolver::FetchFor::Nothing) forward(datagram, source, reply);
  }
  parts_.batch_done();
}

// Not inlined: inlined into the path of all queries it costs each query 52 instructions.
[[gnu::noinline, gnu::cold]] void UdpService::forward(const net::Datagram& datagram,
                                                      SocketAddress source, Reply reply) {
  if (reply.fetch_for == resolver::FetchFor::Refresh) {
    return parts_.forwarder.refresh(*reply.question);
  }
  parts_.forwarder.enqueue({this, 0, source, record::Transport::Udp},
                           {datagram.data, datagram.received}, *reply.question);
}

void UdpService::reply(const ReplyTo& to, Bytes response) {
  if (!response.empty()) listener_.source().send_late(to.source, response);
  parts_.batch_done();
}

void UdpService::count_sent() noexcept {
  const net::DatagramSource::Counts& now = listener_.source().counts();
  parts_.counts.datagrams_unsent.add(now.send_failed - counted_.send_failed);
  parts_.counts.udp_groups.add(now.sent_groups - counted_.sent_groups);
  counted_ = now;
}

}  // namespace inlet53::server
