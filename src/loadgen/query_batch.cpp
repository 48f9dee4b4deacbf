#include "query_batch.h"

#include <cerrno>
#include <cstring>

#include <netinet/udp.h>

namespace inlet53::loadgen {

namespace {

// What udp(7) and the device below say of segments: unknown, none of this size, no checksums.
bool refuses_segments(int error) noexcept {
  return error == EINVAL || error == EMSGSIZE || error == EIO || error == EOPNOTSUPP;
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

}  // namespace inlet53::loadgen
