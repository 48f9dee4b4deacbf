#include "inlet53/net/udp_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "late_responses.h"
#include "response_plan.h"
#include <poll.h>

#include "inlet53/base/check.h"

namespace inlet53::net {

namespace {

// How often, and how many milliseconds each time, a full send buffer is waited for in one batch.
constexpr int kMaxWaits = 5;
constexpr int kWaitMs = 1;
// How many errors that ICMP left on the socket one call of `poll` discards.
constexpr int kMaxErrors = 16;
// What a short datagram takes of a receive buffer (skb->truesize on 64-bit machines).
constexpr int kBufferOctets = 832;

socklen_t address_length(int descriptor) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  INLET53_CHECK(getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &length) == 0);
  return length;
}

size_t half_of_buffer_of(int descriptor) {
  int room = 0;
  socklen_t length = sizeof room;
  INLET53_CHECK(getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, &length) == 0);
  return static_cast<size_t>(room / kBufferOctets / 2);
}

}  // namespace

struct UdpBatch::Impl {
  explicit Impl(bool group_responses) noexcept;
  void expect_addresses_of(socklen_t length) noexcept;

  // Everything that stays the same from batch to batch is filled in once. The kernel writes
  // msg_len, msg_flags and an equal msg_namelen.
  std::array<mmsghdr, kSlots> received{};
  std::array<iovec, kSlots> received_octets{};
  std::array<Datagram, kSlots> datagrams{};
  std::array<sockaddr_in6, kSlots> peers{};
  ResponsePlan plan;
  const bool grouping;
  socklen_t address_length = 0;
  alignas(4096) std::array<uint8_t, kSlots * kSlotSize> slots{};
};

UdpBatch::Impl::Impl(bool group_responses) noexcept : grouping(group_responses) {
  for (size_t i = 0; i < kSlots; ++i) {
    uint8_t* slot = &slots[i * kSlotSize];
    auto* peer = reinterpret_cast<sockaddr*>(&peers[i]);
    received_octets[i] = {slot, kSlotSize};
    received[i].msg_hdr.msg_name = peer;
    received[i].msg_hdr.msg_iov = &received_octets[i];
    received[i].msg_hdr.msg_iovlen = 1;
    datagrams[i] = {.data = slot, .capacity = kSlotSize, .peer = peer};
  }
}

void UdpBatch::Impl::expect_addresses_of(socklen_t length) noexcept {
  if (length == address_length) return;
  address_length = length;
  for (mmsghdr& message : received) message.msg_hdr.msg_namelen = length;
  plan.set_address_length(length);
}

UdpBatch::UdpBatch(bool group_responses) : impl_(std::make_unique<Impl>(group_responses)) {}
UdpBatch::~UdpBatch() = default;

struct UdpSource::Impl {
  Impl(Loop& loop, Descriptor descriptor, UdpBatch::Impl& slots);
  ~Impl() { send_late(); }

  int receive() noexcept;
  void send(std::span<const Datagram> answered) noexcept;
  void send_late() noexcept;
  void send_refused(const msghdr& message, int error) noexcept;
  bool wait_for_room() const noexcept;

  Descriptor socket;
  socklen_t peer_length;
  UdpBatch::Impl& batch;
  Counts counts;
  uint32_t max_segment;  // responses up to this size may go as groups; 0: none
  LateResponses late;
  TurnEnd turn_end;
};

UdpSource::Impl::Impl(Loop& loop, Descriptor descriptor, UdpBatch::Impl& slots)
    : socket(std::move(descriptor)),
      peer_length(address_length(socket.get())),
      batch(slots),
      max_segment(slots.grouping && knows_udp_segment(socket.get()) ? UdpBatch::kSlotSize : 0),
      turn_end(loop, [this] { send_late(); }) {}

