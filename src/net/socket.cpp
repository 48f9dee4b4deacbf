// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/socket.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <system_error>
#include <vector>

#include "source_filter.h"
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"

namespace inlet53::net {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void Descriptor::reset() noexcept {
  if (fd_ >= 0) ::close(release());
}

SocketAddress local_address(int descriptor) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  auto* const address = reinterpret_cast<sockaddr*>(&local);
  INLET53_CHECK(getsockname(descriptor, address, &length) == 0);
  return SocketAddress::from_sockaddr(address);
}

bool SocketError::address_in_use() const noexcept { return error == EADDRINUSE; }

namespace {

struct Transport {
  int type;
  std::string_view name;
};
constexpr Transport kUdp{SOCK_DGRAM, "UDP"};
constexpr Transport kTcp{SOCK_STREAM, "TCP"};

struct SocketOption {
  int level;
  int name;
  int value;
};

// Returns a suggestion for an address that cannot be bound; empty: there is none.
std::string advice(const SocketAddress& address, int error) {
  switch (error) {
    case EACCES:
      return concat("; port ", address.port,
                    " needs the capability CAP_NET_BIND_SERVICE: give it to the program, or choose "
                    "another port with `listen`");
    case EADDRNOTAVAIL:
      return concat("; this machine has no such address: add ", address.address.to_text(),
                    " to an interface, or choose one of its addresses with `listen`");
    case EADDRINUSE:
      return concat("; another process serves port ", address.port,
                    " there: end it, or choose another address or port with `listen`");
    case EAFNOSUPPORT:
      return "; this machine has no IPv6";
    default:
      return {};
  }
}

// Reads errno: call directly after the failed call.
SocketError last_error(const SocketAddress& address, const Transport& transport) {
  const int error = errno;
  return {address, error,
          concat("cannot listen on ", address.to_text(), " (", transport.name,
                 "): ", std::generic_category().message(error), advice(address, error))};
}

bool set_option(int descriptor, const SocketOption& option) noexcept {
  return setsockopt(descriptor, option.level, option.name, &option.value, sizeof option.value) == 0;
}

Result<Descriptor, SocketError> open_bound(const SocketAddress& address, const Transport& transport,
                                           std::vector<SocketOption> options) {
  const bool v4 = address.address.is_v4();
  if (!v4) options.push_back({IPPROTO_IPV6, IPV6_V6ONLY, 1});

  Descriptor descriptor(
      socket(v4 ? AF_INET : AF_INET6, transport.type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return Unexpected(last_error(address, transport));
  for (const SocketOption& option : options) {
    if (!set_option(descriptor.get(), option)) return Unexpected(last_error(address, transport));
  }
  sockaddr_storage storage{};
  const socklen_t length = address.to_sockaddr(storage);
  if (bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0) {
    return Unexpected(last_error(address, transport));
  }
  return descriptor;
}

}  // namespace

Result<void, SocketError> probe_address(const SocketAddress& address) {
  const auto udp = open_bound(address, kUdp, {});
  if (!udp) return Unexpected(udp.error());
  return probe_tcp_address(address);
}

Result<void, SocketError> probe_tcp_address(const SocketAddress& address) {
  // SO_REUSEADDR: connections of an earlier run in TIME_WAIT do not block the address, a listener
  // does.
  const auto tcp = open_bound(address, kTcp, {{SOL_SOCKET, SO_REUSEADDR, 1}});
  if (!tcp) return Unexpected(tcp.error());
  return {};
}

Result<Descriptor, SocketError> open_udp(const SocketAddress& address, uint32_t receive_buffer) {
  const SocketOption ignore_path_mtu =
      address.address.is_v4() ? SocketOption{IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT}
                              : SocketOption{IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT};
  auto descriptor = open_bound(address, kUdp, {{SOL_SOCKET, SO_REUSEPORT, 1}, ignore_path_mtu});
  if (descriptor && receive_buffer > 0) {
    const auto size = static_cast<int>(std::min<uint32_t>(receive_buffer, INT32_MAX));
    if (!set_option(descriptor->get(), {SOL_SOCKET, SO_RCVBUFFORCE, size})) {
      set_option(descriptor->get(), {SOL_SOCKET, SO_RCVBUF, size});
    }
  }
  return descriptor;
}

bool spread_by_query_id(int descriptor, uint32_t sockets) {
  // The data begins at the UDP payload. A message too short for the load goes to the first socket.
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
      BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, sockets),
      BPF_STMT(BPF_RET | BPF_A, 0),
  };
  const sock_fprog spread{std::size(program), program};
  return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &spread, sizeof spread) == 0;
}

Result<Descriptor, SocketError> open_tcp(const SocketAddress& address) {
  return open_bound(address, kTcp, {{SOL_SOCKET, SO_REUSEADDR, 1}, {SOL_SOCKET, SO_REUSEPORT, 1}});
}

Result<Descriptor, SocketError> open_unshared_tcp(const IpAddress& address) {
  return open_bound({address, 0}, kTcp, {});
}

bool attach_source_filter(int descriptor, const CidrSet& allowed) {
  int domain = 0;
  socklen_t length = sizeof domain;
  if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0) return false;

  auto program = compose_source_filter(allowed, domain == AF_INET ? IpFamily::V4 : IpFamily::V6);
  if (program) {
    const sock_fprog filter{static_cast<unsigned short>(program->size()), program->data()};
    if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0) {
      return true;
    }
  }
  // The old program would still refuse sources that `allowed` contains now.
  set_option(descriptor, {SOL_SOCKET, SO_DETACH_FILTER, 0});
  return false;
}

}  // namespace inlet53::net
