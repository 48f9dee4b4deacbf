#pragma once

#include <string>

#include "policy_explain.h"

namespace CLI {
class App;
}

namespace inlet53::app {

/// Adds the verb `policy explain` to the tool's command line. `output` gets the word of `-o`.
/// Lifetime: `options` and `output` outlive the parsing.
CLI::App* add_policy(CLI::App& app, PolicyExplainOptions& options, std::string& output);

}  // namespace inlet53::app
