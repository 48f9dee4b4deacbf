#include "inlet53/config/config.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "read_config.h"

#include "inlet53/base/text.h"

namespace inlet53::config {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

/// The file's octets, or why there are none.
Result<std::string, std::string> read_file(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (!file) return Unexpected(concat("can't be opened: ", std::strerror(errno)));
  std::string text;
  char chunk[1 << 16];
  for (;;) {
    const size_t size = std::fread(chunk, 1, sizeof chunk, file.get());
    if (std::ferror(file.get()) != 0) {
      return Unexpected(concat("can't be read: ", std::strerror(errno)));
    }
    if (size == 0) return text;
    text.append(chunk, size);
  }
}

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
  const auto text = read_file(path);
  if (!text) return Unexpected(std::vector{ConfigError{path, 0, 0, "", text.error()}});
  return parse_config(*text, path);
}

}  // namespace inlet53::config
