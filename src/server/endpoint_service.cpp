// SPDX-License-Identifier: Apache-2.0
#include "endpoint_service.h"

#include <utility>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/server/refused_clients.h"

namespace inlet53::server {

namespace {

// Attaches the filter of sources to a socket. If the set is too large for a filter,
// `EndpointListener::accept_client` checks the source instead.
void apply_source_filter(int socket, const resolver::EndpointAddress& address) {
  if (net::attach_source_filter(socket, address.tcp_sources)) return;
  log_warning(
      concat(address.listen.to_text(), ": ", address.tcp_sources.blocks().size(),
             " blocks are too many for a socket filter; TCP connections of other sources are"
             " closed after the handshake"));
}

// Attaches the filter before the socket listens, so that it applies to every connection.
net::Descriptor with_source_filter(net::Descriptor socket,
                                   const resolver::EndpointAddress& address) {
  apply_source_filter(socket.get(), address);
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
      listener_(loop, with_source_filter(std::move(socket), address), options,
                [this](net::TcpConnection& connection) { return accept_client(connection); }) {}

EndpointListener::~EndpointListener() { count_refused(); }

void EndpointListener::set_address(const resolver::EndpointAddress& address) {
  address_ = &address;
  apply_source_filter(listener_.descriptor(), address);
}

std::unique_ptr<net::TcpClient> EndpointListener::accept_client(net::TcpConnection& connection) {
  count_refused();
  if (!address_->tcp_sources.contains(connection.peer().address)) {
    if (counts_.refused_clients != nullptr) {
      counts_.refused_clients->record(connection.peer().address, *address_, true);
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
