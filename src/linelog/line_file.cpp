// SPDX-License-Identifier: Apache-2.0
#include "line_file.h"

#include <cerrno>
#include <climits>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/file.h"

namespace inlet53::linelog {

namespace {

// Regular files get large pieces; a larger piece would delay the other logs.
constexpr size_t kMostBytes = size_t{1} << 20;

bool can_be_written(int descriptor) noexcept {
  pollfd one{descriptor, POLLOUT, 0};
  return poll(&one, 1, 0) == 1;  // includes an error, which write(2) returns
}

// Pipes accept this many bytes without blocking when poll(2) says that they are writable. The piece
// ends with a whole line if possible, so that lines of other writers do not split a line.
std::string_view piece_for_pipe(std::string_view lines) noexcept {
  if (lines.size() <= PIPE_BUF) return lines;
  const std::string_view piece = lines.substr(0, PIPE_BUF);
  const size_t end = piece.rfind('\n');
  return end == std::string_view::npos ? piece : piece.substr(0, end + 1);
}

// Opens the path, because the log's descriptor is write-only.
bool ends_within_line(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return false;
  struct stat status {};
  char last = '\n';
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    [[maybe_unused]] const ssize_t got = pread(descriptor, &last, 1, status.st_size - 1);
  }
  ::close(descriptor);
  return last != '\n';
}

}  // namespace

Result<LineFile, std::string> LineFile::open(const std::string& path) {
  if (auto made = make_folders_of(path); !made) return Unexpected(made.error());
  const auto opened = open_own_file(path, O_WRONLY | O_APPEND | O_NONBLOCK, 0640);
  if (!opened) return Unexpected(opened.error());
  LineFile file(*opened);
  file.ends_within_line_ = file.is_regular_ && ends_within_line(path);
  return file;
}

LineFile LineFile::duplicate(int descriptor) {
  return LineFile(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
}

LineFile::LineFile(int descriptor) : descriptor_(descriptor) {
  struct stat status {};
  is_regular_ = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

LineFile& LineFile::operator=(LineFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(is_regular_, other.is_regular_);
  std::swap(ends_within_line_, other.ends_within_line_);
  return *this;
}

LineFile::~LineFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

WriteStep LineFile::write(std::string_view lines, const LineLogs::Write& write) {
  if (!is_open()) return {.error = EBADF};
  if (!is_regular_ && !can_be_written(descriptor_)) return {.is_busy = true};
  std::string_view piece = is_regular_ ? lines.substr(0, kMostBytes) : piece_for_pipe(lines);
  if (ends_within_line_) piece = "\n";
  const ssize_t count =
      write ? write(descriptor_, piece) : ::write(descriptor_, piece.data(), piece.size());
  if (count > 0 && std::exchange(ends_within_line_, false)) return {};
  if (count >= 0) return {.bytes = static_cast<size_t>(count)};
  if (errno == EINTR) return {};
  if (errno == EAGAIN) return {.is_busy = true};
  return {.error = errno};
}

bool LineFile::is_same(const LineFile& other) const noexcept {
  const auto identity = file_identity(descriptor_);
  return identity && identity == file_identity(other.descriptor_);
}

bool LineFile::is_deleted() const noexcept {
  struct stat status {};
  return is_regular_ && fstat(descriptor_, &status) == 0 && status.st_nlink == 0;
}

}  // namespace inlet53::linelog
