#include <iostream>

#include "command_line.h"

#include "inlet53/base/exit_code.h"
#include "inlet53/base/operator_log.h"

namespace {

using namespace inlet53::app;

int run(const CheckOptions& options) { return run_check(options); }
int run(const UpOptions& options) { return run_up(options); }
int run(const LogsTailOptions& options) { return run_logs_tail(options); }
int run(const BenchOptions& options) { return run_bench(options); }
int run(const CacheFlushOptions& options) { return run_cache_flush(options); }
int run(const CaOptions& options) { return run_ca(options); }
int run(const PolicyExplainOptions& options) { return run_policy_explain(options); }

// Returns the exit code. Lost output (a full disk) is a failure.
int end(int code) {
  std::cout.flush();
  if (std::cout) return code;
  std::cerr << "inlet53: cannot write the output\n";
  return code == inlet53::kExitOk ? inlet53::kExitFailure : code;
}

}  // namespace

int main(int argc, char** argv) {
  const auto command = parse_command_line(argc, argv);
  if (const int* code = std::get_if<int>(&command)) return end(*code);
  inlet53::set_log_name("inlet53");
  return end(
      std::visit([](const auto& options) { return run(options); }, std::get<Command>(command)));
}
