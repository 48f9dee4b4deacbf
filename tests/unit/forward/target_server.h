// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "script.h"
#include "unit/net/net_support.h"

#include "inlet53/net/tcp_listener.h"
#include "inlet53/net/tls_stream.h"

namespace inlet53::forward {

using net::run_until;

/// Target on loopback that answers every question with an A record, over UDP and TCP (or TLS) at
/// one port. A test can select faults.
class TargetServer final {
 public:
  explicit TargetServer(net::Loop& loop, const net::TlsServerContext* tls = nullptr)
      : loop_(loop), tls_(tls) {
    // Finds a port that is free for both transports.
    for (int i = 0; i < 100 && !listener_; ++i) {
      auto tcp = net::open_tcp(net::local("127.0.0.1"));
      auto udp = net::open_udp(net::bound_to(tcp->get()), 4U << 20);
      if (!udp) continue;
      udp_ = std::move(*udp);
      address_ = net::bound_to(udp_.get());
      listen(std::move(*tcp));
    }
    watcher_.emplace(loop, udp_.get(), [this] { receive_datagrams(); });
  }

  [[nodiscard]] Target target() const { return {address_, TargetProtocol::Do53, ""}; }
  [[nodiscard]] Target dot_target(const std::string& server_name) const {
    return {address_, TargetProtocol::DoT, server_name};
  }
  void stop_tcp() { listener_.reset(); }
  /// Answers the queries that it held.
  void release() {
    holds = false;
    for (const Held& each : held_) {
      const auto message = answer(each.query);
      sendto(udp_.get(), message.data(), message.size(), 0,
             reinterpret_cast<const sockaddr*>(&each.from), each.length);
    }
  }

  bool silent = false;
  std::string dropped_on_streams;  // no answer over TCP to names that contain it; "": to all
  bool holds = false;              // answers over UDP only after `release`
  bool truncates = false;          // over UDP
  bool reverses = false;           // answers the queries of one read over TCP in reverse order
  size_t closes_after = 0;         // responses on a connection; 0: never
  size_t connections = 0;
  size_t stream_queries = 0;
  bool resumed = false;  // a connection resumed a TLS session

 private:
  struct Held {
    std::vector<uint8_t> query;
    sockaddr_storage from;
    socklen_t length;
  };

  void listen(net::Descriptor socket) {
    listener_.emplace(loop_, std::move(socket), net::TcpListener::Options{},
                      [this](net::TcpConnection& connection) {
                        ++connections;
                        return std::make_unique<Client>(*this, connection);
                      });
  }

  void receive_datagrams() {
    std::array<uint8_t, 600> buffer;
    sockaddr_storage from{};
    while (true) {
      socklen_t length = sizeof from;
      const ssize_t count = recvfrom(udp_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                     reinterpret_cast<sockaddr*>(&from), &length);
      if (count < 0) return;
      if (silent) continue;
      if (holds) {
        held_.push_back({{buffer.begin(), buffer.begin() + count}, from, length});
        continue;
      }
      const Bytes query(buffer.data(), static_cast<size_t>(count));
      const auto message = truncates ? Reply(query).truncated().message() : answer(query);
      sendto(udp_.get(), message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&from),
             length);
    }
  }
  static std::vector<uint8_t> answer(Bytes query) {
    const std::string qname = dns::parse_flat_name(query, 12)->to_text();
    return Reply(query).answer(qname + " A 192.0.2.80").message();
  }

  // One connection of the server.
  struct Client final : net::TcpClient, net::TlsStreamOwner {
    Client(TargetServer& to, net::TcpConnection& on) : server(to), connection(on) {
      if (server.tls_ != nullptr) tls.emplace(*server.tls_, *this);
    }
    size_t received(Bytes stream) override {
      return tls ? tls->received(stream) : answer_stream(stream);
    }
    void send_ciphertext(Bytes octets) override { connection.send(octets); }
    size_t received_plaintext(Bytes stream) override {
      if (tls->resumed()) server.resumed = true;
      return answer_stream(stream);
    }
    bool wants_no_plaintext() const override { return false; }

    size_t answer_stream(Bytes stream);

    TargetServer& server;
    net::TcpConnection& connection;
    std::optional<net::TlsStream> tls;
    size_t answered = 0;
  };

  net::Loop& loop_;
  const net::TlsServerContext* tls_;
  SocketAddress address_;
  net::Descriptor udp_;
  std::vector<Held> held_;
  std::optional<net::ReadWatcher> watcher_;
  std::optional<net::TcpListener> listener_;
};

inline size_t TargetServer::Client::answer_stream(Bytes stream) {
  size_t consumed = 0;
  std::deque<std::vector<uint8_t>> responses;
  while (stream.size() - consumed >= 2) {
    const size_t size = load_be16(&stream[consumed]);
    if (stream.size() - consumed - 2 < size) break;
    const Bytes query = stream.subspan(consumed + 2, size);
    consumed += 2 + size;
    ++server.stream_queries;
    const std::string qname = dns::parse_flat_name(query, 12)->to_text();
    if (!server.dropped_on_streams.empty() &&
        qname.find(server.dropped_on_streams) != std::string::npos) {
      continue;
    }
    auto response = answer(query);
    uint8_t prefix[2];
    store_be16(prefix, static_cast<uint16_t>(response.size()));
    response.insert(response.begin(), prefix, prefix + 2);
    server.reverses ? responses.push_front(response) : responses.push_back(response);
  }
  for (const auto& response : responses) {
    tls ? tls->send(response) : connection.send(response);
    if (server.closes_after == 0 || ++answered < server.closes_after) continue;
    if (tls) tls->end();
    connection.close_after_send();
    break;
  }
  return consumed;
}

}  // namespace inlet53::forward
