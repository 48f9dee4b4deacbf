// SPDX-License-Identifier: Apache-2.0
#include "tcp_service.h"

#include <memory>
#include <utility>

namespace inlet53::server {

/// Connection of one client: a stream over TCP.
class TcpService::Client final : public net::TcpClient, StreamCarrier {
 public:
  Client(TcpService& service, net::TcpConnection& tcp)
      : service_(service), tcp_(tcp), session_(service.sessions_, *this, tcp.peer()) {
    tcp_.set_timeout(service.settings_.first_query_timeout_ms);
  }

  //--- net::TcpClient
  size_t received(Bytes stream) override {
    service_.listener_.count_refused();
    return session_.received(stream);
  }
  bool owes_responses() override { return session_.peer_finished(); }
  bool timed_out() override { return session_.timed_out(); }
  // The connection answers the messages that have arrived; then the idle timeout ends it.
  void drain() override { tcp_.set_timeout(StreamSessions::kDrainIdleMs); }

 private:
  //--- StreamCarrier
  void send(Bytes octets) override { tcp_.send(octets); }
  [[nodiscard]] bool congested() const override { return tcp_.congested(); }
  void pause() override { tcp_.pause(); }
  void resume() override { tcp_.resume(); }
  void close_after_send() override { tcp_.close_after_send(); }
  void set_timeout(uint64_t milliseconds) override { tcp_.set_timeout(milliseconds); }

  TcpService& service_;
  net::TcpConnection& tcp_;
  StreamSession session_;
};

TcpService::TcpService(net::Loop& loop, net::Descriptor socket, const settings::Tcp& settings,
                       Responder& responder, QueryForwarder& forwarder, WorkerCounts& counts,
                       const resolver::EndpointAddress& address, std::function<void()> batch_done)
    : settings_(settings),
      sessions_({record::Transport::Tcp, settings.idle_timeout_ms}, responder, forwarder, address,
                std::move(batch_done)),
      listener_(loop, std::move(socket), listener_options(settings), counts, counts.tcp_connections,
                address,
                [this](net::TcpConnection& tcp) { return std::make_unique<Client>(*this, tcp); }) {}

TcpService::~TcpService() = default;

void TcpService::set_address(const resolver::EndpointAddress& address) {
  sessions_.set_address(address);
  listener_.set_address(address);
}

void TcpService::drain() {
  sessions_.drain();
  listener_.drain();
}

}  // namespace inlet53::server
