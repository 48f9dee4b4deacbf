// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "inlet53/base/cidr.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/base/result.h"

namespace inlet53::net {

/// A file descriptor with one owner.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  /// Gives the descriptor away. The caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

/// The address and port that a socket of the Internet has here. Aborts when it has none: it was
/// bound or connected. Cost: a system call.
[[nodiscard]] SocketAddress local_address(int descriptor);

struct SocketError {
  SocketAddress address;
  int error = 0;                                       // errno
  [[nodiscard]] bool address_in_use() const noexcept;  // EADDRINUSE
  /// `cannot listen on 127.0.53.1:5300 (UDP): Address already in use; …`, with what to do about it.
  std::string message;
};

/// Tells whether `address` is free for UDP and for TCP: binds both once without SO_REUSEPORT (with
/// it, a second daemon of the same user would silently share the port) and lets go again.
/// Errors: what binding gave, for the first transport that failed. Source: socket(7), SO_REUSEPORT.
[[nodiscard]] Result<void, SocketError> probe_address(const SocketAddress& address);
/// The same for TCP alone.
[[nodiscard]] Result<void, SocketError> probe_tcp_address(const SocketAddress& address);

/// Opens a non-blocking UDP socket bound to `address`: SO_REUSEPORT set, IPV6_V6ONLY for IPv6, and
/// no belief in what ICMP claims of a path's MTU, so that nobody can make us send tiny fragments
/// (IP_PMTUDISC_OMIT). `receive_buffer` octets are asked for (0: the system's default), beyond
/// net.core.rmem_max where CAP_NET_ADMIN allows it, else up to it.
/// Errors: what socket, setsockopt or bind gave. Source: ip(7); RFC 9715 §3.
[[nodiscard]] Result<Descriptor, SocketError> open_udp(const SocketAddress& address,
                                                       uint32_t receive_buffer);

/// Makes the kernel choose among the `sockets` UDP sockets that share an address by each message's
/// first 16 bits, the ID of a DNS query, which a client chooses at random; without it, it chooses
/// by the client's address and port, and a forwarder that sends from few ports reaches few sockets.
/// `descriptor` is one of them; the program holds for all, in the order in which they were bound.
/// Returns false when the kernel refuses it. Source: socket(7), SO_ATTACH_REUSEPORT_CBPF.
[[nodiscard]] bool spread_by_query_id(int descriptor, uint32_t sockets);

/// Opens a non-blocking TCP socket bound to `address`: SO_REUSEADDR and SO_REUSEPORT set,
/// IPV6_V6ONLY for IPv6. It does not listen yet, so that a filter can stand before the first SYN.
/// Errors: what socket, setsockopt or bind gave.
[[nodiscard]] Result<Descriptor, SocketError> open_tcp(const SocketAddress& address);

/// The same with a port that the kernel chooses and that no other socket shares. (With SO_REUSEPORT
/// every process of the same user could listen there, too, and get some of the connections.)
[[nodiscard]] Result<Descriptor, SocketError> open_unshared_tcp(const IpAddress& address);

/// Attaches a classic BPF program to a TCP socket that listens or will, or replaces the one it has:
/// SYNs from sources outside `allowed` are dropped before the handshake, so that an unauthorised
/// source gets no response. Only blocks of the socket's own family count; without one, every source
/// is dropped. A
/// connection keeps the program that its listener had when it was accepted, so a replacement cuts
/// none off.
/// Returns false when the kernel does not take a program for so many blocks (it has room for about
/// 1000 of IPv4 or 450 of IPv6; net.core.optmem_max may allow fewer). The socket then has no filter
/// at all, and the caller checks each connection itself (`TcpListener::Admit`).
/// Source: Documentation/networking/filter.rst of the kernel; socket(7), SO_ATTACH_FILTER.
[[nodiscard]] bool attach_source_filter(int descriptor, const CidrSet& allowed);

}  // namespace inlet53::net