int UdpSource::Impl::receive() noexcept {
  const int count =
      recvmmsg(socket.get(), batch.received.data(), UdpBatch::kSlots, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; ++i) {
    const auto slot = static_cast<size_t>(i);
    const mmsghdr& message = batch.received[slot];
    const bool oversized = (message.msg_hdr.msg_flags & MSG_TRUNC) != 0;
    batch.datagrams[slot].received = oversized ? 0 : message.msg_len;
    batch.datagrams[slot].response = 0;
    counts.oversized += oversized ? 1 : 0;
  }
  if (count > 0) counts.received += static_cast<uint64_t>(count);
  return count;
}

void UdpSource::Impl::send(std::span<const Datagram> answered) noexcept {
  ResponsePlan& plan = batch.plan;
  const size_t count = plan.line_up(answered, max_segment);
  int waits = 0;
  size_t done = 0;
  while (done < count) {
    const int sent = sendmmsg(socket.get(), plan.message(done), static_cast<unsigned>(count - done),
                              MSG_DONTWAIT);
    if (sent > 0) {
      for (const size_t end = done + static_cast<size_t>(sent); done < end; ++done) {
        counts.sent_groups += plan.responses_in(done) > 1 ? 1 : 0;
      }
    } else if (errno != EAGAIN) {
      // The error is the first message's own; the others may go.
      send_refused(plan.message(done)->msg_hdr, errno);
      ++done;
    } else if (++waits > kMaxWaits || !wait_for_room()) {
      for (; done < count; ++done) counts.send_failed += plan.responses_in(done);
    }
  }
}

void UdpSource::Impl::send_late() noexcept {
  if (late.empty()) return;
  batch.expect_addresses_of(peer_length);
  send(late.all());
  late.clear();
}

void UdpSource::Impl::send_refused(const msghdr& message, int error) noexcept {
  if (message.msg_iovlen == 1) {
    ++counts.send_failed;
    return;
  }
  // The path's MTU is below the segment; or (EIO) its device has no checksum offload.
  const auto segment = static_cast<uint32_t>(message.msg_iov->iov_len);
  if (error == EINVAL || error == EMSGSIZE) max_segment = std::min(max_segment, segment - 1);
  if (error == EIO) max_segment = 0;
  msghdr single = message;
  single.msg_control = nullptr;
  single.msg_controllen = 0;
  single.msg_iovlen = 1;
  for (size_t i = 0; i < message.msg_iovlen; ++i, ++single.msg_iov) {
    if (sendmsg(socket.get(), &single, MSG_DONTWAIT) < 0) ++counts.send_failed;
  }
}

bool UdpSource::Impl::wait_for_room() const noexcept {
  pollfd socket_to_poll{socket.get(), POLLOUT, 0};
  return ::poll(&socket_to_poll, 1, kWaitMs) >= 0;
}

UdpSource::UdpSource(Loop& loop, Descriptor socket, UdpBatch& batch)
    : impl_(std::make_unique<Impl>(loop, std::move(socket), *batch.impl_)) {}

UdpSource::~UdpSource() = default;

std::span<Datagram> UdpSource::poll() noexcept {
  impl_->batch.expect_addresses_of(impl_->peer_length);
  for (int errors = 0; errors < kMaxErrors; ++errors) {
    const int count = impl_->receive();
    if (count >= 0) return {impl_->batch.datagrams.data(), static_cast<size_t>(count)};
    if (errno == EAGAIN) break;
  }
  return {};
}

void UdpSource::send(std::span<const Datagram> answered) noexcept { impl_->send(answered); }

void UdpSource::send_late(const SocketAddress& peer, Bytes octets) noexcept {
  Impl& impl = *impl_;
  if (octets.size() > LateResponses::kOctets) {  // UDP has no such datagrams
    ++impl.counts.send_failed;
    return;
  }
  if (!impl.late.has_room(octets.size())) impl.send_late();
  impl.late.add(peer, octets);
  impl.turn_end.ask();
}

const DatagramSource::Counts& UdpSource::counts() const noexcept { return impl_->counts; }
int UdpSource::descriptor() const noexcept { return impl_->socket.get(); }
size_t UdpSource::half_of_buffer() const noexcept { return half_of_buffer_of(impl_->socket.get()); }

}  // namespace inlet53::net
