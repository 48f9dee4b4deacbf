// SPDX-License-Identifier: Apache-2.0
#include "inlet53/logs/log_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/file.h"
#include "inlet53/base/text.h"

namespace inlet53::logs {

namespace {

constexpr size_t kBlock = size_t{256} << 10;

// Searches the first of the last `left` wanted lines in a text that grows at its front.
struct LastLines {
  size_t left;
  const std::function<bool(std::string_view)>& wanted;

  // Returns the start of that line. Removes all complete lines from `text` if there is none.
  std::optional<size_t> find(std::string& text) {
    size_t newline = text.rfind('\n');
    if (newline == std::string::npos) return std::nullopt;
    if (left == 0) return newline + 1;
    while (newline > 0) {
      const size_t before = text.rfind('\n', newline - 1);
      if (before == std::string::npos) break;
      const std::string_view line(text.data() + before + 1, newline - before - 1);
      if (wanted(line) && --left == 0) return before + 1;
      newline = before;
    }
    text.resize(newline + 1);
    return std::nullopt;
  }
};

}  // namespace

LogReader::LogReader(std::string path) : path_(std::move(path)) {}

LogReader::~LogReader() { close(); }

void LogReader::close() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string LogReader::complaint(const char* what) const {
  return concat(path_, ": can't be ", what, ": ", std::strerror(errno));
}

void LogReader::start_at(uint64_t offset) noexcept {
  buffer_.clear();
  begin_ = scanned_ = 0;
  end_offset_ = offset;
}

Result<bool, std::string> LogReader::open() {
  // O_NONBLOCK: a pipe with this name must not block the reader until a writer opens it.
  const int fd = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && errno == ENOENT) return false;
  if (fd < 0) return Unexpected(complaint("opened"));
  close();
  fd_ = fd;
  start_at(0);
  counted_to_ = counted_lines_ = 0;
  struct stat status {};
  if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close();
    return Unexpected(concat(path_, ": is no regular file"));
  }
  return true;
}

Result<size_t, std::string> LogReader::read_at(uint64_t offset, char* out, size_t size) const {
  for (;;) {
    const ssize_t got = pread(fd_, out, size, static_cast<off_t>(offset));
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return Unexpected(complaint("read"));
  }
}

// Appends more of the file to the buffer. Returns false at its end.
Result<bool, std::string> LogReader::fill() {
  struct stat status {};
  if (fstat(fd_, &status) == 0 && static_cast<uint64_t>(status.st_size) < end_offset_) start_at(0);

  buffer_.erase(0, begin_);
  scanned_ -= std::exchange(begin_, 0);
  const size_t held = buffer_.size();
  buffer_.resize(held + kBlock);
  const auto got = read_at(end_offset_, buffer_.data() + held, kBlock);
  buffer_.resize(held + got.value_or(0));
  if (!got) return Unexpected(got.error());
  end_offset_ += *got;
  return *got > 0;
}

std::optional<LogLine> LogReader::next_buffered_line() noexcept {
  const size_t newline = buffer_.find('\n', scanned_);
  const bool whole = newline != std::string::npos;
  if (!whole) scanned_ = buffer_.size();
  if (!whole && buffer_.size() - begin_ < kMaxLine) return std::nullopt;
  const size_t end = whole ? newline : buffer_.size();
  const LogLine line{std::string_view(buffer_).substr(begin_, end - begin_),
                     end_offset_ - (buffer_.size() - begin_)};
  begin_ = scanned_ = whole ? newline + 1 : end;
  return line;
}

// Returns true when the path names another file.
bool LogReader::replaced() const {
  const auto read = file_identity(fd_);
  const auto named = file_identity(path_);
  return read && named && read != named;
}

Result<std::optional<LogLine>, std::string> LogReader::next() {
  for (;;) {
    if (auto line = next_buffered_line()) return line;
    if (fd_ >= 0) {
      auto more = fill();
      if (more && !*more) {
        if (!replaced()) return std::nullopt;
        // Reads data that was written after the last read and before the rename.
        more = fill();
      }
      if (!more) return Unexpected(more.error());
      if (*more) continue;
    }
    const auto opened = open();
    if (!opened) return Unexpected(opened.error());
    if (!*opened) return std::nullopt;
  }
}

Result<void, std::string> LogReader::seek_last(
    size_t count, const std::function<bool(std::string_view)>& wanted) {
  struct stat status {};
  if (fstat(fd_, &status) != 0) return Unexpected(complaint("read"));
  auto offset = static_cast<uint64_t>(status.st_size);
  LastLines last{count, wanted};
  std::string text;  // content of the file from `offset` that is not searched yet
  while (offset > 0 && text.size() <= kMaxLine) {
    std::string block(std::min<uint64_t>(kBlock, offset), '\0');
    const auto got = read_at(offset - block.size(), block.data(), block.size());
    if (!got) return Unexpected(got.error());
    // The file was truncated meanwhile; `next` detects this and starts again.
    if (*got < block.size()) break;
    offset -= block.size();
    text.insert(0, block);
    if (const auto start = last.find(text)) {
      start_at(offset + *start);
      return {};
    }
  }
  start_at(offset == 0 ? 0 : offset + text.size());
  return {};
}

uint64_t LogReader::line_number(uint64_t offset) {
  if (offset < counted_to_) counted_to_ = counted_lines_ = 0;
  std::string block(kBlock, '\0');
  while (counted_to_ < offset) {
    const auto got =
        read_at(counted_to_, block.data(), std::min<uint64_t>(kBlock, offset - counted_to_));
    if (!got || *got == 0) break;
    const auto end = block.begin() + static_cast<ptrdiff_t>(*got);
    counted_lines_ += static_cast<uint64_t>(std::count(block.begin(), end, '\n'));
    counted_to_ += *got;
  }
  return counted_lines_ + 1;
}

}  // namespace inlet53::logs
