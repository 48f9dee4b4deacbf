#include "inlet53/lambda/interpreter_versions.h"

#include "inlet53/base/result.h"
#include "inlet53/base/text.h"
#include "inlet53/net/program_output.h"

namespace inlet53::lambda {

namespace {

constexpr uint64_t kTimeoutMs = 10'000;
constexpr std::string_view kPython = "python";
constexpr std::string_view kNode = "nodejs";

// The version in `Python 3.11.2` or `v20.11.0`.
std::string version_in(std::string_view output) {
  const size_t begin = output.find_first_of("0123456789");
  if (begin == std::string_view::npos) return {};
  output.remove_prefix(begin);
  return std::string(output.substr(0, output.find_first_not_of("0123456789.")));
}

// The version that a runtime names: 3.12 of python3.12, 20 of nodejs20.x; empty: none.
std::string_view wanted_version(std::string_view runtime, std::string_view language) {
  if (!runtime.starts_with(language)) return {};
  runtime.remove_prefix(language.size());
  if (runtime.ends_with(".x")) runtime.remove_suffix(2);
  return runtime;
}

bool is_version(std::string_view version, std::string_view wanted) {
  return version == wanted || version.starts_with(concat(wanted, '.'));
}

// An interpreter of some functions.
struct Interpreter {
  std::string_view language;  // how the names of its runtimes begin
  Result<std::string, std::string> version;
};

bool runs(std::string_view language, const std::vector<topology::Function>& functions) {
  for (const topology::Function& function : functions) {
    if (function.runtime.starts_with(language)) return true;
  }
  return false;
}

Interpreter ask(std::string_view language, const std::string& program,
                const std::vector<topology::Function>& functions) {
  if (!runs(language, functions)) return {language, std::string{}};
  const auto output = net::program_output({program, "--version"}, kTimeoutMs);
  if (!output) return {language, Unexpected(output.error())};
  return {language, version_in(*output)};
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
  const Interpreter python = ask(kPython, settings.python, functions);
  const Interpreter node = ask(kNode, settings.node, functions);
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

}  // namespace inlet53::lambda
