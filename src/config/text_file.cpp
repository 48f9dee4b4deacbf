#include "text_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "inlet53/base/text.h"

namespace inlet53::config {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

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
    if (text.size() > most) return Unexpected(concat("has more than ", most, " octets"));
  }
}

}  // namespace inlet53::config
