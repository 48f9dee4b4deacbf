// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ledger.h"
#include "transport.h"
#include <netinet/udp.h>
#include <sys/socket.h>

#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"

namespace inlet53::loadgen {

namespace {

// Errors for unsupported segmentation, a bad segment size, and missing checksum offload (udp(7)).
bool refuses_segments(int error) noexcept {
  return error == EINVAL || error == EMSGSIZE || error == EIO || error == EOPNOTSUPP;
}

constexpr size_t kReceiveBatch = 64;
constexpr size_t kMaxBatchingSockets = 4;
// Maximum size of an answer without an OPT (RFC 1035 §2.3.4).
constexpr size_t kSlotSize = dns::kPlainUdpLimit;
// Holds some thousand small datagrams, each of which the kernel counts as at least 768 bytes.
constexpr int kBufferSize = 4 << 20;

void widen_buffer(int descriptor, int forced, int asked) noexcept {
  if (setsockopt(descriptor, SOL_SOCKET, forced, &kBufferSize, sizeof kBufferSize) != 0) {
    setsockopt(descriptor, SOL_SOCKET, asked, &kBufferSize, sizeof kBufferSize);
  }
}

// Returns an invalid descriptor and sets errno on failure.
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

QueryBatch::QueryBatch(bool segments) noexcept : segments_(segments) {
  for (size_t i = 0; i < kQueries; ++i) {
    octets_[i].iov_base = queries_[i].data();
    auto* head = reinterpret_cast<cmsghdr*>(controls_[i].octets.data());
    head->cmsg_level = SOL_UDP;
    head->cmsg_type = UDP_SEGMENT;
    head->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  }
}

size_t QueryBatch::send(int descriptor, size_t count) noexcept {
  const size_t lined_up = line_up(count);
  const int result = sendmmsg(descriptor, messages_.data(), static_cast<unsigned>(lined_up), 0);
  if (result < 0) {
    if (lined_up == count || !refuses_segments(errno)) return 0;
    segments_ = false;
    return send(descriptor, count);
  }
  size_t sent = 0;
  for (int i = 0; i < result; ++i) sent += messages_[static_cast<size_t>(i)].msg_hdr.msg_iovlen;
  return sent;
}

size_t QueryBatch::line_up(size_t count) noexcept {
  size_t messages = 0;
  for (size_t first = 0; first < count;) {
    const size_t queries = segments_ ? run_length(first, count) : 1;
    fill(messages++, first, queries);
    first += queries;
  }
  return messages;
}

size_t QueryBatch::run_length(size_t first, size_t count) const noexcept {
  size_t end = first + 1;
  while (end < count && octets_[end].iov_len == octets_[first].iov_len) ++end;
  return end - first;
}

void QueryBatch::fill(size_t message, size_t first, size_t queries) noexcept {
  msghdr& head = messages_[message].msg_hdr;
  head.msg_iov = &octets_[first];
  head.msg_iovlen = queries;
  head.msg_control = nullptr;
  head.msg_controllen = 0;
  if (queries == 1) return;
  Control& control = controls_[message];
  const auto segment = static_cast<uint16_t>(octets_[first].iov_len);
  std::memcpy(CMSG_DATA(reinterpret_cast<cmsghdr*>(control.octets.data())), &segment,
              sizeof segment);
  head.msg_control = control.octets.data();
  head.msg_controllen = sizeof control.octets;
}

// Receive slots for recvmmsg, prepared once, and the batch to send.
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

size_t UdpTransport::next_channel() noexcept {
  const size_t channel = next_;
  next_ = next_ + 1 < sockets_.size() ? next_ + 1 : 0;
  return channel;
}

size_t UdpTransport::send(size_t count) noexcept {
  const bool batches = sockets_.size() <= kMaxBatchingSockets;
  size_t sent = 0;
  while (sent < count) {
    const size_t channel = next_channel();
    const size_t wanted = batches ? std::min(count - sent, QueryBatch::kQueries) : 1;
    const size_t went = batches ? send_batch(channel, wanted) : size_t{send_one(channel)};
    sent += went;
    if (went < wanted) break;
  }
  return sent;
}

bool UdpTransport::send_one(size_t channel) noexcept {
  uint8_t* query = messages_->batch.place(0);
  const Ledger::Composed composed = ledger_->compose(channel, monotonic_nanoseconds(), query);
  if (composed.size == 0) return false;
  const int descriptor = sockets_[channel].get();
  if (::send(descriptor, query, composed.size, 0) >= 0) return true;
  ledger_->withdraw(channel, composed.id);
  record_error(errno);
  return false;
}

size_t UdpTransport::compose_batch(size_t channel, size_t count) noexcept {
  const uint64_t now = monotonic_nanoseconds();
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
  if (sent == 0) record_error(errno);
  for (size_t i = composed; i-- > sent;) ledger_->withdraw(channel, messages_->ids[i]);
  return sent;
}

size_t UdpTransport::receive(size_t channel) noexcept {
  const int result = recvmmsg(sockets_[channel].get(), messages_->received.data(), kReceiveBatch,
                              MSG_DONTWAIT, nullptr);
  if (result < 0) {
    record_error(errno);
    return 0;
  }
  const uint64_t now = monotonic_nanoseconds();
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

// Ignores errors after the first answer: a server that restarts does not answer for a while, and
// its unanswered queries count as lost.
void UdpTransport::record_error(int error) noexcept {
  if (error == EAGAIN || error == EINTR || error == ENOBUFS) return;
  if (ledger_->tally().answered > 0 || !failure_.empty()) return;
  failure_ = concat(server_.to_text(), " (UDP): ", std::strerror(error));
}

}  // namespace inlet53::loadgen
