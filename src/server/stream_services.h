// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <unordered_set>

#include "endpoint_service.h"
#include "stream_session.h"

#include "inlet53/net/loop.h"
#include "inlet53/net/tcp_listener.h"
#include "inlet53/net/tls_context.h"
#include "inlet53/resolver/state.h"
#include "inlet53/server/replier.h"
#include "inlet53/server/responder.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::server {

/// DNS over TCP at one endpoint IP address (RFC 7766). Threads: the worker's.
class TcpService final {
 public:
  /// `socket`: bound, not listening. `address`: as for `set_address`. `batch_done` is called after
  /// the messages of one read were answered.
  /// Lifetime: `responder`, `forwarder` and `counts` outlive this object.
  TcpService(net::Loop& loop, net::Descriptor socket, const settings::Tcp& settings,
             Responder& responder, QueryForwarder& forwarder, WorkerCounts& counts,
             const resolver::EndpointAddress& address, std::function<void()> batch_done);
  ~TcpService();

  /// Uses `address` and its security groups from now on.
  /// Lifetime: `address` until the next `set_address` or the end.
  void set_address(const resolver::EndpointAddress& address);

  /// Stops accepting connections. Open connections get answers to queries that have arrived, and
  /// are closed after 100 ms without data.
  void drain();
  [[nodiscard]] size_t open_connections() const noexcept { return listener_.open_connections(); }

 private:
  class Client;

  const settings::Tcp settings_;
  StreamSessions sessions_;
  EndpointListener listener_;  // last: its connections use the rest
};

/// DNS over TLS at one endpoint IP address (RFC 7858). Threads: the worker's.
class DotService final : public EndpointService {
 public:
  /// `socket`: bound, not listening. `address`: as for `set_address`. `batch_done` is called after
  /// the messages of one read were answered.
  /// Lifetime: `responder`, `forwarder` and `counts` outlive this object.
  DotService(net::Loop& loop, net::Descriptor socket, const settings::Tls& settings,
             std::shared_ptr<const net::TlsServerContext> tls, Responder& responder,
             QueryForwarder& forwarder, WorkerCounts& counts,
             const resolver::EndpointAddress& address, std::function<void()> batch_done);
  ~DotService() override;

  //--- EndpointService
  [[nodiscard]] const resolver::EndpointAddress& address() const noexcept override {
    return sessions_.address();
  }
  void set_address(const resolver::EndpointAddress& address) override;
  void set_tls(const TlsContexts& contexts) override { tls_ = contexts.dot; }
  void drain() override;
  [[nodiscard]] size_t open_connections() const noexcept override {
    return listener_.open_connections();
  }

 private:
  class Client;

  /// Passes the unconsumed data of a connection to its session again, at the end of the loop's
  /// turn.
  void resume_soon(Client& client);
  void resume_all();

  const settings::Tls settings_;
  std::shared_ptr<const net::TlsServerContext> tls_;
  WorkerCounts& counts_;
  StreamSessions sessions_;
  std::unordered_set<Client*> resumed_;  // their unconsumed data is due
  net::TurnEnd turn_end_;
  EndpointListener listener_;  // last: its connections use the rest
};

}  // namespace inlet53::server
