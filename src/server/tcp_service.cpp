#include "inlet53/server/tcp_service.h"

#include <cstring>
#include <utility>
#include <vector>

namespace inlet53::server {

namespace {

constexpr size_t kLengthSize = 2;  // RFC 1035 §4.2.2

net::TcpListener::Options listener_options(const settings::Tcp& settings) {
  net::TcpListener::Options options;
  options.backlog = settings.backlog;
  options.max_connections = settings.max_connections;
  options.max_connections_per_client = settings.max_connections_per_client;
  options.max_unsent = settings.max_pipelined_octets;
  options.write_timeout_ms = settings.idle_timeout_ms;
  return options;
}

// The filter goes onto the socket before it listens, so that no stranger gets in between.
net::Descriptor filtered(net::Descriptor socket, const CidrSet& allowed) {
  static_cast<void>(net::attach_source_filter(socket.get(), allowed));
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
      listener_(loop, filtered(std::move(socket), address.tcp_sources), listener_options(settings),
                *this, [this](net::TcpConnection& connection) { return admit(connection); }) {}

TcpService::~TcpService() { count_refused(); }

void TcpService::set_address(const resolver::EndpointAddress& address) {
  address_ = &address;
  // A set too large for a filter leaves the check to `admit`.
  static_cast<void>(net::attach_source_filter(listener_.descriptor(), address.tcp_sources));
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
  responder_.begin_batch(read_clock());
  size_t done = 0;
  while (stream.size() - done >= kLengthSize) {
    const size_t size = load_be16(stream.data() + done);
    if (stream.size() - done - kLengthSize < size) break;
    if (connection.congested()) break;  // the rest comes again
    if (!answer(connection, stream.subspan(done + kLengthSize, size))) {
      connection.close_after_send();
      return stream.size();
    }
    done += kLengthSize + size;
  }
  if (done > 0) connection.set_timeout(settings_.idle_timeout_ms);
  batch_done_();
  if (draining_) connection.close_after_send();
  return done;
}

bool TcpService::answer(net::TcpConnection& connection, Bytes message) {
  uint8_t* const place = buffer_.get() + kLengthSize;
  std::memcpy(place, message.data(), message.size());
  const size_t size = responder_.answer(*address_, connection.peer(), record::Transport::Tcp,
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
  // A copy: closing takes connections out of the set.
  const std::vector<net::TcpConnection*> open(connections_.begin(), connections_.end());
  for (net::TcpConnection* connection : open) connection->close_after_send();
}

void TcpService::count_refused() {
  const uint64_t refused = listener_.counts().refused;
  counts_.tcp_refused.add(refused - refused_counted_);
  refused_counted_ = refused;
}

}  // namespace inlet53::server
