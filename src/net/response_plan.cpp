#include "response_plan.h"

#include <algorithm>
#include <cstring>

#include <netinet/in.h>
#include <netinet/udp.h>

namespace inlet53::net {

namespace {

// What one message may hold: below the largest UDP payload over IPv4 and IPv6. The kernel takes 64
// segments, which is a whole batch.
constexpr uint32_t kMaxGroupOctets = 65'000;
static_assert(DatagramSource::kMaxBatch <= 64);

// A response is compared with so many groups at most, the youngest.
constexpr size_t kWindow = 4;

// After a batch without groups, so many are not looked at.
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

}  // namespace

bool knows_udp_segment(int descriptor) noexcept {
  int segment = 0;
  socklen_t size = sizeof segment;
  return getsockopt(descriptor, SOL_UDP, UDP_SEGMENT, &segment, &size) == 0;
}

ResponsePlan::ResponsePlan() noexcept : used_for_groups_(kSlots) {
  for (Control& control : controls_) {
    auto* head = reinterpret_cast<cmsghdr*>(control.octets.data());
    head->cmsg_level = SOL_UDP;
    head->cmsg_type = UDP_SEGMENT;
    head->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  }
}

void ResponsePlan::set_address_length(socklen_t length) noexcept {
  for (mmsghdr& message : messages_) message.msg_hdr.msg_namelen = length;
}

size_t ResponsePlan::line_up(std::span<const Datagram> batch, uint32_t max_segment) noexcept {
  if (max_segment == 0 || batch.size() < 2) return line_up_singly(batch);
  if (skip_ > 0) {
    --skip_;
    return line_up_singly(batch);
  }
  return line_up_groups(batch, max_segment);
}

size_t ResponsePlan::line_up_singly(std::span<const Datagram> batch) noexcept {
  if (used_for_groups_ > 0) make_single();
  size_t count = 0;
  for (const Datagram& datagram : batch) {
    if (datagram.response == 0) continue;
    octets_[count] = {datagram.data, datagram.response};
    messages_[count].msg_hdr.msg_name = const_cast<sockaddr*>(datagram.peer);
    ++count;
  }
  return count;
}

void ResponsePlan::make_single() noexcept {
  for (size_t i = 0; i < used_for_groups_; ++i) {
    msghdr& message = messages_[i].msg_hdr;
    message.msg_iov = &octets_[i];
    message.msg_iovlen = 1;
    message.msg_control = nullptr;
    message.msg_controllen = 0;
  }
  used_for_groups_ = 0;
}

size_t ResponsePlan::line_up_groups(std::span<const Datagram> batch,
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
    group.octets += datagram.response;
    ++group.count;
    group.open = datagram.response == group.segment && group.segment <= max_segment;
    group_of_[i] = static_cast<uint8_t>(index);
  }
  if (groups == responses) skip_ = kSkippedBatches;
  used_for_groups_ = std::max(used_for_groups_, groups);

  std::array<uint8_t, kSlots> next;  // where each group's next response goes
  size_t place = 0;
  for (size_t index = 0; index < groups; ++index) {
    next[index] = static_cast<uint8_t>(place);
    messages_[index].msg_hdr.msg_iov = &octets_[place];
    fill_message(index, groups_[index]);
    place += groups_[index].count;
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].response == 0) continue;
    octets_[next[group_of_[i]]++] = {batch[i].data, batch[i].response};
  }
  return groups;
}

// The group that the response may join, or `groups`.
size_t ResponsePlan::find_group(const Datagram& datagram, size_t groups) const noexcept {
  const size_t oldest = groups - std::min(groups, kWindow);
  for (size_t index = groups; index > oldest; --index) {
    const Group& group = groups_[index - 1];
    if (group.open && datagram.response <= group.segment &&
        group.octets + datagram.response <= kMaxGroupOctets &&
        same_peer(group.peer, datagram.peer)) {
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
  std::memcpy(CMSG_DATA(reinterpret_cast<cmsghdr*>(control.octets.data())), &segment,
              sizeof segment);
  message.msg_control = control.octets.data();
  message.msg_controllen = sizeof control.octets;
}

}  // namespace inlet53::net
