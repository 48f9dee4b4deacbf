// SPDX-License-Identifier: Apache-2.0
#include "inlet53/config/config.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <tuple>

#include "readers.h"

#include "inlet53/base/text.h"
#include "inlet53/topology/validate.h"

namespace inlet53::config {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

std::filesystem::path folder_of(const std::string& path) {
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? std::filesystem::path(path).parent_path() : absolute.parent_path();
}

void read_tables(const toml::table& document, Config& config, Reading& reading) {
  TableReader root(reading, document);
  read_topology(root, config.topology);
  read_settings(root, config.settings);
  root.finish();
}

/// Returns where `path` is written: an object's region and account may be at the top of the file.
KeyPath written_path(const toml::table& document, const KeyPath& path) {
  const auto* key = std::get_if<std::string>(&path.back());
  const bool inheritable = key != nullptr && (*key == "region" || *key == "account_id");
  if (!inheritable || !document.contains(*key)) return path;
  const KeyPath object(path.begin(), path.end() - 1);
  const toml::table* table = find_table(document, object);
  return table != nullptr && table->contains(*key) ? path : KeyPath{*key};
}

/// Adds each problem at its place to `reading`.
void add_problems(const toml::table& document, std::vector<topology::Problem> problems,
                  Reading& reading) {
  std::set<KeyPath> inherited;
  for (topology::Problem& problem : problems) {
    const KeyPath path = written_path(document, problem.path);
    // A wrong region at the top is a problem of every object, but is reported once.
    if (path.size() == 1 && !inherited.insert(path).second) continue;
    reading.add(find_place(document, path), path, std::move(problem.message));
  }
}

/// Above any file that is written by hand: a million names are in zone files, not here.
constexpr size_t kMaxConfigSize = 64U << 20;

}  // namespace

Result<std::string, std::string> read_regular_file(const std::string& path, size_t most) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!error && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Unexpected(concat("can't be read: ", std::filesystem::is_directory(status)
                                                    ? std::strerror(EISDIR)
                                                    : "it is no regular file"));
  }
  return read_text_file(path, most);
}

Result<std::string, std::string> read_text_file(const std::string& path, size_t most) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return Unexpected(concat("can't be opened: ", std::strerror(errno)));
  std::string text;
  char chunk[1 << 14];
  for (;;) {
    const size_t size = std::fread(chunk, 1, sizeof chunk, file.get());
    if (std::ferror(file.get()) != 0) {
      return Unexpected(concat("can't be read: ", std::strerror(errno)));
    }
    if (size == 0) return text;
    text.append(chunk, size);
    if (text.size() > most) return Unexpected(concat("has more than ", most, " bytes"));
  }
}

void read_config(std::string_view text, const std::string& path, Config& config, Reading& reading) {
  config.file = reading.file = path;
  reading.folder = folder_of(path);
  const auto document = parse_document(text, path);
  if (!document) {
    reading.errors.push_back(document.error());
    return;
  }
  read_tables(*document, config, reading);
  // After a lost value, references to it would look wrong: the next run validates them.
  if (!reading.values_lost) {
    resolve_references(config.topology);
    add_problems(*document, topology::validate(config.topology), reading);
  }
  if (reading.errors.empty()) {
    Reading doubts;
    doubts.file = path;
    add_problems(*document, topology::warnings(config.topology), doubts);
    config.warnings = std::move(doubts.errors);
  }
  std::stable_sort(reading.errors.begin(), reading.errors.end(),
                   [](const ConfigError& a, const ConfigError& b) {
                     return std::tie(a.line, a.column) < std::tie(b.line, b.column);
                   });
}

std::string ConfigError::to_text() const {
  std::string out = file;
  if (line != 0) out += concat(':', line, ':', column);
  out += ": ";
  if (!key.empty()) out += concat(key, ": ");
  return out + message;
}

Result<Config, std::vector<ConfigError>> parse_config(std::string_view toml,
                                                      const std::string& path) {
  Config config;
  Reading reading;
  read_config(toml, path, config, reading);
  if (!reading.errors.empty()) return Unexpected(std::move(reading.errors));
  return config;
}

Result<Config, std::vector<ConfigError>> load_config(const std::string& path) {
  const auto text = read_text_file(path, kMaxConfigSize);
  if (!text) return Unexpected(std::vector{ConfigError{path, 0, 0, "", text.error()}});
  return parse_config(*text, path);
}

}  // namespace inlet53::config
