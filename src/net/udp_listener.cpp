#include "inlet53/net/udp_listener.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "arrival_watcher.h"
#include "late_responses.h"
#include "response_plan.h"
#include <poll.h>

#include "inlet53/base/check.h"

namespace inlet53::net {

namespace {

// How often, and how many milliseconds each time, a full send buffer is waited for in one batch.
constexpr int kMaxWaits = 5;
constexpr int kWaitMs = 1;
// What a short datagram takes of a receive buffer (skb->truesize on 64-bit machines).
constexpr int kBufferOctets = 832;

socklen_t address_length(int descriptor) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  INLET53_CHECK(getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &length) == 0);
  return length;
}

size_t behind_from(int descriptor) {
  int room = 0;
  socklen_t length = sizeof room;
  INLET53_CHECK(getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, &length) == 0);
  return std::min(static_cast<size_t>(room / kBufferOctets / 2), UdpListener::kBehind);
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

struct UdpListener::Impl {
  Impl(Loop& loop, Descriptor descriptor, UdpBatch::Impl& slots, Handler answer, void* argument,
       std::function<void()> tell_behind);
  ~Impl() { send_late(); }

  size_t drain() noexcept;
  int receive() noexcept;
  void send(std::span<const Datagram> answered) noexcept;
  void send_late() noexcept;
  void send_refused(const msghdr& message, int error) noexcept;
  bool wait_for_room() const noexcept;

  Descriptor socket;
  socklen_t peer_length;
  UdpBatch::Impl& batch;
  Handler handler;
  void* context;
  Counts counts;
  std::function<void()> fell_behind;
  size_t behind;         // datagrams of one turn that mean it
  uint32_t max_segment;  // responses up to this size may go as groups; 0: none
  LateResponses late;
  TurnEnd turn_end;
  ArrivalWatcher arrivals;
};

UdpListener::Impl::Impl(Loop& loop, Descriptor descriptor, UdpBatch::Impl& slots, Handler answer,
                        void* argument, std::function<void()> tell_behind)
    : socket(std::move(descriptor)),
      peer_length(address_length(socket.get())),
      batch(slots),
      handler(answer),
      context(argument),
      fell_behind(std::move(tell_behind)),
      behind(behind_from(socket.get())),
      max_segment(slots.grouping && knows_udp_segment(socket.get()) ? UdpBatch::kSlotSize : 0),
      turn_end(loop, [this] { send_late(); }),
      arrivals(loop, socket.get(), [this] { return drain(); }) {}

// Returns how many datagrams there were.
size_t UdpListener::Impl::drain() noexcept {
  batch.expect_addresses_of(peer_length);
  size_t drained = 0;
  for (int i = 0; i < kMaxBatches; ++i) {
    const int count = receive();
    if (count < 0) {
      if (errno == EAGAIN) break;
      continue;  // an error that ICMP left; it is off the socket now
    }
    const auto received = static_cast<size_t>(count);
    handler(context, {batch.datagrams.data(), received});
    send({batch.datagrams.data(), received});
    const bool told = drained >= behind;
    drained += received;
    if (!told && drained >= behind && fell_behind) fell_behind();
    // A short batch emptied the socket: asking again would only give EAGAIN.
    if (received < UdpBatch::kSlots) break;
  }
  return drained;
}

int UdpListener::Impl::receive() noexcept {
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

void UdpListener::Impl::send(std::span<const Datagram> answered) noexcept {
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

void UdpListener::Impl::send_late() noexcept {
  if (late.empty()) return;
  batch.expect_addresses_of(peer_length);
  send(late.all());
  late.clear();
}

void UdpListener::Impl::send_refused(const msghdr& message, int error) noexcept {
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

bool UdpListener::Impl::wait_for_room() const noexcept {
  pollfd socket_to_poll{socket.get(), POLLOUT, 0};
  return poll(&socket_to_poll, 1, kWaitMs) >= 0;
}

UdpListener::UdpListener(Loop& loop, Descriptor socket, UdpBatch& batch, Handler handler,
                         void* context, std::function<void()> fell_behind)
    : impl_(std::make_unique<Impl>(loop, std::move(socket), *batch.impl_, handler, context,
                                   std::move(fell_behind))) {}

UdpListener::~UdpListener() = default;

const UdpListener::Counts& UdpListener::counts() const noexcept { return impl_->counts; }
int UdpListener::descriptor() const noexcept { return impl_->socket.get(); }

void UdpListener::send(const SocketAddress& peer, Bytes octets) noexcept {
  Impl& impl = *impl_;
  if (octets.size() > LateResponses::kOctets) {  // nor would UDP take it
    ++impl.counts.send_failed;
    return;
  }
  if (!impl.late.has_room(octets.size())) impl.send_late();
  impl.late.add(peer, octets);
  impl.turn_end.ask();
}

}  // namespace inlet53::net
