// SPDX-License-Identifier: Apache-2.0

// Answers every query with two fixed addresses, with one of several methods of receiving and
// sending. It shows the cost of each method in the kernel. A server with better use of the kernel
// can cost less: inlet53d removes a busy socket from epoll.
//
//   bare_responder MODE ADDRESS PORT
//
//   poll      uv_poll on our own socket, recvmmsg and sendmmsg: like an idle inlet53d
//   blocking  recvmmsg that waits, sendmmsg
//   recvfrom  recvfrom that waits, sendto: one datagram in each system call
//   uv_udp    uv_udp with UV_UDP_RECVMMSG, uv_udp_try_send
//   io_uring  a multishot recvmsg, one sendmsg for each answer
//   segment   poll, and successive answers to one client as one UDP_SEGMENT message
//
// It ends with SIGTERM.

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <arpa/inet.h>
#include <fcntl.h>
#include <liburing.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <uv.h>

namespace {

constexpr size_t kBatch = 64;
constexpr size_t kSlotSize = 2048;
constexpr size_t kHeader = 12;
constexpr uint8_t kRecords[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 12,  179,
                                0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 140, 226};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

// Turns the query at `message` into its answer with the same id and question. Returns the size of
// the answer in bytes, or 0 if it is no plain query.
size_t answer(uint8_t* message, size_t received) {
  if (received < kHeader + 5 || received + sizeof kRecords > kSlotSize) return 0;
  constexpr uint8_t kFlagsAndCounts[] = {0x85, 0x80, 0, 1, 0, 2, 0, 0, 0, 0};
  std::memcpy(message + 2, kFlagsAndCounts, sizeof kFlagsAndCounts);
  std::memcpy(message + received, kRecords, sizeof kRecords);
  return received + sizeof kRecords;
}

int open_socket(const char* address, int port, bool blocking) {
  const int descriptor = socket(AF_INET, SOCK_DGRAM | (blocking ? 0 : SOCK_NONBLOCK), 0);
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(static_cast<uint16_t>(port));
  if (descriptor < 0 || inet_pton(AF_INET, address, &local.sin_addr) != 1) fail(address);
  const int buffer = 4 << 20;
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0) fail("bind");
  return descriptor;
}

