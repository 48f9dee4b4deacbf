// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstring>

#include "ledger.h"
#include "transport.h"
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"

namespace inlet53::loadgen {

namespace {

// Size of the length prefix of a message in bytes. Source: RFC 1035 §4.2.2.
constexpr size_t kPrefix = 2;
// Delay before a retry of a connection that received no answer.
constexpr uint64_t kRetryNs = 100'000'000;
// Maximum delay of data that a full socket did not accept: the transport does not wait for POLLOUT.
constexpr uint64_t kPendingNs = 1'000'000;

}  // namespace

void TcpTransport::Connection::reset() noexcept {
  socket.reset();
  out_begin = out_end = in_end = 0;
}

Result<std::unique_ptr<TcpTransport>, std::string> TcpTransport::open(const SocketAddress& server,
                                                                      const Options& options) {
  std::unique_ptr<TcpTransport> transport(new TcpTransport(server, options));
  for (size_t i = 0; i < options.connections; ++i) {
    if (const int error = transport->connect(i); error != 0) {
      return Unexpected(transport->error_text(error));
    }
  }
  return transport;
}

TcpTransport::TcpTransport(const SocketAddress& server, const Options& options)
    : server_(server),
      share_(options.share),
      connections_(options.connections),
      ready_(options.use, options.connections),
      give_up_ns_(options.give_up_ns) {}

TcpTransport::~TcpTransport() = default;

std::string TcpTransport::error_text(int error) const {
  return concat(server_.to_text(), " (TCP): ", std::strerror(error));
}

// Returns errno, or 0 when the connection is established or in progress. A socket that is still
// connecting fails with EAGAIN; later use reports the result of the connect.
int TcpTransport::connect(size_t channel) noexcept {
  sockaddr_storage address{};
  const socklen_t length = server_.to_sockaddr(address);
  Connection& connection = connections_[channel];
  connection.socket =
      net::Descriptor(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!connection.socket.valid()) return errno;
  const int descriptor = connection.socket.get();
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), length) != 0 &&
      errno != EINPROGRESS) {
    const int error = errno;
    connection.socket.reset();
    return error;
  }
  connection.brought_answers = false;
  ready_.watch(channel, descriptor);
  return 0;
}

size_t TcpTransport::send(size_t count) noexcept {
  const uint64_t now = monotonic_nanoseconds();
  size_t sent = 0;
  size_t passed_over = 0;
  while (sent < count && passed_over < connections_.size()) {
    const bool went = append_query(next_, now);
    sent += went ? 1 : 0;
    passed_over = went ? 0 : passed_over + 1;
    next_ = next_ + 1 < connections_.size() ? next_ + 1 : 0;
  }
  for (size_t i = 0; i < connections_.size(); ++i) flush(i);
  return sent;
}

bool TcpTransport::append_query(size_t channel, uint64_t now) noexcept {
  Connection& connection = connections_[channel];
  if (ledger_->in_flight(channel) >= share_) return false;
  if (!connection.socket.valid() && !reopen(channel, now)) return false;
  if (connection.out.size() - connection.out_end < kPrefix + Ledger::kMaxQuery) return false;
  uint8_t* out = &connection.out[connection.out_end];
  const Ledger::Composed composed = ledger_->compose(channel, now, out + kPrefix);
  if (composed.size == 0) return false;
  store_be16(out, static_cast<uint16_t>(composed.size));
  connection.out_end += kPrefix + composed.size;
  return true;
}

bool TcpTransport::reopen(size_t channel, uint64_t now) noexcept {
  Connection& connection = connections_[channel];
  if (now < connection.retry_at_ns) return false;
  if (connect(channel) != 0) {
    connection.retry_at_ns = now + kRetryNs;
    return false;
  }
  ledger_->count_reconnect();
  return true;
}

void TcpTransport::flush(size_t channel) noexcept {
  Connection& connection = connections_[channel];
  if (!connection.has_pending()) return;
  const ssize_t written =
      ::send(connection.socket.get(), &connection.out[connection.out_begin],
             connection.out_end - connection.out_begin, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (written < 0) {
    if (errno != EAGAIN && errno != EINTR) end(channel, errno);
    return;
  }
  connection.out_begin += static_cast<size_t>(written);
  const size_t pending = connection.out_end - connection.out_begin;
  if (pending != 0) {
    std::memmove(connection.out.data(), &connection.out[connection.out_begin], pending);
  }
  connection.out_begin = 0;
  connection.out_end = pending;
}

size_t TcpTransport::receive(size_t channel) noexcept {
  Connection& connection = connections_[channel];
  flush(channel);
  if (!connection.socket.valid()) return 0;
  const ssize_t received = recv(connection.socket.get(), &connection.in[connection.in_end],
                                connection.in.size() - connection.in_end, MSG_DONTWAIT);
  if (received > 0) {
    connection.in_end += static_cast<size_t>(received);
    return parse_messages(channel);
  }
  if (received == 0) {
    end(channel, 0);
  } else if (errno != EAGAIN && errno != EINTR) {
    end(channel, errno);
  }
  return 0;
}

size_t TcpTransport::parse_messages(size_t channel) noexcept {
  Connection& connection = connections_[channel];
  const uint64_t now = monotonic_nanoseconds();
  Bytes left(connection.in.data(), connection.in_end);
  size_t count = 0;
  while (left.size() >= kPrefix) {
    const size_t size = load_be16(left.data());
    if (left.size() - kPrefix < size) break;
    ledger_->settle(channel, left.subspan(kPrefix, size), now);
    left = left.subspan(kPrefix + size);
    ++count;
  }
  if (!left.empty()) std::memmove(connection.in.data(), left.data(), left.size());
  connection.in_end = left.size();
  connection.brought_answers |= count > 0;
  if (count > 0) last_message_ns_ = now;
  return count;
}

void TcpTransport::end(size_t channel, int error) noexcept {
  Connection& connection = connections_[channel];
  ready_.forget(channel);
  connection.reset();
  const uint64_t now = monotonic_nanoseconds();
  connection.retry_at_ns = connection.brought_answers ? 0 : now + kRetryNs;
  if (last_message_ns_ == 0) last_message_ns_ = now;
  gave_up_ = gave_up_ || now - last_message_ns_ > give_up_ns_;
  ledger_->end_channel(channel);
  if (error != 0 && failure_.empty() && ledger_->tally().answered == 0) {
    failure_ = error_text(error);
  }
}

std::span<const uint32_t> TcpTransport::wait(uint64_t timeout_ns) noexcept {
  bool pending = false;
  for (size_t i = 0; i < connections_.size(); ++i) {
    flush(i);
    pending |= connections_[i].has_pending();
  }
  return ready_.wait(pending ? std::min(timeout_ns, kPendingNs) : timeout_ns);
}

}  // namespace inlet53::loadgen
