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
                       Responder& responder, QueryForwarder& forwarder, WorkerCounts& counts,
                       const resolver::EndpointAddress& address, std::function<void()> batch_done)
    : settings_(settings),
      responder_(responder),
      forwarder_(forwarder),
      counts_(counts),
      address_(&address),
      batch_done_(std::move(batch_done)),
      buffer_(std::make_unique<uint8_t[]>(kLengthSize + dns::kMaxMessage)),
      listener_(loop, filtered(std::move(socket), address), listener_options(settings), *this,
                [this](net::TcpConnection& connection) { return admit(connection); }) {}

TcpService::~TcpService() {
  forwarder_.forget(*this);
  count_refused();
}

void TcpService::set_address(const resolver::EndpointAddress& address) {
  address_ = &address;
  keep_strangers_out(listener_.descriptor(), address);
}

bool TcpService::admit(net::TcpConnection& connection) {
  count_refused();
  if (!address_->tcp_sources.contains(connection.peer().address)) return false;
  connections_[&connection].number = next_number_++;
  counts_.tcp_connections.add();
  connection.set_timeout(settings_.first_query_timeout_ms);
  return true;
}

size_t TcpService::received(net::TcpConnection& connection, Bytes stream) {
  responder_.begin_batch(*address_, read_clock());
  Connection& of = connections_.at(&connection);
  size_t done = 0;
  while (stream.size() - done >= kLengthSize) {
    const size_t size = load_be16(stream.data() + done);
    if (stream.size() - done - kLengthSize < size) break;
    // The rest comes again.
    if (connection.congested() || of.paused) break;
    if (!answer(connection, of, stream.subspan(done + kLengthSize, size))) {
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

bool TcpService::answer(net::TcpConnection& connection, Connection& of, Bytes message) {
  uint8_t* const place = buffer_.get() + kLengthSize;
  std::memcpy(place, message.data(), message.size());
  const Reply reply = responder_.answer(connection.peer(), record::Transport::Tcp,
                                        {place, dns::kMaxMessage}, message.size());
  if (reply.asks == resolver::Asks::First) {
    waited_for_[of.number] = &connection;
    if (++of.waiting == kMaxWaiting) {
      of.paused = true;
      connection.pause();
    }
    forwarder_.begin({this, of.number, connection.peer(), record::Transport::Tcp}, message,
                     responder_.question());
    return true;
  }
  if (reply.size == 0) return false;
  send(connection, {place, reply.size});
  if (reply.asks == resolver::Asks::Besides) forwarder_.refresh(responder_.question());
  return true;
}

void TcpService::send(net::TcpConnection& connection, Bytes message) {
  uint8_t* const place = buffer_.get() + kLengthSize;
  if (message.data() != place) std::memcpy(place, message.data(), message.size());
  store_be16(buffer_.get(), static_cast<uint16_t>(message.size()));
  connection.send({buffer_.get(), kLengthSize + message.size()});
}

void TcpService::reply(const ReplyTo& to, Bytes response) {
  const auto found = waited_for_.find(to.connection);
  if (found == waited_for_.end()) return;  // the client has gone
  net::TcpConnection& connection = *found->second;
  Connection& of = connections_.at(&connection);
  if (--of.waiting == 0) waited_for_.erase(found);
  if (!response.empty()) send(connection, response);
  if (std::exchange(of.paused, false)) connection.resume();
  if (of.waiting == 0) {
    if (of.finished) return connection.close_after_send();
    connection.set_timeout(draining_ ? kDrainIdleMs : settings_.idle_timeout_ms);
  }
  batch_done_();
}

bool TcpService::owes_responses(net::TcpConnection& connection) {
  Connection& of = connections_.at(&connection);
  of.finished = true;
  return of.waiting > 0;
}

// A connection whose queries wait for targets is not idle; they end by themselves.
bool TcpService::timed_out(net::TcpConnection& connection) {
  if (connections_.at(&connection).waiting == 0) return false;
  connection.set_timeout(settings_.idle_timeout_ms);
  return true;
}

void TcpService::closed(net::TcpConnection& connection) {
  const auto found = connections_.find(&connection);
  waited_for_.erase(found->second.number);
  connections_.erase(found);
}

void TcpService::drain() {
  draining_ = true;
  listener_.stop_accepting();
  // What has arrived is still read and answered; then the connection is idle, and ends.
  for (const auto& [connection, of] : connections_) connection->set_timeout(kDrainIdleMs);
}

void TcpService::count_refused() {
  const uint64_t refused = listener_.counts().refused;
  counts_.tcp_refused.add(refused - refused_counted_);
  refused_counted_ = refused;
}

}  // namespace inlet53::server
