#include "inlet53/net/udp_listener.h"

#include <array>
#include <cerrno>
#include <utility>

#include "socket_watcher.h"
#include <poll.h>

#include "inlet53/base/check.h"

namespace inlet53::net {

namespace {

// How often, and how many milliseconds each time, a full send buffer is waited for in one batch.
constexpr int kMaxWaits = 5;
constexpr int kWaitMs = 1;

socklen_t address_length(int descriptor) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  INLET53_CHECK(getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &length) == 0);
  return length;
}

}  // namespace

struct UdpBatch::Impl {
  Impl() noexcept;
  void expect_addresses_of(socklen_t length) noexcept;

  // Everything that stays the same from batch to batch is filled in once. The kernel writes
  // msg_len, msg_flags and an equal msg_namelen.
  std::array<mmsghdr, kSlots> received{};
  std::array<mmsghdr, kSlots> responses{};
  std::array<iovec, kSlots> received_octets{};
  std::array<iovec, kSlots> response_octets{};
  std::array<Datagram, kSlots> datagrams{};
  std::array<sockaddr_in6, kSlots> peers{};
  socklen_t address_length = 0;
  alignas(4096) std::array<uint8_t, kSlots * kSlotSize> slots{};
};

UdpBatch::Impl::Impl() noexcept {
  for (size_t i = 0; i < kSlots; ++i) {
    uint8_t* slot = &slots[i * kSlotSize];
    auto* peer = reinterpret_cast<sockaddr*>(&peers[i]);
    received_octets[i] = {slot, kSlotSize};
    received[i].msg_hdr.msg_name = peer;
    received[i].msg_hdr.msg_iov = &received_octets[i];
    received[i].msg_hdr.msg_iovlen = 1;
    responses[i].msg_hdr.msg_iov = &response_octets[i];
    responses[i].msg_hdr.msg_iovlen = 1;
    datagrams[i] = {.data = slot, .capacity = kSlotSize, .peer = peer};
  }
}

void UdpBatch::Impl::expect_addresses_of(socklen_t length) noexcept {
  if (length == address_length) return;
  address_length = length;
  for (size_t i = 0; i < kSlots; ++i) {
    received[i].msg_hdr.msg_namelen = length;
    responses[i].msg_hdr.msg_namelen = length;
  }
}

UdpBatch::UdpBatch() : impl_(std::make_unique<Impl>()) {}
UdpBatch::~UdpBatch() = default;

struct UdpListener::Impl {
  Impl(Loop& loop, Descriptor descriptor, UdpBatch::Impl& slots, Handler answer, void* argument);

  void drain() noexcept;
  int receive() noexcept;
  size_t collect(size_t count) noexcept;
  void send(size_t count) noexcept;
  bool wait_for_room() const noexcept;

  Descriptor socket;
  socklen_t peer_length;
  UdpBatch::Impl& batch;
  Handler handler;
  void* context;
  Counts counts;
  SocketWatcher watcher;
};

UdpListener::Impl::Impl(Loop& loop, Descriptor descriptor, UdpBatch::Impl& slots, Handler answer,
                        void* argument)
    : socket(std::move(descriptor)),
      peer_length(address_length(socket.get())),
      batch(slots),
      handler(answer),
      context(argument),
      watcher(loop, socket.get(), [this](SocketEvents events) {
        drain();
        // Receiving took the error off the socket.
        if (events.failed) INLET53_CHECK(watcher.watch(true, false));
      }) {
  INLET53_CHECK(watcher.watch(true, false));
}

void UdpListener::Impl::drain() noexcept {
  batch.expect_addresses_of(peer_length);
  for (int i = 0; i < kMaxBatches; ++i) {
    const int count = receive();
    if (count < 0) {
      if (errno == EAGAIN) return;
      continue;  // an error that ICMP left; it is off the socket now
    }
    const auto received = static_cast<size_t>(count);
    handler(context, {batch.datagrams.data(), received});
    send(collect(received));
    // A short batch emptied the socket: asking again would only give EAGAIN.
    if (received < UdpBatch::kSlots) return;
  }
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

// Lines up the responses of a batch; the octets stay in their slots. Returns how many there are.
size_t UdpListener::Impl::collect(size_t count) noexcept {
  size_t responses = 0;
  for (const Datagram& datagram : std::span(batch.datagrams.data(), count)) {
    if (datagram.response == 0) continue;
    batch.response_octets[responses] = {datagram.data, datagram.response};
    batch.responses[responses].msg_hdr.msg_name = const_cast<sockaddr*>(datagram.peer);
    ++responses;
  }
  return responses;
}

void UdpListener::Impl::send(size_t count) noexcept {
  int waits = 0;
  size_t done = 0;
  while (done < count) {
    const int sent = sendmmsg(socket.get(), &batch.responses[done],
                              static_cast<unsigned>(count - done), MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<size_t>(sent);
    } else if (errno != EAGAIN) {
      // The error is the first message's own; the others may go.
      ++counts.send_failed;
      ++done;
    } else if (++waits > kMaxWaits || !wait_for_room()) {
      counts.send_failed += count - done;
      return;
    }
  }
}

bool UdpListener::Impl::wait_for_room() const noexcept {
  pollfd socket_to_poll{socket.get(), POLLOUT, 0};
  return poll(&socket_to_poll, 1, kWaitMs) >= 0;
}

UdpListener::UdpListener(Loop& loop, Descriptor socket, UdpBatch& batch, Handler handler,
                         void* context)
    : impl_(std::make_unique<Impl>(loop, std::move(socket), *batch.impl_, handler, context)) {}

UdpListener::~UdpListener() = default;

const UdpListener::Counts& UdpListener::counts() const noexcept { return impl_->counts; }
int UdpListener::descriptor() const noexcept { return impl_->socket.get(); }

}  // namespace inlet53::net
