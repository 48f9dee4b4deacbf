// SPDX-License-Identifier: Apache-2.0
#include "runtime_command.h"

#include <algorithm>
#include <cstdlib>

#include "bootstrap_sources.h"
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

std::string or_default(const std::string& interpreter, const char* name) {
  return interpreter.empty() ? name : interpreter;
}

// Directories have the x bit too, but are not programs.
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
  // The arguments contain the handler, for lists of processes.
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

namespace {

// Default PATH with Lambda's programs, for a daemon that was started without a PATH.
constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin:/opt/bin";

std::string name_of(std::string_view variable) {
  return std::string(variable.substr(0, variable.find('=') + 1));
}

}  // namespace

std::vector<std::string> environment_variables(const topology::Function& function,
                                               const EnvironmentIdentity& identity) {
  const char* const path = std::getenv("PATH");
  const std::string code = function.code;
  std::vector<std::string> all{
      concat("_HANDLER=", function.handler),
      concat("AWS_REGION=", identity.region),
      concat("AWS_DEFAULT_REGION=", identity.region),
      concat("AWS_EXECUTION_ENV=AWS_Lambda_", function.runtime),
      concat("AWS_LAMBDA_FUNCTION_NAME=", function.name),
      "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
      concat("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=", function.memory_size),
      "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
      concat("AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/", function.name),
      concat("AWS_LAMBDA_LOG_STREAM_NAME=", identity.log_stream),
      concat("AWS_LAMBDA_RUNTIME_API=", identity.runtime_api),
      concat("LAMBDA_TASK_ROOT=", code),
      "LAMBDA_RUNTIME_DIR=/var/runtime",
      "AWS_XRAY_CONTEXT_MISSING=LOG_ERROR",
  };
  const size_t reserved = all.size();
  // The rest are defaults, as at AWS.
  all.insert(all.end(), {
                            "LANG=en_US.UTF-8",
                            "TZ=:UTC",
                            // A function's separate user has no entry in the system's list of
                            // users.
                            "HOME=/tmp",
                            "USER=sbx_user1051",
                            "LOGNAME=sbx_user1051",
                            concat("PATH=", path == nullptr ? kDefaultPath : path),
                            concat("LD_LIBRARY_PATH=", code, ":", code, "/lib"),
                        });
  for (const topology::NamedText& variable : function.environment) {
    const std::string name = concat(variable.name, "=");
    const auto same = [&name](const std::string& other) { return name_of(other) == name; };
    const auto found = std::find_if(all.begin(), all.end(), same);
    if (found == all.end()) {
      all.push_back(name + variable.value);
    } else if (found - all.begin() >= static_cast<ptrdiff_t>(reserved)) {
      *found = name + variable.value;
    }
  }
  return all;
}

}  // namespace inlet53::lambda
