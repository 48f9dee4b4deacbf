#include "inlet53/control/give_order.h"

#include <cerrno>
#include <system_error>

#include "unix_address.h"
#include <sys/time.h>

#include "inlet53/base/check.h"
#include "inlet53/base/text.h"
#include "inlet53/net/socket.h"

namespace inlet53::control {

Result<std::string, std::string> give_order(const std::string& path, std::string_view order,
                                            uint32_t timeout_ms) {
  INLET53_CHECK(order.find('\n') == std::string_view::npos);
  const auto failed = [&](std::string_view what) {
    const bool late = errno == EAGAIN || errno == EWOULDBLOCK;
    return Unexpected(concat(path, ": ", what, ": ",
                             late ? "no answer in time" : std::system_category().message(errno)));
  };
  const auto address = unix_address(path);
  if (!address) return Unexpected(concat(path, ": the path is too long for a socket"));
  const net::Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return failed("cannot make a socket");
  const timeval patience{timeout_ms / 1000, static_cast<suseconds_t>(timeout_ms % 1000 * 1000)};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    static_cast<void>(setsockopt(descriptor.get(), SOL_SOCKET, option, &patience, sizeof patience));
  }
  if (connect(descriptor.get(), as_sockaddr(*address), sizeof *address) != 0) {
    const bool is_refused = errno == EACCES || errno == EPERM;
    return failed(is_refused ? "this user may not give orders to the daemon"
                             : "no daemon listens there");
  }
  const std::string line = concat(order, "\n");
  if (send(descriptor.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(line.size())) {
    return failed("the daemon took no order");
  }
  std::string answer;
  char octets[512];
  while (answer.find('\n') == std::string::npos) {
    const ssize_t got = recv(descriptor.get(), octets, sizeof octets, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("the daemon gave no answer");
    if (got == 0) return Unexpected(concat(path, ": the daemon ended the connection"));
    answer.append(octets, static_cast<size_t>(got));
  }
  answer.resize(answer.find('\n'));
  constexpr std::string_view kOk = "ok ", kError = "error ";
  if (answer.starts_with(kOk)) return answer.substr(kOk.size());
  if (answer.starts_with(kError)) answer.erase(0, kError.size());
  return Unexpected(answer);
}

}  // namespace inlet53::control
