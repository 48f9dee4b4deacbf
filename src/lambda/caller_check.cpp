#include "caller_check.h"

#include <utility>

#include <unistd.h>

#include "inlet53/net/process_tree.h"

namespace inlet53::lambda {

CallerCheck::CallerCheck(net::SocketOwners owners) : owners_(std::move(owners)) {
  if (owners_.source() == net::SocketOwners::Source::None) {
    fault_ =
        "cannot tell which process calls a Runtime API: neither sock_diag nor /proc/net/tcp works "
        "here";
  }
}

bool CallerCheck::allows(const SocketAddress& client, const SocketAddress& server,
                         const EnvironmentProcesses& processes) {
  const auto owner = owners_.find(client, server);
  const bool allowed = owner && owner->user == processes.user.value_or(geteuid()) &&
                       net::process_tree_has_socket(processes.root, owner->inode, processes.user);
  if (!allowed) ++refused_;
  return allowed;
}

}  // namespace inlet53::lambda
