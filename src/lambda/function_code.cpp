#include "inlet53/lambda/function_code.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "runtime_command.h"

#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

namespace fs = std::filesystem;

// Whether a path is a file, or a link to one. An error (no permission, for instance) does not prove
// that the file is missing.
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

// A module is a file, compiled or not (app.py, app.cpython-311-x86_64-linux-gnu.so), or a package,
// which is a directory.
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

// `module.function`, the module's folders with dots or slashes.
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

// `file.export`, with folders before the file.
std::string missing_script(const topology::Function& function) {
  const fs::path code(function.code);
  const fs::path client = code / "node_modules/aws-lambda-ric";
  if (may_be_directory(client)) return {};  // it knows more endings
  const fs::path handler(function.handler);
  const std::string name = handler.filename().string();
  const std::string base = (code / handler.parent_path() / name.substr(0, name.find('.'))).string();
  for (const char* ending : {".js", ".mjs", ".cjs"}) {
    if (may_be_file(base + ending)) return {};
  }
  return missing(function, concat(base, ".js"));
}

}  // namespace

std::string missing_code(const topology::Function& function) {
  if (function.runtime.starts_with("python")) return missing_module(function);
  if (function.runtime.starts_with("nodejs")) return missing_script(function);
  const auto command = runtime_command(function, {});
  return command ? "" : command.error();
}

}  // namespace inlet53::lambda
