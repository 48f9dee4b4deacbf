#include "inlet53/config/config.h"

#include "read_config.h"
#include "text_file.h"

#include "inlet53/base/text.h"

namespace inlet53::config {

namespace {

/// Above any file that somebody writes: a million hosted names are in zone files, not here.
constexpr size_t kMaxConfigSize = 64U << 20;

}  // namespace

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
