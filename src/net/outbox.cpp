// SPDX-License-Identifier: Apache-2.0
#include "outbox.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "inlet53/base/check.h"

namespace inlet53::net {

namespace {

// Returns true for errors that both ICMP and this host may cause. Source: icmp_err_convert of the
// kernel, for IPv4; icmpv6_err_convert for IPv6.
bool may_be_of_icmp(int error) noexcept {
  return error == EHOSTUNREACH || error == ENETUNREACH || error == EACCES || error == EPROTO ||
         error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET || error == EOPNOTSUPP;
}

}  // namespace

uint8_t* Outbox::add(uint32_t port, int descriptor, uint64_t token, Bytes message) {
  INLET53_CHECK(!full() && message.size() <= UdpExchange::kMaxQuery);
  Message& added = messages_[count_++];
  std::memcpy(added.octets.data(), message.data(), message.size());
  added.size = static_cast<uint32_t>(message.size());
  added.port = port;
  added.descriptor = descriptor;
  added.token = token;
  return added.octets.data();
}

const Outbox::Report& Outbox::send() {
  report_.unsent.clear();
  report_.unreachable.clear();
  report_.sent = report_.calls = 0;
  for (size_t i = 0; i < count_; ++i) {
    if (messages_[i].descriptor != -1) send_of_port(i);
  }
  count_ = 0;
  ++round_;
  return report_;
}

// Sends the messages of one port, of which `first` is the first.
void Outbox::send_of_port(size_t first) {
  std::array<mmsghdr, kMaxMessages> headers;
  std::array<iovec, kMaxMessages> octets;
  std::array<uint64_t, kMaxMessages> tokens;
  const uint32_t port = messages_[first].port;
  const int descriptor = messages_[first].descriptor;
  unsigned count = 0;
  for (size_t i = first; i < count_; ++i) {
    Message& message = messages_[i];
    if (message.descriptor != descriptor) continue;
    message.descriptor = -1;
    octets[count] = {message.octets.data(), message.size};
    headers[count] = {};
    headers[count].msg_hdr.msg_iov = &octets[count];
    headers[count].msg_hdr.msg_iovlen = 1;
    tokens[count++] = message.token;
  }
  int doubtful = 0;  // error of the last call, if ICMP may have caused it
  for (unsigned done = 0; done < count;) {
    ++report_.calls;
    const int sent = send_messages_(descriptor, &headers[done], count - done, MSG_DONTWAIT);
    const int error = sent > 0 ? 0 : errno;
    if (sent > 0) {
      done += static_cast<unsigned>(sent);
      report_.sent += static_cast<uint64_t>(sent);
    }
    // The kernel reports an error of an earlier message once: a second attempt succeeds.
    const int earlier = std::exchange(doubtful, 0);
    const bool was_of_icmp = earlier != 0 && earlier != error;
    if (error == ECONNREFUSED || was_of_icmp) {
      const int reported = was_of_icmp ? earlier : error;
      report_.unreachable.push_back({port, {SendFailure::Unreachable, reported}});
      return;
    }
    if (error == 0) continue;
    if (earlier == 0 && may_be_of_icmp(error)) {
      doubtful = error;
      continue;
    }
    report_.unsent.push_back({port, tokens[done++], send_error(error)});
  }
}

}  // namespace inlet53::net
