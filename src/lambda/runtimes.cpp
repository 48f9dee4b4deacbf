// SPDX-License-Identifier: Apache-2.0
#include "inlet53/lambda/runtimes.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "bootstrap_sources.h"
#include <unistd.h>

#include "inlet53/base/file.h"
#include "inlet53/base/result.h"
#include "inlet53/base/text.h"
#include "inlet53/net/process.h"

namespace inlet53::lambda {

namespace {

constexpr uint64_t kTimeoutMs = 10'000;
constexpr std::string_view kPython = "python";
constexpr std::string_view kNode = "nodejs";

// Returns the version in `Python 3.11.2` or `v20.11.0`.
std::string version_in(std::string_view output) {
  const size_t begin = output.find_first_of("0123456789");
  if (begin == std::string_view::npos) return {};
  output.remove_prefix(begin);
  return std::string(output.substr(0, output.find_first_not_of("0123456789.")));
}

// Returns the version in the name of a runtime: 3.12 of python3.12, 20 of nodejs20.x; empty: none.
std::string_view wanted_version(std::string_view runtime, std::string_view language) {
  if (!runtime.starts_with(language)) return {};
  runtime.remove_prefix(language.size());
  if (runtime.ends_with(".x")) runtime.remove_suffix(2);
  return runtime;
}

bool is_version(std::string_view version, std::string_view wanted) {
  return version == wanted || version.starts_with(concat(wanted, '.'));
}

// Interpreter of some functions.
struct Interpreter {
  std::string_view language;  // start of the names of its runtimes
  Result<std::string, std::string> version;
};

bool runs(std::string_view language, const std::vector<topology::Function>& functions) {
  for (const topology::Function& function : functions) {
    if (function.runtime.starts_with(language)) return true;
  }
  return false;
}

Interpreter find_version(std::string_view language, const std::string& program,
                         const std::vector<topology::Function>& functions) {
  if (!runs(language, functions)) return {language, std::string{}};
  const auto output = net::program_output({program, "--version"}, kTimeoutMs);
  if (!output) return {language, Unexpected(output.error())};
  return {language, version_in(*output)};
}

std::string or_default(const std::string& interpreter, const char* name) {
  return interpreter.empty() ? name : interpreter;
}

RuntimeCommand node_command(const topology::Function& function, const std::string& node) {
  const std::string client = function.code + "/node_modules/aws-lambda-ric/bin/index.mjs";
  if (access(client.c_str(), R_OK) == 0) return {{node, client, function.handler}, {}};
  return {{node, "-", function.handler}, kNodeBootstrap};
}

namespace fs = std::filesystem;

// Returns true when a path is a file, or a link to one. An error (no permission, for instance) does
// not prove that the file is missing.
bool may_be_file(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  return type != fs::file_type::directory && type != fs::file_type::not_found;
}

bool may_be_directory(const fs::path& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  return type == fs::file_type::directory || type == fs::file_type::none;
}

// Returns true when a module exists: a file, compiled or not (app.py,
// app.cpython-311-x86_64-linux-gnu.so), or a package, which is a directory.
bool has_module(const fs::path& base) {
  const std::string stem = base.filename().string();
  std::error_code error;
  for (fs::directory_iterator entry(base.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name == stem && may_be_directory(entry->path())) return true;
    if (name.starts_with(stem + ".") && may_be_file(entry->path())) return true;
  }
  return error && error != std::errc::no_such_file_or_directory;
}

std::string missing(const topology::Function& function, std::string_view file) {
  return concat("the file of the handler ", function.handler, " is missing: ", file);
}

// Checks `module.function`, with dots or slashes between the module's directories.
std::string missing_module(const topology::Function& function) {
  const auto& environment = function.environment;
  const bool looks_elsewhere =
      std::any_of(environment.begin(), environment.end(),
                  [](const topology::NamedText& one) { return one.name == "PYTHONPATH"; });
  if (looks_elsewhere) return {};
  std::string module = function.handler.substr(0, function.handler.rfind('.'));
  std::replace(module.begin(), module.end(), '.', '/');
  const fs::path base = fs::path(function.code) / module;
  return has_module(base) ? "" : missing(function, concat(base.string(), ".py"));
}

// Checks `file.export`, with directories before the file.
std::string missing_script(const topology::Function& function) {
  const fs::path code(function.code);
  const fs::path client = code / "node_modules/aws-lambda-ric";
  if (may_be_directory(client)) return {};  // it supports further file extensions
  const fs::path handler(function.handler);
  const std::string name = handler.filename().string();
  const std::string base = (code / handler.parent_path() / name.substr(0, name.find('.'))).string();
  for (const char* ending : {".js", ".mjs", ".cjs"}) {
    if (may_be_file(base + ending)) return {};
  }
  return missing(function, concat(base, ".js"));
}

// Default PATH with Lambda's programs, for a daemon that was started without a PATH.
constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin:/opt/bin";

std::string name_of(std::string_view variable) {
  return std::string(variable.substr(0, variable.find('=') + 1));
}

}  // namespace

std::string other_interpreter(std::string_view runtime, const InterpreterVersions& versions) {
  const bool is_python = runtime.starts_with(kPython);
  const std::string& version = is_python ? versions.python : versions.node;
  const std::string_view wanted = wanted_version(runtime, is_python ? kPython : kNode);
  if (wanted.empty() || version.empty() || is_version(version, wanted)) return {};
  return concat(is_python ? "Python " : "Node.js ", version);
}

Interpretation find_interpreters(const std::vector<topology::Function>& functions,
                                 const settings::Lambda& settings) {
  const Interpreter python = find_version(kPython, settings.python, functions);
  const Interpreter node = find_version(kNode, settings.node, functions);
  Interpretation found{{python.version.value_or(""), node.version.value_or("")}, {}, {}};
  for (const topology::Function& function : functions) {
    const std::string runtime = concat("runtime ", function.runtime);
    for (const Interpreter* interpreter : {&python, &node}) {
      if (interpreter->version || !function.runtime.starts_with(interpreter->language)) continue;
      found.missing.push_back({function.name, concat(runtime, " cannot run: the interpreter ",
                                                     interpreter->version.error())});
    }
    const std::string other = other_interpreter(function.runtime, found.versions);
    if (!other.empty()) {
      found.different.push_back({function.name, concat(runtime, " runs on ", other)});
    }
  }
  return found;
}

std::string missing_code(const topology::Function& function) {
  if (function.runtime.starts_with("python")) return missing_module(function);
  if (function.runtime.starts_with("nodejs")) return missing_script(function);
  const auto command = runtime_command(function, {});
  return command ? "" : command.error();
}

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
