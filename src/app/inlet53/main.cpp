// SPDX-License-Identifier: Apache-2.0
#include "command_line.h"

#include "inlet53/base/program.h"

namespace {

using namespace inlet53::app;

int run(const InitOptions& options) { return run_init(options); }
int run(const CheckOptions& options) { return run_check(options); }
int run(const UpOptions& options) { return run_up(options); }
int run(const LogsTailOptions& options) { return run_logs_tail(options); }
int run(const BenchOptions& options) { return run_bench(options); }
int run(const CacheFlushOptions& options) { return run_cache_flush(options); }
int run(const CaOptions& options) { return run_ca(options); }
int run(const PolicyExplainOptions& options) { return run_policy_explain(options); }

}  // namespace

int main(int argc, char** argv) {
  return inlet53::run_program("inlet53", [&] {
    const auto command = parse_command_line(argc, argv);
    if (const int* code = std::get_if<int>(&command)) return *code;
    return std::visit([](const auto& options) { return run(options); }, std::get<Command>(command));
  });
}
