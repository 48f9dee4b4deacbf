#include "inlet53/gateway/https_server.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "https_connection.h"

#include "inlet53/base/check.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/net/tcp_listener.h"

namespace inlet53::gateway {

namespace {

// What may wait for a client that does not read, before no more is made for it.
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

// A set too large for one filter leaves the check to `admit`.
void keep_strangers_out(int socket, const ServedAddress& address) {
  if (net::attach_source_filter(socket, address.sources)) return;
  log_warning(concat(address.listen.to_text(), ": ", address.sources.blocks().size(),
                     " blocks are too many for a socket filter; strangers get a handshake of TCP"
                     " and are closed after it"));
}

}  // namespace

struct HttpsServer::Impl final : net::TcpConnectionOwner {
  /// An address that is served, with its connections.
  struct Service {
    Service(Impl& server, ServedAddress served, net::Descriptor socket)
        : address(std::move(served)),
          listener(server.loop, std::move(socket), listener_options(server.settings), server,
                   [this, &server](net::TcpConnection& tcp) { return server.admit(*this, tcp); }) {}

    ServedAddress address;
    net::TcpListener listener;
  };

  Impl(net::Loop& on, const settings::Gateway& given, CallTaker& taker)
      : loop(on), settings(given), context{settings, taker, counts} {}

  bool admit(Service& service, net::TcpConnection& tcp);
  [[nodiscard]] HttpsConnection& connection_of(net::TcpConnection& tcp);
  [[nodiscard]] Service* find(const SocketAddress& listen) const;

  //--- net::TcpConnectionOwner
  size_t received(net::TcpConnection& tcp, Bytes stream) override {
    return connection_of(tcp).received(stream);
  }
  bool owes_responses(net::TcpConnection& tcp) override {
    return connection_of(tcp).peer_finished();
  }
  void caught_up(net::TcpConnection& tcp) override { connection_of(tcp).caught_up(); }
  bool timed_out(net::TcpConnection& tcp) override {
    connection_of(tcp).timed_out();
    return true;
  }
  void closed(net::TcpConnection& tcp) override;

  net::Loop& loop;
  const settings::Gateway settings;
  HttpsCounts counts;
  HttpsConnectionContext context;
  std::shared_ptr<const net::TlsServerContext> tls;
  uint64_t next_connection = 1;
  std::unordered_map<uint64_t, HttpsConnection*> by_id;
  struct Entry {
    uint64_t id;
    std::unique_ptr<HttpsConnection> connection;
  };
  std::unordered_map<net::TcpConnection*, Entry> by_tcp;
  std::vector<std::unique_ptr<Service>> services;  // last: closing them tells `by_tcp`
};

bool HttpsServer::Impl::admit(Service& service, net::TcpConnection& tcp) {
  if (!service.address.sources.contains(tcp.peer().address)) return false;
  const uint64_t id = next_connection++;
  auto connection = std::make_unique<HttpsConnection>(id, tcp, service.address, *tls, context);
  by_id.emplace(id, connection.get());
  by_tcp.emplace(&tcp, Entry{id, std::move(connection)});
  ++counts.connections;
  return true;
}

HttpsConnection& HttpsServer::Impl::connection_of(net::TcpConnection& tcp) {
  const auto found = by_tcp.find(&tcp);
  INLET53_CHECK(found != by_tcp.end());
  return *found->second.connection;
}

void HttpsServer::Impl::closed(net::TcpConnection& tcp) {
  const auto found = by_tcp.find(&tcp);
  INLET53_CHECK(found != by_tcp.end());
  by_id.erase(found->second.id);
  by_tcp.erase(found);
}

HttpsServer::Impl::Service* HttpsServer::Impl::find(const SocketAddress& listen) const {
  for (const auto& service : services) {
    if (service->address.listen == listen) return service.get();
  }
  return nullptr;
}

//--- HttpsServer

HttpsServer::HttpsServer(net::Loop& loop, const settings::Gateway& settings, CallTaker& taker)
    : impl_(std::make_unique<Impl>(loop, settings, taker)) {}
HttpsServer::~HttpsServer() = default;

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
      keep_strangers_out(next_socket->get(), address);
      impl_->services.push_back(
          std::make_unique<Impl::Service>(*impl_, std::move(address), std::move(*next_socket++)));
      continue;
    }
    (*kept)->address = std::move(address);
    keep_strangers_out((*kept)->listener.descriptor(), (*kept)->address);
    impl_->services.push_back(std::move(*kept));
  }
  INLET53_CHECK(next_socket == sockets.end());
}

void HttpsServer::set_tls(std::shared_ptr<const net::TlsServerContext> tls) {
  impl_->tls = std::move(tls);
}

void HttpsServer::respond(CallId call, http::Response&& response) {
  const auto found = impl_->by_id.find(call.connection);
  if (found != impl_->by_id.end()) found->second->respond(call.stream, std::move(response));
}

void HttpsServer::drain() {
  for (const auto& service : impl_->services) service->listener.stop_accepting();
  // A connection may end at once, and leave the table.
  std::vector<uint64_t> ids;
  ids.reserve(impl_->by_id.size());
  for (const auto& [id, connection] : impl_->by_id) ids.push_back(id);
  for (const uint64_t id : ids) {
    if (const auto found = impl_->by_id.find(id); found != impl_->by_id.end()) {
      found->second->drain();
    }
  }
}

HttpsCounts HttpsServer::counts() const noexcept {
  HttpsCounts counts = impl_->counts;
  counts.open = impl_->by_tcp.size();
  for (const auto& service : impl_->services) counts.refused += service->listener.counts().refused;
  return counts;
}

}  // namespace inlet53::gateway