// A batch of datagrams. Each answer replaces its query.
struct Batch {
  Batch() {
    for (size_t i = 0; i < kBatch; ++i) {
      received_octets[i] = {&slots[i * kSlotSize], kSlotSize};
      received[i].msg_hdr.msg_name = &peers[i];
      received[i].msg_hdr.msg_iov = &received_octets[i];
      received[i].msg_hdr.msg_iovlen = 1;
      received[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }
  }

  int receive(int descriptor, int flags) {
    return recvmmsg(descriptor, received.data(), kBatch, flags, nullptr);
  }

  // Answers the first `count` datagrams; returns the number of answers.
  size_t answer_all(size_t count) {
    answers = 0;
    for (size_t i = 0; i < count; ++i) {
      uint8_t* message = &slots[i * kSlotSize];
      const size_t size = answer(message, received[i].msg_len);
      if (size == 0) continue;
      answer_octets[answers] = {message, size};
      clients[answers++] = &peers[i];
    }
    return answers;
  }

  void send_each(int descriptor) {
    for (size_t i = 0; i < answers; ++i) {
      sent[i].msg_hdr = {};
      sent[i].msg_hdr.msg_name = clients[i];
      sent[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
      sent[i].msg_hdr.msg_iov = &answer_octets[i];
      sent[i].msg_hdr.msg_iovlen = 1;
    }
    send_messages(descriptor, answers);
  }

  // Successive answers of one size to one client become one message of several segments.
  void send_segments(int descriptor) {
    size_t messages = 0;
    for (size_t first = 0; first < answers;) {
      size_t end = first + 1;
      while (end < answers && same_client(first, end) &&
             answer_octets[end].iov_len == answer_octets[first].iov_len) {
        ++end;
      }
      msghdr& message = sent[messages].msg_hdr;
      message = {};
      message.msg_name = clients[first];
      message.msg_namelen = sizeof(sockaddr_in);
      message.msg_iov = &answer_octets[first];
      message.msg_iovlen = end - first;
      if (end - first > 1) {
        message.msg_control = controls[messages].octets;
        message.msg_controllen = sizeof controls[messages].octets;
        cmsghdr* control = CMSG_FIRSTHDR(&message);
        control->cmsg_level = SOL_UDP;
        control->cmsg_type = UDP_SEGMENT;
        control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        const auto size = static_cast<uint16_t>(answer_octets[first].iov_len);
        std::memcpy(CMSG_DATA(control), &size, sizeof size);
      }
      ++messages;
      first = end;
    }
    send_messages(descriptor, messages);
  }

 private:
  [[nodiscard]] bool same_client(size_t a, size_t b) const {
    return clients[a]->sin_port == clients[b]->sin_port &&
           clients[a]->sin_addr.s_addr == clients[b]->sin_addr.s_addr;
  }

  void send_messages(int descriptor, size_t count) {
    for (size_t done = 0; done < count;) {
      const int some = sendmmsg(descriptor, &sent[done], static_cast<unsigned>(count - done), 0);
      done += some > 0 ? static_cast<size_t>(some) : 1;
    }
  }

  struct Control {
    alignas(cmsghdr) char octets[CMSG_SPACE(sizeof(uint16_t))];
  };
  std::array<mmsghdr, kBatch> received{};
  std::array<mmsghdr, kBatch> sent{};
  std::array<iovec, kBatch> received_octets{};
  std::array<iovec, kBatch> answer_octets{};
  std::array<sockaddr_in, kBatch> peers{};
  std::array<sockaddr_in*, kBatch> clients{};
  std::array<Control, kBatch> controls{};
  size_t answers = 0;
  alignas(4096) std::array<uint8_t, kBatch * kSlotSize> slots{};
};

Batch batch;

void run_blocking(int descriptor) {
  for (;;) {
    const int count = batch.receive(descriptor, MSG_WAITFORONE);
    if (count <= 0) continue;
    batch.answer_all(static_cast<size_t>(count));
    batch.send_each(descriptor);
  }
}

void run_recvfrom(int descriptor) {
  static std::array<uint8_t, kSlotSize> slot;
  for (;;) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    auto* address = reinterpret_cast<sockaddr*>(&peer);
    const ssize_t received = recvfrom(descriptor, slot.data(), slot.size(), 0, address, &length);
    if (received <= 0) continue;
    const size_t size = answer(slot.data(), static_cast<size_t>(received));
    if (size > 0) sendto(descriptor, slot.data(), size, 0, address, length);
  }
}

void run_poll(int descriptor, bool segments) {
  static bool in_segments;
  in_segments = segments;
  uv_loop_t* loop = uv_default_loop();
  uv_poll_t poll;
  poll.data = &descriptor;
  if (uv_poll_init(loop, &poll, descriptor) != 0) fail("uv_poll_init");
  uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
    const int socket = *static_cast<int*>(handle->data);
    constexpr int kMaxBatches = 4;
    for (int i = 0; i < kMaxBatches; ++i) {
      const int count = batch.receive(socket, MSG_DONTWAIT);
      if (count <= 0) return;
      batch.answer_all(static_cast<size_t>(count));
      if (in_segments) {
        batch.send_segments(socket);
      } else {
        batch.send_each(socket);
      }
      if (static_cast<size_t>(count) < kBatch) return;
    }
  });
  uv_run(loop, UV_RUN_DEFAULT);
}

void run_uv_udp(int descriptor) {
  uv_loop_t* loop = uv_default_loop();
  uv_udp_t udp;
  if (uv_udp_init_ex(loop, &udp, AF_UNSPEC | UV_UDP_RECVMMSG) != 0) fail("uv_udp_init_ex");
  if (uv_udp_open(&udp, descriptor) != 0) fail("uv_udp_open");
  const auto allocate = [](uv_handle_t*, size_t, uv_buf_t* buffer) {
    static std::array<char, 20 * 65536> room;  // libuv 1.44 receives 20 messages, 64 KiB apart
    *buffer = uv_buf_init(room.data(), room.size());
  };
  uv_udp_recv_start(&udp, allocate,
                    [](uv_udp_t* handle, ssize_t received, const uv_buf_t* buffer,
                       const sockaddr* peer, unsigned) {
                      if (received <= 0 || peer == nullptr) return;
                      const size_t size = answer(reinterpret_cast<uint8_t*>(buffer->base),
                                                 static_cast<size_t>(received));
                      if (size == 0) return;
                      const uv_buf_t octets =
                          uv_buf_init(buffer->base, static_cast<unsigned>(size));
                      uv_udp_try_send(handle, &octets, 1, peer);
                    });
  uv_run(loop, UV_RUN_DEFAULT);
}

// Buffers that the kernel fills, with the answers that are being sent from them.
struct Ring {
  static constexpr unsigned kBuffers = 1024;
  static constexpr int kGroup = 1;
  static constexpr uint64_t kReceive = UINT64_MAX;

