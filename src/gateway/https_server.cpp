// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/https_server.h"

#include <algorithm>
#include <utility>

#include "inlet53/base/check.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/net/tcp_listener.h"

namespace inlet53::gateway {

namespace {

// Maximum number of bytes that wait for a client that does not read. Above it no response is
// composed.
constexpr uint32_t kMaxUnsent = 256U << 10;

net::TcpListener::Options listener_options(const settings::Gateway& settings) {
  net::TcpListener::Options options;
  options.backlog = settings.backlog;
  options.max_connections = settings.max_connections;
  options.max_connections_per_client = settings.max_connections_per_client;
  options.max_unsent = kMaxUnsent;
  options.write_timeout_ms = settings.idle_timeout_ms;
  return options;
}

http::HttpsOptions https_options(const settings::Gateway& settings) {
  return {.handshake_timeout_ms = settings.handshake_timeout_ms,
          .head_timeout_ms = settings.head_timeout_ms,
          .body_timeout_ms = settings.body_timeout_ms,
          .idle_timeout_ms = settings.idle_timeout_ms,
          .limits = {}};
}

// For a set too large for one filter, `accept` checks the source.
void filter_sources(int socket, const ServedAddress& address) {
  if (net::attach_source_filter(socket, address.sources)) return;
  log_warning(concat(address.listen.to_text(), ": ", address.sources.blocks().size(),
                     " blocks are too many for a socket filter; unauthorised sources get a TCP"
                     " handshake and are closed after it"));
}

}  // namespace

struct HttpsServer::Impl {
  /// Address that is served.
  struct Service final : http::RequestReceiver {
    Service(Impl& of, ServedAddress served, net::Descriptor socket)
        : server(of),
          address(std::move(served)),
          listener(server.loop, std::move(socket), listener_options(server.settings),
                   [this](net::TcpConnection& tcp) { return accept(tcp); }) {}

    std::unique_ptr<net::TcpClient> accept(net::TcpConnection& tcp) {
      if (!address.sources.contains(tcp.peer().address)) return nullptr;
      return server.connections.open(tcp, *server.tls, *this);
    }

    [[nodiscard]] CallOrigin call_origin(const http::RequestOrigin& origin) const {
      return {.vpc_endpoint = address.vpc_endpoint,
              .source = origin.client.address,
              .tls_version = origin.tls_version,
              .cipher_suite = origin.cipher_suite};
    }

    //--- http::RequestReceiver
    http::HeadDecision head_received(http::RequestId id, const http::RequestOrigin& origin,
                                     http::Request& head) override {
      return server.receiver.head_received(id, call_origin(origin), head);
    }
    void request_received(http::RequestId id, const http::RequestOrigin& origin,
                          http::Request&& request) override {
      server.receiver.call_received(id, call_origin(origin), std::move(request));
    }
    void request_abandoned(http::RequestId id) override {
      if (!server.ending) server.receiver.call_abandoned(id);
    }
    http::Response refuse(http::Refusal refusal) override {
      return server.receiver.refuse(refusal);
    }

    Impl& server;
    ServedAddress address;
    net::TcpListener listener;
  };

  Impl(net::Loop& on, const settings::Gateway& given, http::BodyBudget& budget, CallReceiver& calls)
      : loop(on), settings(given), receiver(calls), connections(on, https_options(given), budget) {}

  [[nodiscard]] Service* find(const SocketAddress& listen) const;

  net::Loop& loop;
  const settings::Gateway settings;
  CallReceiver& receiver;
  http::HttpsConnections connections;
  std::shared_ptr<const net::TlsServerContext> tls;
  bool ending = false;
  std::vector<std::unique_ptr<Service>> services;  // last: their connections use the members above
};

HttpsServer::Impl::Service* HttpsServer::Impl::find(const SocketAddress& listen) const {
  for (const auto& service : services) {
    if (service->address.listen == listen) return service.get();
  }
  return nullptr;
}

//--- HttpsServer

http::HeadDecision CallReceiver::head_received(CallId, const CallOrigin&, http::Request&) {
  return http::BodyUse::Keep;
}

HttpsServer::HttpsServer(net::Loop& loop, const settings::Gateway& settings,
                         http::BodyBudget& budget, CallReceiver& receiver)
    : impl_(std::make_unique<Impl>(loop, settings, budget, receiver)) {}
HttpsServer::~HttpsServer() { impl_->ending = true; }

Result<std::vector<net::Descriptor>, net::SocketError> HttpsServer::open_sockets(
    const std::vector<ServedAddress>& addresses) const {
  std::vector<net::Descriptor> sockets;
  for (const ServedAddress& address : addresses) {
    if (impl_->find(address.listen) != nullptr) continue;
    if (auto free = net::probe_tcp_address(address.listen); !free) {
      return Unexpected(free.error());
    }
    auto socket = net::open_tcp(address.listen);
    if (!socket) return Unexpected(socket.error());
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

void HttpsServer::serve(std::vector<ServedAddress> addresses,
                        std::vector<net::Descriptor> sockets) {
  INLET53_CHECK(impl_->tls != nullptr);
  auto before = std::exchange(impl_->services, {});
  auto next_socket = sockets.begin();
  for (ServedAddress& address : addresses) {
    const auto kept = std::find_if(before.begin(), before.end(), [&](const auto& service) {
      return service != nullptr && service->address.listen == address.listen;
    });
    if (kept == before.end()) {
      INLET53_CHECK(next_socket != sockets.end());
      filter_sources(next_socket->get(), address);
      impl_->services.push_back(
          std::make_unique<Impl::Service>(*impl_, std::move(address), std::move(*next_socket++)));
      continue;
    }
    (*kept)->address = std::move(address);
    filter_sources((*kept)->listener.descriptor(), (*kept)->address);
    impl_->services.push_back(std::move(*kept));
  }
  INLET53_CHECK(next_socket == sockets.end());
}

void HttpsServer::set_tls(std::shared_ptr<const net::TlsServerContext> tls) {
  impl_->tls = std::move(tls);
}

void HttpsServer::respond(CallId call, http::Response&& response) {
  impl_->connections.respond(call, std::move(response));
}

void HttpsServer::drain() {
  for (const auto& service : impl_->services) service->listener.drain();
}

ServerCounts HttpsServer::counts() const noexcept {
  ServerCounts counts{impl_->connections.counts()};
  counts.open = impl_->connections.open_connections();
  for (const auto& service : impl_->services) counts.refused += service->listener.counts().refused;
  return counts;
}

}  // namespace inlet53::gateway
