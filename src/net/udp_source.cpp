// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/udp_source.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "late_responses.h"
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include "inlet53/base/check.h"

namespace inlet53::net {

namespace {

// Number of waits for a full send buffer in one batch, and the milliseconds of each.
constexpr int kMaxWaits = 5;
constexpr int kWaitMs = 1;
// Number of ICMP errors on the socket that one call of `poll` discards.
constexpr int kMaxErrors = 16;
// Receive buffer space of a short datagram (skb->truesize on 64-bit machines).
constexpr int kBufferBytes = 832;

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
  return static_cast<size_t>(room / kBufferBytes / 2);
}

// Maximum bytes of one message: below the largest UDP payload over IPv4 and IPv6. The kernel
// accepts 64 segments, which is a whole batch.
constexpr uint32_t kMaxGroupBytes = 65'000;
static_assert(DatagramSource::kMaxBatch <= 64);

// A response is compared with at most this many groups, the newest.
constexpr size_t kWindow = 4;

// After a batch without groups, this many batches are not searched for groups.
constexpr size_t kSkippedBatches = 31;

bool same_peer(const sockaddr* a, const sockaddr* b) noexcept {
  if (a->sa_family == AF_INET6) {
    const auto* a6 = reinterpret_cast<const sockaddr_in6*>(a);
    const auto* b6 = reinterpret_cast<const sockaddr_in6*>(b);
    return a6->sin6_port == b6->sin6_port && a6->sin6_scope_id == b6->sin6_scope_id &&
           std::memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr) == 0;
  }
  const auto* a4 = reinterpret_cast<const sockaddr_in*>(a);
  const auto* b4 = reinterpret_cast<const sockaddr_in*>(b);
  return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
}

// Returns whether the kernel supports UDP_SEGMENT (Linux 4.18) on this socket.
bool knows_udp_segment(int descriptor) noexcept {
  int segment = 0;
  socklen_t size = sizeof segment;
  return getsockopt(descriptor, SOL_UDP, UDP_SEGMENT, &segment, &size) == 0;
}

/// The messages of sendmmsg for the responses of one batch. The bytes stay in their slots.
///
/// Responses of one size to one peer go as one message with UDP_SEGMENT (udp(7)). The kernel passes
/// it through its layers once and cuts it into datagrams late, or never on loopback. The last
/// response of such a group may be shorter. After a batch without groups, the next batches are not
/// searched for groups, because the search costs time.
/// Threads: one. Cost: no allocation.
class ResponsePlan {
 public:
  ResponsePlan() noexcept;

  /// Sets the size of the addresses of all later messages, in bytes: that of the socket's family.
  void set_address_length(socklen_t length) noexcept;

  /// Prepares the messages for `batch`. Returns their number. Responses of up to `max_segment`
  /// bytes may go in groups; 0: none.
  size_t prepare(std::span<const Datagram> batch, uint32_t max_segment) noexcept;

  [[nodiscard]] mmsghdr* message(size_t index) noexcept { return &messages_[index]; }

  /// Responses that message `index` carries.
  [[nodiscard]] size_t responses_in(size_t index) const noexcept {
    return messages_[index].msg_hdr.msg_iovlen;
  }

 private:
  static constexpr size_t kSlots = DatagramSource::kMaxBatch;

  /// Responses that go out as one message, in the order of the batch.
  struct Group {
    const sockaddr* peer;
    uint32_t segment;  // bytes of each response but the last
    uint32_t bytes;    // of all
    uint32_t count;
    bool open;  // accepts more
  };

  size_t prepare_singly(std::span<const Datagram> batch) noexcept;
  void make_single() noexcept;
  size_t prepare_groups(std::span<const Datagram> batch, uint32_t max_segment) noexcept;
  [[nodiscard]] size_t find_group(const Datagram& datagram, size_t groups) const noexcept;
  void fill_message(size_t index, const Group& group) noexcept;

  std::array<mmsghdr, kSlots> messages_{};
  std::array<iovec, kSlots> bytes_{};
  // Room for one control message with a uint16_t for each message.
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, CMSG_SPACE(sizeof(uint16_t))> bytes;
  };
  std::array<Control, kSlots> controls_{};
  std::array<Group, kSlots> groups_;      // of one batch; filled as far as needed
  std::array<uint8_t, kSlots> group_of_;  // by response
  size_t used_for_groups_;                // of messages_; the others carry one response each
  size_t skip_ = 0;                       // batches that are not searched for groups
};

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): groups_ and group_of_, used as needed
ResponsePlan::ResponsePlan() noexcept : used_for_groups_(kSlots) {
  for (Control& control : controls_) {
    auto* head = reinterpret_cast<cmsghdr*>(control.bytes.data());
    head->cmsg_level = SOL_UDP;
    head->cmsg_type = UDP_SEGMENT;
    head->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  }
}

void ResponsePlan::set_address_length(socklen_t length) noexcept {
  for (mmsghdr& message : messages_) message.msg_hdr.msg_namelen = length;
}

