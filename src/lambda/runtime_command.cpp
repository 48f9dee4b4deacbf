#include "runtime_command.h"

#include "bootstrap_sources.h"
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

std::string or_default(const std::string& interpreter, const char* name) {
  return interpreter.empty() ? name : interpreter;
}

// Directories have the x bit too, and cannot be run.
bool is_program(const std::string& path) {
  struct stat found {};
  return access(path.c_str(), X_OK) == 0 && stat(path.c_str(), &found) == 0 &&
         S_ISREG(found.st_mode);
}

RuntimeCommand node_command(const topology::Function& function, const std::string& node) {
  const std::string client = function.code + "/node_modules/aws-lambda-ric/bin/index.mjs";
  if (access(client.c_str(), R_OK) == 0) return {{node, client, function.handler}, {}};
  return {{node, "-", function.handler}, kNodeBootstrap};
}

}  // namespace

Result<RuntimeCommand, std::string> runtime_command(const topology::Function& function,
                                                    const Interpreters& interpreters) {
  const std::string& runtime = function.runtime;
  // The handler is named for whoever looks at a list of processes.
  if (runtime.starts_with("python")) {
    const std::string python = or_default(interpreters.python, "python3");
    return RuntimeCommand{{python, "-", function.handler}, kPythonBootstrap};
  }
  if (runtime.starts_with("nodejs")) {
    return node_command(function, or_default(interpreters.node, "node"));
  }
  if (runtime.starts_with("provided")) {
    const std::string bootstrap = function.code + "/bootstrap";
    if (is_program(bootstrap)) return RuntimeCommand{{bootstrap}, {}};
    return Unexpected(concat("Couldn't find valid bootstrap(s): [", bootstrap, "]"));
  }
  return Unexpected(
      concat("runtime ", runtime, " cannot be run here: python*, nodejs* and ", "provided* can"));
}

}  // namespace inlet53::lambda