  explicit Ring(int udp_socket) : descriptor(udp_socket) {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_CQSIZE;
    params.cq_entries = 4 * kBuffers;
    if (const int error = io_uring_queue_init_params(kBuffers, &ring, &params); error != 0) {
      errno = -error;
      fail("io_uring_queue_init_params");
    }
    void* pages = std::aligned_alloc(4096, kBuffers * sizeof(io_uring_buf));
    buffers = static_cast<io_uring_buf_ring*>(pages);
    io_uring_buf_ring_init(buffers);
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<uintptr_t>(pages);
    registration.ring_entries = kBuffers;
    registration.bgid = kGroup;
    if (const int error = io_uring_register_buf_ring(&ring, &registration, 0); error != 0) {
      errno = -error;
      fail("io_uring_register_buf_ring");
    }
    for (unsigned i = 0; i < kBuffers; ++i) give_back(i);
    header.msg_namelen = sizeof(sockaddr_in);
  }

  void give_back(unsigned buffer) {
    io_uring_buf_ring_add(buffers, &slots[buffer * kSlotSize], kSlotSize,
                          static_cast<uint16_t>(buffer), io_uring_buf_ring_mask(kBuffers), 0);
    io_uring_buf_ring_advance(buffers, 1);
  }

  io_uring_sqe* entry() {
    io_uring_sqe* found = io_uring_get_sqe(&ring);
    while (found == nullptr) {
      io_uring_submit(&ring);
      found = io_uring_get_sqe(&ring);
    }
    return found;
  }

  void receive() {
    io_uring_sqe* request = entry();
    io_uring_prep_recvmsg_multishot(request, descriptor, &header, 0);
    request->flags |= IOSQE_BUFFER_SELECT;
    request->buf_group = kGroup;
    request->user_data = kReceive;
  }

  void reply(const io_uring_cqe& completion) {
    const unsigned buffer = completion.flags >> IORING_CQE_BUFFER_SHIFT;
    uint8_t* slot = &slots[buffer * kSlotSize];
    io_uring_recvmsg_out* out = io_uring_recvmsg_validate(slot, completion.res, &header);
    const size_t offset = sizeof(io_uring_recvmsg_out) + header.msg_namelen;
    const size_t size = out == nullptr ? 0 : answer(slot + offset, out->payloadlen);
    if (size == 0) return give_back(buffer);
    octets[buffer] = {slot + offset, size};
    messages[buffer] = {};
    messages[buffer].msg_name = io_uring_recvmsg_name(out);
    messages[buffer].msg_namelen = sizeof(sockaddr_in);
    messages[buffer].msg_iov = &octets[buffer];
    messages[buffer].msg_iovlen = 1;
    io_uring_sqe* request = entry();
    io_uring_prep_sendmsg(request, descriptor, &messages[buffer], 0);
    request->user_data = buffer;
  }

  void take(const io_uring_cqe& completion) {
    if (completion.user_data != kReceive) return give_back(unsigned(completion.user_data));
    if (completion.res >= 0) reply(completion);
    if ((completion.flags & IORING_CQE_F_MORE) == 0) receive();
  }

  int descriptor;
  io_uring ring{};
  io_uring_buf_ring* buffers = nullptr;
  msghdr header{};
  std::array<msghdr, kBuffers> messages{};
  std::array<iovec, kBuffers> octets{};
  alignas(4096) std::array<uint8_t, kBuffers * kSlotSize> slots{};
};

void run_io_uring(int descriptor) {
  static Ring ring(descriptor);
  ring.receive();
  for (;;) {
    io_uring_submit_and_wait(&ring.ring, 1);
    io_uring_cqe* completion = nullptr;
    unsigned head = 0;
    unsigned count = 0;
    io_uring_for_each_cqe(&ring.ring, head, completion) {
      ring.take(*completion);
      ++count;
    }
    io_uring_cq_advance(&ring.ring, count);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs(
        "usage: bare_responder poll|blocking|recvfrom|uv_udp|io_uring|segment ADDRESS PORT\n",
        stderr);
    return 2;
  }
  const std::string_view mode = argv[1];
  const bool blocking = mode == "blocking" || mode == "recvfrom";
  const int descriptor = open_socket(argv[2], std::atoi(argv[3]), blocking);
  if (mode == "blocking") run_blocking(descriptor);
  if (mode == "recvfrom") run_recvfrom(descriptor);
  if (mode == "poll" || mode == "segment") run_poll(descriptor, mode == "segment");
  if (mode == "uv_udp") run_uv_udp(descriptor);
  if (mode == "io_uring") run_io_uring(descriptor);
  std::fputs("no such mode\n", stderr);
  return 2;
}
