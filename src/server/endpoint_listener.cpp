// SPDX-License-Identifier: Apache-2.0
#include "endpoint_listener.h"

#include <utility>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/server/refused_clients.h"

namespace inlet53::server {

namespace {

// Attaches the filter of sources to a socket. If the set is too large for a filter,
// `EndpointListener::admit` checks the source instead.
void keep_strangers_out(int socket, const resolver::EndpointAddress& address) {
  if (net::attach_source_filter(socket, address.tcp_sources)) return;
  log_warning(concat(address.listen.to_text(), ": ", address.tcp_sources.blocks().size(),
                     " blocks are too many for a socket filter; over TCP, strangers get a handshake"
                     " and are closed after it"));
}

// Attaches the filter before the socket listens, so that it applies to every connection.
net::Descriptor filtered(net::Descriptor socket, const resolver::EndpointAddress& address) {
  keep_strangers_out(socket.get(), address);
  return socket;
}

}  // namespace

EndpointListener::EndpointListener(net::Loop& loop, net::Descriptor socket,
                                   const net::TcpListener::Options& options, WorkerCounts& counts,
                                   Counter& connections, const resolver::EndpointAddress& address,
                                   net::TcpListener::Accept accept)
    : counts_(counts),
      connections_(connections),
      address_(&address),
      accept_(std::move(accept)),
      listener_(loop, filtered(std::move(socket), address), options,
                [this](net::TcpConnection& connection) { return admit(connection); }) {}

EndpointListener::~EndpointListener() { count_refused(); }

void EndpointListener::set_address(const resolver::EndpointAddress& address) {
  address_ = &address;
  keep_strangers_out(listener_.descriptor(), address);
}

std::unique_ptr<net::TcpClient> EndpointListener::admit(net::TcpConnection& connection) {
  count_refused();
  if (!address_->tcp_sources.contains(connection.peer().address)) {
    if (counts_.refused_clients != nullptr) {
      counts_.refused_clients->note(connection.peer().address, *address_, true);
    }
    return nullptr;
  }
  connections_.add();
  return accept_(connection);
}

void EndpointListener::count_refused() {
  const uint64_t refused = listener_.counts().refused;
  counts_.tcp_refused.add(refused - refused_counted_);
  refused_counted_ = refused;
}

}  // namespace inlet53::server
