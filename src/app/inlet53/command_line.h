#pragma once

#include <variant>

#include "bench.h"
#include "ca.h"
#include "cache_flush.h"
#include "check.h"
#include "init.h"
#include "logs_tail.h"
#include "policy_explain.h"
#include "up.h"

namespace inlet53::app {

/// One verb with its options.
using Command = std::variant<InitOptions, CheckOptions, UpOptions, LogsTailOptions, BenchOptions,
                             PolicyExplainOptions, CaOptions, CacheFlushOptions>;

/// Parses the command line. An int is the exit code to end with (help, version, usage error): what
/// there is to say has been printed.
[[nodiscard]] std::variant<Command, int> parse_command_line(int argc, char** argv);

}  // namespace inlet53::app
