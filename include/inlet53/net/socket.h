// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"

namespace inlet53::net {

/// File descriptor with one owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  /// Releases the descriptor. The caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

/// Returns the local address and port of an Internet socket. Requires: it is bound or connected;
/// otherwise this aborts. Cost: a system call.
[[nodiscard]] SocketAddress local_address(int descriptor);

struct SocketError {
  SocketAddress address;
  int error = 0;                                       // errno
  [[nodiscard]] bool address_in_use() const noexcept;  // EADDRINUSE
  /// `cannot listen on 127.0.53.1:5300 (UDP): Address already in use; …`, with a suggestion.
  std::string message;
};

/// Checks whether `address` is free for UDP and for TCP: binds both once without SO_REUSEPORT and
/// closes them. With SO_REUSEPORT, a second daemon of the same user would share the port without an
/// error.
/// Errors: the error of bind for the first transport that failed. Source: socket(7), SO_REUSEPORT.
[[nodiscard]] Result<void, SocketError> probe_address(const SocketAddress& address);
/// Checks the same for TCP alone.
[[nodiscard]] Result<void, SocketError> probe_tcp_address(const SocketAddress& address);

/// Opens a non-blocking UDP socket bound to `address`, with SO_REUSEPORT, and IPV6_V6ONLY for IPv6.
/// It ignores path MTU values from ICMP (IP_PMTUDISC_OMIT), so that an attacker cannot cause tiny
/// fragments. `receive_buffer`: requested bytes (0: the system's default); the result exceeds
/// net.core.rmem_max only with CAP_NET_ADMIN.
/// Errors: the error of socket, setsockopt or bind. Source: ip(7); RFC 9715 §3.
[[nodiscard]] Result<Descriptor, SocketError> open_udp(const SocketAddress& address,
                                                       uint32_t receive_buffer);

/// Sets how the kernel chooses among the `sockets` UDP sockets that share an address: by the first
/// 16 bits of each message, the ID of a DNS query, which a client chooses at random. The default
/// uses the client's address and port, so that a forwarder with few ports reaches few sockets.
/// `descriptor` is any of the sockets; the program applies to all, in the order in which they were
/// bound. Returns false when the kernel refuses it. Source: socket(7), SO_ATTACH_REUSEPORT_CBPF.
[[nodiscard]] bool spread_by_query_id(int descriptor, uint32_t sockets);

/// Opens a non-blocking TCP socket bound to `address`, with SO_REUSEADDR and SO_REUSEPORT, and
/// IPV6_V6ONLY for IPv6. It does not listen yet, so that a filter can be attached before the first
/// SYN.
/// Errors: the error of socket, setsockopt or bind.
[[nodiscard]] Result<Descriptor, SocketError> open_tcp(const SocketAddress& address);

/// The same with a port that the kernel chooses and that no other socket shares. (With SO_REUSEPORT
/// every process of the same user could listen there, too, and get some of the connections.)
[[nodiscard]] Result<Descriptor, SocketError> open_unshared_tcp(const IpAddress& address);

/// Attaches a classic BPF program to a TCP socket before or while it listens, or replaces the
/// program. The kernel drops SYNs from sources outside `allowed` before the handshake, so that an
/// unauthorised source gets no response. Only blocks of the socket's own family count; without one,
/// every source is dropped. A connection keeps the program that its listener had when it was
/// accepted, so a replacement closes no connection.
/// Returns false when the kernel rejects a program for so many blocks (it accepts about 1000 of
/// IPv4 or 450 of IPv6; net.core.optmem_max may allow fewer). The socket then has no filter, and
/// the caller checks each connection itself (`TcpListener::Accept`).
/// Source: Documentation/networking/filter.rst of the kernel; socket(7), SO_ATTACH_FILTER.
[[nodiscard]] bool attach_source_filter(int descriptor, const CidrSet& allowed);

}  // namespace inlet53::net
