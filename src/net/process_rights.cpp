// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/process_rights.h"

#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/types.h>

namespace inlet53::net {

void deny_tracing() noexcept { prctl(PR_SET_DUMPABLE, 0); }

// Sets the group first, because CAP_SETGID is lost with root's rights. The destructor uses the
// reverse order.
FileSystemUser::FileSystemUser(uint32_t id) noexcept : group_(setfsgid(id)), user_(setfsuid(id)) {}

FileSystemUser::~FileSystemUser() {
  setfsuid(static_cast<uid_t>(user_));
  setfsgid(static_cast<gid_t>(group_));
}

}  // namespace inlet53::net
