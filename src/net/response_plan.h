#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <sys/socket.h>

#include "inlet53/net/datagram_source.h"

namespace inlet53::net {

/// Lines up the responses of one batch for sendmmsg; their octets stay in their slots.
///
/// Responses of one size to one peer can go as one message with UDP_SEGMENT (udp(7)), which the
/// kernel cuts into datagrams late, or never on loopback: one way through its layers for all. The
/// last of such a group may be shorter. Looking for groups costs something, so it is left alone for
/// a while whenever a batch had none.
/// Threads: one. Cost: no allocation.
class ResponsePlan {
 public:
  ResponsePlan() noexcept;

  /// For all messages from now on. Requires: the socket address family's size.
  void set_address_length(socklen_t length) noexcept;

  /// Returns how many messages there are to send. Responses of up to `max_segment` octets may go in
  /// groups; 0: none.
  size_t line_up(std::span<const Datagram> batch, uint32_t max_segment) noexcept;

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
    uint32_t segment;  // octets of each response but the last
    uint32_t octets;   // of all
    uint32_t count;
    bool open;  // may take more
  };

  size_t line_up_singly(std::span<const Datagram> batch) noexcept;
  void make_single() noexcept;
  size_t line_up_groups(std::span<const Datagram> batch, uint32_t max_segment) noexcept;
  [[nodiscard]] size_t find_group(const Datagram& datagram, size_t groups) const noexcept;
  void fill_message(size_t index, const Group& group) noexcept;

  std::array<mmsghdr, kSlots> messages_{};
  std::array<iovec, kSlots> octets_{};
  // Room for one control message with a uint16_t for each message.
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, CMSG_SPACE(sizeof(uint16_t))> octets;
  };
  std::array<Control, kSlots> controls_{};
  std::array<Group, kSlots> groups_;      // of one batch; filled as far as needed
  std::array<uint8_t, kSlots> group_of_;  // by response
  size_t used_for_groups_;                // of messages_; the others are for one response each
  size_t skip_ = 0;                       // batches that are not looked at for groups
};

/// Whether the kernel knows UDP_SEGMENT (Linux 4.18) on this socket.
[[nodiscard]] bool knows_udp_segment(int descriptor) noexcept;

}  // namespace inlet53::net
