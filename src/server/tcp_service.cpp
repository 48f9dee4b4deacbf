#include "tcp_service.h"

#include <utility>

namespace inlet53::server {

/// One client's connection: TCP itself carries the stream.
struct TcpService::Connection final : StreamCarrier {
  Connection(StreamSessions& sessions, net::TcpConnection& carried)
      : tcp(carried), session(sessions, *this, carried.peer()) {}

  void send(Bytes octets) override { tcp.send(octets); }
  [[nodiscard]] bool congested() const override { return tcp.congested(); }
  void pause() override { tcp.pause(); }
  void resume() override { tcp.resume(); }
  void close_after_send() override { tcp.close_after_send(); }
  void set_timeout(uint64_t milliseconds) override { tcp.set_timeout(milliseconds); }

  net::TcpConnection& tcp;
  StreamSession session;
};

TcpService::TcpService(net::Loop& loop, net::Descriptor socket, const settings::Tcp& settings,
                       Responder& responder, QueryForwarder& forwarder, WorkerCounts& counts,
                       const resolver::EndpointAddress& address, std::function<void()> batch_done)
    : settings_(settings),
      sessions_({record::Transport::Tcp, settings.idle_timeout_ms}, responder, forwarder, address,
                std::move(batch_done)),
      listener_(loop, std::move(socket), listener_options(settings), *this, counts,
                counts.tcp_connections, address,
                [this](net::TcpConnection& connection) { admitted(connection); }) {}

TcpService::~TcpService() = default;

void TcpService::set_address(const resolver::EndpointAddress& address) {
  sessions_.set_address(address);
  listener_.set_address(address);
}

void TcpService::admitted(net::TcpConnection& connection) {
  connections_.emplace(&connection, std::make_unique<Connection>(sessions_, connection));
  connection.set_timeout(settings_.first_query_timeout_ms);
}

size_t TcpService::received(net::TcpConnection& connection, Bytes stream) {
  listener_.count_refused();
  return connections_.at(&connection)->session.received(stream);
}

bool TcpService::owes_responses(net::TcpConnection& connection) {
  return connections_.at(&connection)->session.peer_finished();
}

bool TcpService::timed_out(net::TcpConnection& connection) {
  return connections_.at(&connection)->session.timed_out();
}

void TcpService::closed(net::TcpConnection& connection) { connections_.erase(&connection); }

void TcpService::drain() {
  sessions_.drain();
  listener_.stop_accepting();
  // What has arrived is still read and answered; then the connection is idle, and ends.
  for (const auto& [connection, of] : connections_) {
    connection->set_timeout(StreamSessions::kDrainIdleMs);
  }
}

}  // namespace inlet53::server
