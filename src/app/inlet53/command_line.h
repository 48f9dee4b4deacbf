// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "commands.h"
#include "init.h"

namespace CLI {
class App;
}

namespace inlet53::app {

/// Options of one command.
using Command = std::variant<InitOptions, CheckOptions, UpOptions, LogsTailOptions, BenchOptions,
                             PolicyExplainOptions, CaOptions, CacheFlushOptions>;

/// Parses the command line. Returns an exit code after help, version or a usage error; the text is
/// printed already.
[[nodiscard]] std::variant<Command, int> parse_command_line(int argc, char** argv);

/// Adds the command `bench`. The parser stores the value of `-o` in `output`. Lifetime: `options`
/// and `output` outlive the parsing.
CLI::App* add_bench(CLI::App& app, BenchOptions& options, std::string& output);
/// Adds the command `policy explain`. The parser stores the value of `-o` in `output`. Lifetime:
/// `options` and `output` outlive the parsing.
CLI::App* add_policy(CLI::App& app, PolicyExplainOptions& options, std::string& output);

}  // namespace inlet53::app
