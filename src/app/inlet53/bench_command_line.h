#pragma once

#include <string>

#include "bench.h"

namespace CLI {
class App;
}

namespace inlet53::app {

/// Adds the verb `bench` to the tool's command line. `output` gets the word of `-o`.
/// Lifetime: `options` and `output` outlive the parsing.
CLI::App* add_bench(CLI::App& app, BenchOptions& options, std::string& output);

}  // namespace inlet53::app
