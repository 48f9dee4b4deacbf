// SPDX-License-Identifier: Apache-2.0
#include "stream_services.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "inlet53/net/tls_stream.h"

namespace inlet53::server {

namespace {

// Idle time after which a connection frees its buffers for TLS records, about 34 KiB.
constexpr uint64_t kBufferIdleMs = 1000;

}  // namespace

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

/// Connection of one client: a stream over TLS over TCP.
///
///   Handshaking ──TLS is open──► Open ──close_after_send──► Ending
///        └─TLS fails──► Failed
class DotService::Client final : public net::TcpClient, net::TlsStreamOwner, StreamCarrier {
 public:
  Client(DotService& service, net::TcpConnection& tcp)
      : service_(service),
        tcp_(tcp),
        tls_(*service.tls_, *this),
        session_(service.sessions_, *this, tcp.peer()) {
    tcp_.set_timeout(service.settings_.handshake_timeout_ms);
  }
  ~Client() override {
    if (stage_ == Stage::Handshaking || stage_ == Stage::Failed) {
      service_.counts_.tls_handshakes_failed.add();
    }
  }

  //--- net::TcpClient
  size_t received(Bytes stream) override {
    service_.listener_.count_refused();
    const size_t consumed = process_ciphertext(stream);
    return is_over() ? stream.size() : consumed;
  }
  bool owes_responses() override {
    if (stage_ != Stage::Open) return false;
    if (session_.peer_finished()) return true;
    tls_.end();
    return false;
  }
  void caught_up() override { process_rest(); }
  bool timed_out() override {
    if (stage_ != Stage::Open) return false;
    if (idle_rest_ > 0) {
      tls_.release_buffers();
      tcp_.set_timeout(std::exchange(idle_rest_, 0));
    } else if (!session_.timed_out()) {
      close_after_send();
    }
    return true;
  }
  void drain() override { set_timeout(StreamSessions::kDrainIdleMs); }
  void closed() override { service_.resumed_.erase(this); }

  /// Processes unconsumed plaintext and ciphertext again.
  void process_rest() {
    if (is_over()) return;
    if (stage_ == Stage::Open) process_ciphertext({});
    if (!paused_) tcp_.resume();
  }

 private:
  enum class Stage : uint8_t {
    Handshaking,
    Open,
    Failed,  // the handshake failed; an alert is being sent
    Ending,  // the session has ended; pending data is being sent
  };
  [[nodiscard]] bool is_over() const noexcept { return stage_ >= Stage::Failed; }

  //--- TLS
  size_t process_ciphertext(Bytes stream) {
    receiving_ = true;
    const size_t consumed = tls_.received(stream);
    receiving_ = false;
    settle();
    return consumed;
  }

  //--- net::TlsStreamOwner
  void send_ciphertext(Bytes octets) override { tcp_.send(octets); }
  size_t received_plaintext(Bytes stream) override {
    set_open();
    return session_.received(stream);
  }
  bool wants_no_plaintext() const override { return paused_ || is_over() || tcp_.congested(); }

  //--- StreamCarrier
  void send(Bytes octets) override { tls_.send(octets); }
  [[nodiscard]] bool congested() const override { return tcp_.congested(); }
  void pause() override {
    paused_ = true;
    tcp_.pause();
  }
  void resume() override {
    paused_ = false;
    if (!receiving_) service_.resume_soon(*this);
  }
  void close_after_send() override {
    if (is_over()) return;
    stage_ = stage_ == Stage::Handshaking ? Stage::Failed : Stage::Ending;
    tls_.end();
    tcp_.set_timeout(0);  // only the write timeout remains
    tcp_.close_after_send();
  }
  // Splits the timeout: the buffers are freed after kBufferIdleMs, the rest follows.
  void set_timeout(uint64_t milliseconds) override {
    if (is_over()) return;
    const uint64_t first = std::min(milliseconds, kBufferIdleMs);
    idle_rest_ = milliseconds - first;
    tcp_.set_timeout(first);
  }

  void set_open() {
    if (stage_ != Stage::Handshaking) return;
    stage_ = Stage::Open;
    service_.counts_.tls_handshakes.add();
    if (tls_.resumed()) service_.counts_.tls_resumed.add();
    set_timeout(service_.settings_.idle_timeout_ms);
  }

  // Acts on the state of TLS after an event.
  void settle() {
    using State = net::TlsStream::State;
    if (is_over() || tls_.state() == State::Handshaking) return;
    if (tls_.state() == State::Failed) return close_after_send();  // an alert has gone out
    set_open();
    if (tls_.state() == State::Ended && !session_.peer_finished()) close_after_send();
  }

  DotService& service_;
  net::TcpConnection& tcp_;
  net::TlsStream tls_;
  StreamSession session_;
  uint64_t idle_rest_ = 0;  // milliseconds of the idle timeout after the current timeout
  Stage stage_ = Stage::Handshaking;
  bool receiving_ = false;  // TLS processes data; `settle` follows
  bool paused_ = false;     // the session accepts no data
};

DotService::DotService(net::Loop& loop, net::Descriptor socket, const settings::Tls& settings,
                       std::shared_ptr<const net::TlsServerContext> tls, Responder& responder,
                       QueryForwarder& forwarder, WorkerCounts& counts,
                       const resolver::EndpointAddress& address, std::function<void()> batch_done)
    : settings_(settings),
      tls_(std::move(tls)),
      counts_(counts),
      sessions_({record::Transport::Dot, settings.idle_timeout_ms}, responder, forwarder, address,
                std::move(batch_done)),
      turn_end_(loop, [this] { resume_all(); }),
      listener_(loop, std::move(socket), listener_options(settings), counts, counts.dot_connections,
                address,
                [this](net::TcpConnection& tcp) { return std::make_unique<Client>(*this, tcp); }) {}

DotService::~DotService() = default;

void DotService::set_address(const resolver::EndpointAddress& address) {
  sessions_.set_address(address);
  listener_.set_address(address);
}

void DotService::resume_soon(Client& client) {
  resumed_.insert(&client);
  turn_end_.request();
}

// Removes one client at a time, because processing its data may add others.
void DotService::resume_all() {
  std::vector<Client*> now(resumed_.begin(), resumed_.end());
  for (Client* client : now) {
    if (resumed_.erase(client) > 0) client->process_rest();
  }
}

void DotService::drain() {
  sessions_.drain();
  listener_.drain();
}

}  // namespace inlet53::server
