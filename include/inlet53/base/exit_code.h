#pragma once

namespace inlet53 {

/// Exit codes of the tool and of the daemons.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,
  kExitUsage = 2,
  kExitConfiguration = 3,
  kExitCannotBind = 4,
};

}  // namespace inlet53
