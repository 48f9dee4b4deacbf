#include "read_config.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <tuple>

#include "references.h"
#include "settings_reader.h"
#include "topology_reader.h"

#include "inlet53/topology/validate.h"
#include "inlet53/topology/warnings.h"

namespace inlet53::config {

namespace {

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

/// Where `path` is written: an object's region and account may come from the top of the file.
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
    // A wrong region at the top is every object's problem, and said once.
    if (path.size() == 1 && !inherited.insert(path).second) continue;
    reading.add(find_place(document, path), path, std::move(problem.message));
  }
}

}  // namespace

void read_config(std::string_view text, const std::string& path, Config& config, Reading& reading) {
  config.file = reading.file = path;
  reading.folder = folder_of(path);
  const auto document = parse_document(text, path);
  if (!document) {
    reading.errors.push_back(document.error());
    return;
  }
  read_tables(*document, config, reading);
  // Where a value was lost, what refers to it would look wrong too: that is for the next round.
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

}  // namespace inlet53::config
