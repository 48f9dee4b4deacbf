// SPDX-License-Identifier: Apache-2.0
#include "log_file.h"

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
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/clock.h"
#include "inlet53/base/file.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/querylog/query_log.h"

namespace inlet53::querylog {

namespace {

// Below this size the page cache is cheaper than a direct write.
constexpr size_t kLeastDirectWrite = size_t{64} << 10;

template <class Call>
auto again_if_interrupted(Call call) noexcept {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// Reads exactly `size` bytes. Returns false and sets errno on failure.
bool read_at(int descriptor, char* octets, size_t size, uint64_t offset) noexcept {
  while (size > 0) {
    const ssize_t got = again_if_interrupted(
        [&] { return pread(descriptor, octets, size, static_cast<off_t>(offset)); });
    if (got == 0) errno = EIO;
    if (got <= 0) return false;
    octets += got;
    offset += static_cast<uint64_t>(got);
    size -= static_cast<size_t>(got);
  }
  return true;
}

// Returns the end of the last complete line. The search ends after the maximum size of a record: a
// file without a line end there is no query log and must not be truncated.
Result<uint64_t, std::string> end_of_last_line(int descriptor, uint64_t size) {
  constexpr size_t kPiece = size_t{64} << 10;
  std::string piece;
  uint64_t from = size;
  while (from > 0 && size - from < kBufferSize) {
    piece.resize(std::min<uint64_t>(from, kPiece));
    from -= piece.size();
    if (!read_at(descriptor, piece.data(), piece.size(), from))
      return Unexpected(errno_text(errno));
    const size_t at = piece.rfind('\n');
    if (at != std::string::npos) return from + at + 1;
  }
  if (from == 0) return uint64_t{0};
  return Unexpected(std::string("it is no query log: no line end in its last MiB"));
}

constexpr std::string_view kStampShape =
    "dddddddd"
    "T"
    "dddddd"
    "Z";

// Suffix of a rotated file after the log's name and a dot. Ordered by age.
struct RotatedName {
  std::string stamp;
  uint32_t number = 1;

  [[nodiscard]] std::string text() const {
    return number == 1 ? stamp : concat(stamp, '-', number);
  }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the 0 of the default for a pointer
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

// Formats 2026-11-22T10:52:52Z without the separators.
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
  // File systems without that flag (NFS): no other process creates such names, so check, then
  // rename.
  if (access(to.c_str(), F_OK) == 0) return EEXIST;
  return rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

Result<LogFile, std::string> LogFile::open(const std::string& path) {
  if (auto made = make_folders_of(path); !made) return Unexpected(made.error());
  const auto opened = open_own_file(path, O_RDWR | O_NONBLOCK, 0640);
  if (!opened) return Unexpected(opened.error());
  const int descriptor = *opened;
  LogFile file(descriptor);

  if (flock(descriptor, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK) {
    return Unexpected(std::string("another process writes it"));
  }
  struct stat status {};
  if (fstat(descriptor, &status) == -1) return Unexpected(errno_text(errno));
  if (!S_ISREG(status.st_mode)) return Unexpected(std::string("it is not a regular file"));

  const auto size = static_cast<uint64_t>(status.st_size);
  const auto whole = end_of_last_line(descriptor, size);
  if (!whole) return Unexpected(whole.error());
  if (*whole < size) {
    if (ftruncate(descriptor, static_cast<off_t>(*whole)) == -1) {
      return Unexpected(errno_text(errno));
    }
    log_warning(concat("query log ", path, ": cut ", size - *whole,
                       " bytes of an unfinished record at its end"));
  }
  file.opened_size_ = *whole;
  file.opened_modified_ = status.st_mtim.tv_sec;
  return file;
}

LogFile::~LogFile() {
  if (descriptor_ != -1) close(descriptor_);
}

Result<size_t, int> LogFile::write(std::string_view octets, uint64_t offset) noexcept {
  // A direct write starts at the end of the file and at a page boundary. So the page cache has no
  // page of it, and no reader of the file can see a stale page.
  const size_t behind_edge = offset % kDirectAlignment;
  size_t size = octets.size();
  bool direct = false;
  if (can_direct_ && size >= kLeastDirectWrite) {
    direct = behind_edge == 0;
    size = direct ? size - size % kDirectAlignment : kDirectAlignment - behind_edge;
  }
  if (!set_direct(direct)) return 0;

  const ssize_t wrote = again_if_interrupted(
      [&] { return pwrite(descriptor_, octets.data(), size, static_cast<off_t>(offset)); });
  if (wrote >= 0) return static_cast<size_t>(wrote);
  if (direct && errno == EINVAL) {
    can_direct_ = false;
    return 0;
  }
  return Unexpected(errno);
}

// Uses one descriptor for both modes: the path may name another file when a second one is opened.
bool LogFile::set_direct(bool direct) noexcept {
  if (direct == direct_) return true;
  if (fcntl(descriptor_, F_SETFL, direct ? O_DIRECT : 0) == -1 && direct) {
    can_direct_ = false;
    return false;
  }
  direct_ = direct;
  return true;
}

void LogFile::truncate(uint64_t size) noexcept {
  static_cast<void>(
      again_if_interrupted([&] { return ftruncate(descriptor_, static_cast<off_t>(size)); }));
}

bool LogFile::is_at(const std::string& path) const noexcept {
  const auto identity = file_identity(descriptor_);
  return identity && identity == file_identity(path);
}

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
