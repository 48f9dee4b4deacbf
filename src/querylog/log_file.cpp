#include "log_file.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/own_file.h"
#include "inlet53/base/text.h"
#include "inlet53/querylog/query_log.h"

namespace inlet53::querylog {

namespace {

// Below this the page cache is cheaper than a trip to the disk.
constexpr size_t kLeastDirectWrite = size_t{64} << 10;

std::string reason(int error) { return std::generic_category().message(error); }

template <class Call>
auto again_if_interrupted(Call call) noexcept {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

// Reads exactly `size` octets. Absent (errno says why) when the file can't give them.
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

// Where the last whole line of the file ends. The search ends after the longest record that we
// write: a file without a line end in there is none of ours, and must not be cut.
Result<uint64_t, std::string> end_of_last_line(int descriptor, uint64_t size) {
  constexpr size_t kPiece = size_t{64} << 10;
  std::string piece;
  uint64_t from = size;
  while (from > 0 && size - from < kBufferSize) {
    piece.resize(std::min<uint64_t>(from, kPiece));
    from -= piece.size();
    if (!read_at(descriptor, piece.data(), piece.size(), from)) return Unexpected(reason(errno));
    const size_t at = piece.rfind('\n');
    if (at != std::string::npos) return from + at + 1;
  }
  if (from == 0) return uint64_t{0};
  return Unexpected(std::string("it is no query log: no line end in its last MiB"));
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
  if (fstat(descriptor, &status) == -1) return Unexpected(reason(errno));
  if (!S_ISREG(status.st_mode)) return Unexpected(std::string("it is not a regular file"));

  const auto size = static_cast<uint64_t>(status.st_size);
  const auto whole = end_of_last_line(descriptor, size);
  if (!whole) return Unexpected(whole.error());
  if (*whole < size) {
    if (ftruncate(descriptor, static_cast<off_t>(*whole)) == -1) {
      return Unexpected(reason(errno));
    }
    log_warning(concat("query log ", path, ": cut ", size - *whole,
                       " octets of an unfinished record at its end"));
  }
  file.opened_size_ = *whole;
  file.opened_modified_ = status.st_mtim.tv_sec;
  return file;
}

LogFile::~LogFile() {
  if (descriptor_ != -1) close(descriptor_);
}

Result<size_t, int> LogFile::write(std::string_view octets, uint64_t offset) noexcept {
  // A direct write starts where the file ends and a page begins. So no page of it is in the page
  // cache, and nobody who reads the file meanwhile can see a stale one.
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

// One descriptor for both ways: a second one could be of another file by the time it is opened.
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
  struct stat named {};
  struct stat ours {};
  return stat(path.c_str(), &named) == 0 && fstat(descriptor_, &ours) == 0 &&
         named.st_dev == ours.st_dev && named.st_ino == ours.st_ino;
}

}  // namespace inlet53::querylog
