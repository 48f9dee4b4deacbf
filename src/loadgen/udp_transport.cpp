#include "udp_transport.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ledger.h"
#include "monotonic.h"
#include "query_batch.h"
#include <sys/socket.h>

#include "inlet53/base/text.h"

namespace inlet53::loadgen {

namespace {

constexpr size_t kReceiveBatch = 64;
constexpr size_t kMaxBatchingSockets = 4;
// Without an OPT no answer is longer (RFC 1035 §2.3.4); header and question lie within it anyway.
constexpr size_t kSlotSize = dns::kPlainUdpLimit;
// Room for some thousand small datagrams, of which the kernel counts each as 768 octets or more.
constexpr int kBufferSize = 4 << 20;

void widen_buffer(int descriptor, int forced, int asked) noexcept {
  if (setsockopt(descriptor, SOL_SOCKET, forced, &kBufferSize, sizeof kBufferSize) != 0) {
    setsockopt(descriptor, SOL_SOCKET, asked, &kBufferSize, sizeof kBufferSize);
  }
}

// Absent, with errno set, when the system refuses.
net::Descriptor open_socket(const SocketAddress& server) {
  sockaddr_storage address{};
  const socklen_t length = server.to_sockaddr(address);
  net::Descriptor socket(::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return socket;
  widen_buffer(socket.get(), SO_RCVBUFFORCE, SO_RCVBUF);
  widen_buffer(socket.get(), SO_SNDBUFFORCE, SO_SNDBUF);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return {};
  }
  return socket;
}

}  // namespace

// What recvmmsg wants, filled in once, and what is sent.
struct UdpTransport::Messages {
  explicit Messages(bool segments) noexcept : batch(segments) {
    for (size_t i = 0; i < kReceiveBatch; ++i) {
      received_octets[i] = {&slots[i * kSlotSize], kSlotSize};
      received[i].msg_hdr.msg_iov = &received_octets[i];
      received[i].msg_hdr.msg_iovlen = 1;
    }
  }

  std::array<mmsghdr, kReceiveBatch> received{};
  std::array<iovec, kReceiveBatch> received_octets{};
  std::array<uint8_t, kReceiveBatch * kSlotSize> slots{};
  QueryBatch batch;
  std::array<uint16_t, QueryBatch::kQueries> ids{};
};

Result<std::unique_ptr<UdpTransport>, std::string> UdpTransport::open(const SocketAddress& server,
                                                                      const Options& options) {
  std::vector<net::Descriptor> opened;
  while (opened.size() < options.sockets) {
    net::Descriptor socket = open_socket(server);
    if (!socket.valid()) {
      return Unexpected(concat(server.to_text(), " (UDP), socket ", opened.size() + 1, ": ",
                               std::strerror(errno)));
    }
    opened.push_back(std::move(socket));
  }
  return std::unique_ptr<UdpTransport>(new UdpTransport(server, std::move(opened), options));
}

UdpTransport::UdpTransport(const SocketAddress& server, std::vector<net::Descriptor> sockets,
                           const Options& options)
    : server_(server),
      sockets_(std::move(sockets)),
      ready_(options.use, sockets_.size()),
      messages_(std::make_unique<Messages>(options.segments)) {
  for (size_t i = 0; i < sockets_.size(); ++i) ready_.watch(i, sockets_[i].get());
}

UdpTransport::~UdpTransport() = default;

size_t UdpTransport::take_turn() noexcept {
  const size_t channel = next_;
  next_ = next_ + 1 < sockets_.size() ? next_ + 1 : 0;
  return channel;
}

size_t UdpTransport::send(size_t count) noexcept {
  const bool batches = sockets_.size() <= kMaxBatchingSockets;
  size_t sent = 0;
  while (sent < count) {
    const size_t channel = take_turn();
    const size_t wanted = batches ? std::min(count - sent, QueryBatch::kQueries) : 1;
    const size_t went = batches ? send_batch(channel, wanted) : size_t{send_one(channel)};
    sent += went;
    if (went < wanted) break;
  }
  return sent;
}

bool UdpTransport::send_one(size_t channel) noexcept {
  uint8_t* query = messages_->batch.place(0);
  const Ledger::Composed composed = ledger_->compose(channel, monotonic_ns(), query);
  if (composed.size == 0) return false;
  const int descriptor = sockets_[channel].get();
  if (::send(descriptor, query, composed.size, 0) >= 0) return true;
  ledger_->take_back(channel, composed.id);
  note(errno);
  return false;
}

size_t UdpTransport::compose_batch(size_t channel, size_t count) noexcept {
  const uint64_t now = monotonic_ns();
  for (size_t i = 0; i < count; ++i) {
    const auto composed = ledger_->compose(channel, now, messages_->batch.place(i));
    if (composed.size == 0) return i;
    messages_->batch.set_size(i, composed.size);
    messages_->ids[i] = composed.id;
  }
  return count;
}

size_t UdpTransport::send_batch(size_t channel, size_t count) noexcept {
  const size_t composed = compose_batch(channel, count);
  if (composed == 0) return 0;
  const size_t sent = messages_->batch.send(sockets_[channel].get(), composed);
  if (sent == 0) note(errno);
  for (size_t i = composed; i-- > sent;) ledger_->take_back(channel, messages_->ids[i]);
  return sent;
}

size_t UdpTransport::receive(size_t channel) noexcept {
  const int result = recvmmsg(sockets_[channel].get(), messages_->received.data(), kReceiveBatch,
                              MSG_DONTWAIT, nullptr);
  if (result < 0) {
    note(errno);
    return 0;
  }
  const uint64_t now = monotonic_ns();
  const auto count = static_cast<size_t>(result);
  for (size_t i = 0; i < count; ++i) {
    ledger_->settle(channel, {&messages_->slots[i * kSlotSize], messages_->received[i].msg_len},
                    now);
  }
  return count;
}

std::span<const uint32_t> UdpTransport::wait(uint64_t timeout_ns) noexcept {
  return ready_.wait(timeout_ns);
}

// Once something was answered, errors pass: a server that restarts is silent for a while, and what
// it does not answer is counted as lost.
void UdpTransport::note(int error) noexcept {
  if (error == EAGAIN || error == EINTR || error == ENOBUFS) return;
  if (ledger_->tally().answered > 0 || !failure_.empty()) return;
  failure_ = concat(server_.to_text(), " (UDP): ", std::strerror(error));
}

}  // namespace inlet53::loadgen
