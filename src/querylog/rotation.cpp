#include "rotation.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <compare>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "inlet53/base/clock.h"
#include "inlet53/base/text.h"

namespace inlet53::querylog {

namespace {

constexpr std::string_view kStampShape =
    "dddddddd"
    "T"
    "dddddd"
    "Z";

// What follows the log's own name and a dot. Ordered by age.
struct RotatedName {
  std::string stamp;
  uint32_t number = 1;

  [[nodiscard]] std::string text() const {
    return number == 1 ? stamp : concat(stamp, '-', number);
  }
  friend auto operator<=>(const RotatedName&, const RotatedName&) = default;
};

bool has_stamp_shape(std::string_view text) {
  return std::equal(
      text.begin(), text.end(), kStampShape.begin(), kStampShape.end(),
      [](char c, char shape) { return shape == 'd' ? c >= '0' && c <= '9' : c == shape; });
}

std::optional<RotatedName> parse_rotated_name(std::string_view text) {
  if (!has_stamp_shape(text.substr(0, kStampShape.size()))) return std::nullopt;
  RotatedName name{std::string(text.substr(0, kStampShape.size()))};
  text.remove_prefix(kStampShape.size());
  if (text.empty()) return name;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, name.number);
  if (text.front() != '-' || error != std::errc() || stop != end) return std::nullopt;
  return name;
}

// Oldest first.
std::vector<RotatedName> rotated_names(const std::filesystem::path& path) {
  std::vector<RotatedName> names;
  const std::string prefix = path.filename().string() + '.';
  std::error_code ignored;
  std::filesystem::directory_iterator entry(path.parent_path(), ignored);
  for (; entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
    const std::string file = entry->path().filename().string();
    if (!file.starts_with(prefix)) continue;
    if (auto name = parse_rotated_name(std::string_view(file).substr(prefix.size()))) {
      names.push_back(std::move(*name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

// 2026-11-22T10:52:52Z without what a file name can do without.
std::string stamp_of(int64_t wall_seconds) {
  UtcSecond second;
  second.set(wall_seconds);
  std::string stamp(second.text());
  std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
  return stamp;
}

// Renames unless `to` exists. Returns 0 or errno.
int rename_to_free_name(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system without that flag (NFS): no other process makes such names, so look, then rename.
  if (access(to.c_str(), F_OK) == 0) return EEXIST;
  return rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Result<std::string, int> move_aside(const std::string& path, int64_t wall_seconds) {
  RotatedName name{stamp_of(wall_seconds)};
  const auto names = rotated_names(path);
  if (!names.empty() && names.back() >= name) name = {names.back().stamp, names.back().number + 1};
  for (;; ++name.number) {
    std::string to = concat(path, '.', name.text());
    const int error = rename_to_free_name(path, to);
    if (error == 0) return to;
    if (error != EEXIST) return Unexpected(error);
  }
}

void remove_oldest(const std::string& path, size_t keep) {
  const auto names = rotated_names(path);
  for (size_t i = 0; i + keep < names.size(); ++i) {
    unlink(concat(path, '.', names[i].text()).c_str());
  }
}

}  // namespace inlet53::querylog