size_t ResponsePlan::prepare(std::span<const Datagram> batch, uint32_t max_segment) noexcept {
  if (max_segment == 0 || batch.size() < 2) return prepare_singly(batch);
  if (skip_ > 0) {
    --skip_;
    return prepare_singly(batch);
  }
  return prepare_groups(batch, max_segment);
}

size_t ResponsePlan::prepare_singly(std::span<const Datagram> batch) noexcept {
  if (used_for_groups_ > 0) make_single();
  size_t count = 0;
  for (const Datagram& datagram : batch) {
    if (datagram.response == 0) continue;
    bytes_[count] = {datagram.data, datagram.response};
    messages_[count].msg_hdr.msg_name = const_cast<sockaddr*>(datagram.peer);
    ++count;
  }
  return count;
}

void ResponsePlan::make_single() noexcept {
  for (size_t i = 0; i < used_for_groups_; ++i) {
    msghdr& message = messages_[i].msg_hdr;
    message.msg_iov = &bytes_[i];
    message.msg_iovlen = 1;
    message.msg_control = nullptr;
    message.msg_controllen = 0;
  }
  used_for_groups_ = 0;
}

size_t ResponsePlan::prepare_groups(std::span<const Datagram> batch,
                                    uint32_t max_segment) noexcept {
  size_t groups = 0;
  size_t responses = 0;
  for (size_t i = 0; i < batch.size(); ++i) {
    const Datagram& datagram = batch[i];
    if (datagram.response == 0) continue;
    ++responses;
    size_t index = find_group(datagram, groups);
    if (index == groups) {
      groups_[groups++] = {datagram.peer, datagram.response, 0, 0, true};
    }
    Group& group = groups_[index];
    group.bytes += datagram.response;
    ++group.count;
    group.open = datagram.response == group.segment && group.segment <= max_segment;
    group_of_[i] = static_cast<uint8_t>(index);
  }
  if (groups == responses) skip_ = kSkippedBatches;
  used_for_groups_ = std::max(used_for_groups_, groups);

  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): written as far as groups, on the path
  // of a query
  std::array<uint8_t, kSlots> next;  // the place of each group's next response
  size_t place = 0;
  for (size_t index = 0; index < groups; ++index) {
    next[index] = static_cast<uint8_t>(place);
    messages_[index].msg_hdr.msg_iov = &bytes_[place];
    fill_message(index, groups_[index]);
    place += groups_[index].count;
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].response == 0) continue;
    bytes_[next[group_of_[i]]++] = {batch[i].data, batch[i].response};
  }
  return groups;
}

// Returns the group that the response may join, or `groups`.
size_t ResponsePlan::find_group(const Datagram& datagram, size_t groups) const noexcept {
  const size_t oldest = groups - std::min(groups, kWindow);
  for (size_t index = groups; index > oldest; --index) {
    const Group& group = groups_[index - 1];
    if (group.open && datagram.response <= group.segment &&
        group.bytes + datagram.response <= kMaxGroupBytes && same_peer(group.peer, datagram.peer)) {
      return index - 1;
    }
  }
  return groups;
}

void ResponsePlan::fill_message(size_t index, const Group& group) noexcept {
  msghdr& message = messages_[index].msg_hdr;
  message.msg_name = const_cast<sockaddr*>(group.peer);
  message.msg_iovlen = group.count;
  message.msg_control = nullptr;
  message.msg_controllen = 0;
  if (group.count == 1) return;
  Control& control = controls_[index];
  const auto segment = static_cast<uint16_t>(group.segment);
  std::memcpy(CMSG_DATA(reinterpret_cast<cmsghdr*>(control.bytes.data())), &segment,
              sizeof segment);
  message.msg_control = control.bytes.data();
  message.msg_controllen = sizeof control.bytes;
}

}  // namespace

struct UdpBatch::Impl {
  explicit Impl(bool group_responses) noexcept;
  void expect_addresses_of(socklen_t length) noexcept;

  // Everything that stays the same from batch to batch is filled in once. The kernel writes
  // msg_len, msg_flags and an equal msg_namelen.
  std::array<mmsghdr, kSlots> received{};
  std::array<iovec, kSlots> received_bytes{};
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
    received_bytes[i] = {slot, kSlotSize};
    received[i].msg_hdr.msg_name = peer;
    received[i].msg_hdr.msg_iov = &received_bytes[i];
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
  const size_t count = plan.prepare(answered, max_segment);
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
      // The error belongs to the first message; the others are sent again.
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
  // The path's MTU is below the segment size, or (EIO) its device has no checksum offload.
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

void UdpSource::send_late(const SocketAddress& peer, Bytes bytes) noexcept {
  Impl& impl = *impl_;
  if (bytes.size() > LateResponses::kBytes) {  // UDP has no such datagrams
    ++impl.counts.send_failed;
    return;
  }
  if (!impl.late.has_room(bytes.size())) impl.send_late();
  impl.late.add(peer, bytes);
  impl.turn_end.request();
}

const DatagramSource::Counts& UdpSource::counts() const noexcept { return impl_->counts; }
int UdpSource::descriptor() const noexcept { return impl_->socket.get(); }
size_t UdpSource::half_of_buffer() const noexcept { return half_of_buffer_of(impl_->socket.get()); }

}  // namespace inlet53::net
