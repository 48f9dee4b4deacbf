#include "inlet53/net/process_protection.h"

#include <sys/prctl.h>

namespace inlet53::net {

void deny_tracing() noexcept { prctl(PR_SET_DUMPABLE, 0); }

}  // namespace inlet53::net
