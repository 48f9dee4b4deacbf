#include "udp_exchange_socket.h"

#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

namespace inlet53::net {

Descriptor open_connected_udp(const SocketAddress& to, const IpAddress* source) noexcept {
  const bool v4 = to.address.is_v4();
  Descriptor descriptor(
      socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return descriptor;
  const int omit = v4 ? IP_PMTUDISC_OMIT : IPV6_PMTUDISC_OMIT;
  if (setsockopt(descriptor.get(), v4 ? IPPROTO_IP : IPPROTO_IPV6,
                 v4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &omit, sizeof omit) != 0) {
    return {};
  }
  sockaddr_storage storage;
  if (source != nullptr) {
    const socklen_t length = SocketAddress{*source, 0}.to_sockaddr(storage);
    if (bind(descriptor.get(), reinterpret_cast<sockaddr*>(&storage), length) != 0) return {};
  }
  if (!connect_udp(descriptor.get(), to)) return {};
  return descriptor;
}

// A port that was not asked for by its number goes with the association (connect(2), AF_UNSPEC).
bool disconnect_udp(int descriptor) noexcept {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  if (connect(descriptor, &nobody, sizeof nobody) != 0) return false;
  constexpr int kMaxDropped = 64;
  for (int i = 0; i < kMaxDropped; ++i) {
    uint8_t octet = 0;
    if (recv(descriptor, &octet, sizeof octet, MSG_DONTWAIT) < 0 && errno == EAGAIN) return true;
  }
  return false;
}

bool connect_udp(int descriptor, const SocketAddress& to) noexcept {
  sockaddr_storage storage;
  const socklen_t length = to.to_sockaddr(storage);
  return connect(descriptor, reinterpret_cast<sockaddr*>(&storage), length) == 0;
}

}  // namespace inlet53::net
