#include "inlet53/server/tcp_service.h"

#include <cstring>
#include <utility>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::server {

namespace {

constexpr size_t kLengthSize = 2;  // RFC 1035 §4.2.2
// How long a connection may be idle once the daemon is to end.
constexpr uint64_t kDrainIdleMs = 100;

net::TcpListener::Options listener_options(const settings::Tcp& settings) {
  net::TcpListener::Options options;
  options.backlog = settings.backlog;
  options.max_connections = settings.max_connections;
  options.max_connections_per_client = settings.max_connections_per_client;
  options.max_unsent = settings.max_pipelined_octets;
  options.write_timeout_ms = settings.idle_timeout_ms;
  return options;
}

// A set too large for one filter leaves the check to `TcpService::admit`.
void keep_strangers_out(int socket, const resolver::EndpointAddress& address) {
  if (net::attach_source_filter(socket, address.tcp_sources)) return;
  log_warning(concat(address.listen.to_text(), ": ", address.tcp_sources.blocks().size(),
                     " blocks are too many for a socket filter; over TCP, strangers get a handshake"
                     " and are closed after it"));
}

// The filter goes onto the socket before it listens, so that no stranger gets in between.
net::Descriptor filtered(net::Descriptor socket, const resolver::EndpointAddress& address) {
  keep_strangers_out(socket.get(), address);
  return socket;
}

}  // namespace

TcpService::TcpService(net::Loop& loop, net::Descriptor socket, const settings::Tcp& settings,
                       Responder& responder, WorkerCounts& counts,
                       const resolver::EndpointAddress& address, std::function<void()> batch_done)
    : settings_(settings),
      responder_(responder),
      counts_(counts),
      address_(&address),
      batch_done_(std::move(batch_done)),
      buffer_(std::make_unique<uint8_t[]>(kLengthSize + dns::kMaxMessage)),
      listener_(loop, filtered(std::move(socket), address), listener_options(settings), *this,
                [this](net::TcpConnection& connection) { return admit(connection); }) {}

TcpService::~TcpService() { count_refused(); }

void TcpService::set_address(const resolver::EndpointAddress& address) {
  address_ = &address;
  keep_strangers_out(listener_.descriptor(), address);
}

bool TcpService::admit(net::TcpConnection& connection) {
  count_refused();
  if (!address_->tcp_sources.contains(connection.peer().address)) return false;
  connections_.insert(&connection);
  counts_.tcp_connections.add();
  connection.set_timeout(settings_.first_query_timeout_ms);
  return true;
}

size_t TcpService::received(net::TcpConnection& connection, Bytes stream) {
  responder_.begin_batch(*address_, read_clock());
  size_t done = 0;
  while (stream.size() - done >= kLengthSize) {
    const size_t size = load_be16(stream.data() + done);
    if (stream.size() - done - kLengthSize < size) break;
    if (connection.congested()) break;  // the rest comes again
    if (!answer(connection, stream.subspan(done + kLengthSize, size))) {
      connection.close_after_send();
      done = stream.size();
      break;
    }
    done += kLengthSize + size;
  }
  if (done > 0) connection.set_timeout(draining_ ? kDrainIdleMs : settings_.idle_timeout_ms);
  count_refused();
  batch_done_();
  return done;
}

bool TcpService::answer(net::TcpConnection& connection, Bytes message) {
  uint8_t* const place = buffer_.get() + kLengthSize;
  std::memcpy(place, message.data(), message.size());
  const size_t size = responder_.answer(connection.peer(), record::Transport::Tcp,
                                        {place, dns::kMaxMessage}, message.size());
  if (size == 0) return false;
  store_be16(buffer_.get(), static_cast<uint16_t>(size));
  connection.send({buffer_.get(), kLengthSize + size});
  return true;
}

void TcpService::closed(net::TcpConnection& connection) { connections_.erase(&connection); }

void TcpService::drain() {
  draining_ = true;
  listener_.stop_accepting();
  // What has arrived is still read and answered; then the connection is idle, and ends.
  for (net::TcpConnection* connection : connections_) connection->set_timeout(kDrainIdleMs);
}

void TcpService::count_refused() {
  const uint64_t refused = listener_.counts().refused;
  counts_.tcp_refused.add(refused - refused_counted_);
  refused_counted_ = refused;
}

}  // namespace inlet53::server
