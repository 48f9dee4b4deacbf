#include "udp_service.h"

#include <utility>

#include "inlet53/base/clock.h"

namespace inlet53::server {

UdpService::UdpService(net::Loop& loop, net::Descriptor socket, net::UdpBatch& batch,
                       BatchPrefetcher& prefetcher, const AnsweringParts& parts,
                       const resolver::EndpointAddress& address, std::function<void()> fell_behind)
    : prefetcher_(prefetcher),
      parts_(parts),
      address_(&address),
      listener_(
          loop, std::move(socket), batch,
          [](void* self, std::span<net::Datagram> datagrams) noexcept {
            static_cast<UdpService*>(self)->answer(datagrams);
          },
          this, std::move(fell_behind)) {}

UdpService::~UdpService() {
  parts_.forwarder.forget(*this);
  count_sent();
}

// Compiled into itself with all that it calls: calls of each step cost 120 instructions a query.
[[gnu::hot, gnu::flatten]] void UdpService::answer(std::span<net::Datagram> batch) noexcept {
  count_sent();
  prefetcher_.prefetch(*address_->zones, batch);
  Responder& responder = parts_.responder;
  responder.begin_batch(*address_, read_clock());
  for (net::Datagram& datagram : batch) {
    const SocketAddress source = SocketAddress::from_sockaddr(datagram.peer);
    const Reply reply =
        responder.answer_datagram(source, {datagram.data, datagram.capacity}, datagram.received);
    datagram.response = reply.size;
    if (reply.asks != resolver::Asks::Nothing) [[unlikely]] {
      forward(datagram, source, reply.asks);
    }
  }
  parts_.batch_done();
}

// Rare, and kept out of `answer`.
[[gnu::noinline, gnu::cold]] void UdpService::forward(const net::Datagram& datagram,
                                                      const SocketAddress& source,
                                                      resolver::Asks asks) {
  const resolver::ForwardQuestion& question = parts_.responder.question();
  if (asks == resolver::Asks::Besides) return parts_.forwarder.refresh(question);
  parts_.forwarder.begin({this, 0, source, record::Transport::Udp},
                         {datagram.data, datagram.received}, question);
}

void UdpService::reply(const ReplyTo& to, Bytes response) {
  if (!response.empty()) listener_.send(to.source, response);
  parts_.batch_done();
}

void UdpService::count_sent() noexcept {
  const net::UdpListener::Counts& now = listener_.counts();
  parts_.counts.datagrams_unsent.add(now.send_failed - counted_.send_failed);
  parts_.counts.udp_groups.add(now.sent_groups - counted_.sent_groups);
  counted_ = now;
}

}  // namespace inlet53::server
