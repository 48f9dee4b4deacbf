#include "bench_server.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <string>

#include <netdb.h>
#include <sys/socket.h>

#include "inlet53/base/exit_code.h"
#include "inlet53/base/text.h"

namespace inlet53::app {

namespace {

constexpr uint16_t kDnsPort = 53;

struct FreeAddresses {
  void operator()(addrinfo* found) const noexcept { freeaddrinfo(found); }
};

std::optional<SocketAddress> parse_address(std::string_view text) {
  if (const auto whole = SocketAddress::parse(text)) {
    return whole->port == 0 ? std::nullopt : whole;
  }
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  const auto address = IpAddress::parse(bracketed ? text.substr(1, text.size() - 2) : text);
  if (!address || (bracketed && address->is_v4())) return std::nullopt;
  return SocketAddress{*address, kDnsPort};
}

struct Host {
  std::string name;
  uint16_t port = kDnsPort;
};

// Letters, digits, hyphens, underscores and dots, with a letter in the last label: `10.0.0.300` is
// an address that is none.
bool is_host_name(std::string_view name) {
  constexpr std::string_view kOctets =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (name.empty() || name.find_first_not_of(kOctets) != std::string_view::npos) return false;
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::string_view last = name.substr(std::min(name.rfind('.') + 1, name.size()));
  return last.find_first_not_of("0123456789") != std::string_view::npos;
}

std::optional<Host> parse_host(std::string_view text) {
  const size_t colon = text.find(':');
  Host host{std::string(text.substr(0, colon))};
  if (!is_host_name(host.name)) return std::nullopt;
  if (colon == std::string_view::npos) return host;
  const std::string_view port = text.substr(colon + 1);
  const char* end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data(), end, host.port);
  if (error != std::errc{} || stop != end || host.port == 0) return std::nullopt;
  return host;
}

}  // namespace

Result<SocketAddress, BenchFault> find_server(std::string_view text) {
  if (const auto address = parse_address(text)) return *address;
  const std::optional<Host> host = parse_host(text);
  if (!host) return Unexpected(BenchFault{concat("not an address: ", text), kExitUsage});
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  const int status = getaddrinfo(host->name.c_str(), nullptr, &wanted, &list);
  const std::unique_ptr<addrinfo, FreeAddresses> found(list);
  for (const addrinfo* one = status == 0 ? list : nullptr; one != nullptr; one = one->ai_next) {
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    SocketAddress address = SocketAddress::from_sockaddr(one->ai_addr);
    address.port = host->port;
    return address;
  }
  const std::string_view why = status == 0 ? "it has no address" : gai_strerror(status);
  return Unexpected(BenchFault{concat(host->name, " cannot be resolved: ", why), kExitFailure});
}

}  // namespace inlet53::app
