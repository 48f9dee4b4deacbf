#include "inlet53/gateway/line_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::gateway {

namespace {

constexpr size_t kWriteSize = size_t{64} << 10;

net::Descriptor open_file(const std::string& path) {
  return net::Descriptor(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
}

}  // namespace

Result<std::unique_ptr<LineFile>, std::string> LineFile::open(std::string path) {
  std::error_code ignored;  // opening says why the file can't be had
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  net::Descriptor file = open_file(path);
  if (!file.valid()) {
    return Unexpected(concat(path, ": cannot be opened: ", std::strerror(errno)));
  }
  return std::unique_ptr<LineFile>(new LineFile(std::move(path), std::move(file)));
}

LineFile::LineFile(std::string path, net::Descriptor file)
    : path_(std::move(path)), file_(std::move(file)) {}

LineFile::~LineFile() { flush(); }

void LineFile::append(std::string_view line) {
  waiting_ += line;
  waiting_ += '\n';
  ++lines_;
  if (waiting_.size() >= kWriteSize) flush();
}

bool LineFile::flush() {
  if (waiting_.empty()) return true;
  size_t done = 0;
  while (done < waiting_.size()) {
    const ssize_t count = ::write(file_.get(), waiting_.data() + done, waiting_.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    done += static_cast<size_t>(count);
  }
  const bool written = done == waiting_.size();
  if (!written) {
    // A line that went out in part is ended by the next piece, so that no two run together.
    lost_ += lines_;
    if (!std::exchange(failing_, true)) {
      log_error(concat(path_, ": cannot be written, lines are lost: ", std::strerror(errno)));
    }
    waiting_.clear();
    if (done > 0) waiting_ += '\n';
  } else {
    waiting_.clear();
    if (std::exchange(failing_, false)) log_info(concat(path_, ": is written again"));
  }
  lines_ = 0;
  return written;
}

void LineFile::reopen() {
  flush();
  net::Descriptor file = open_file(path_);
  if (file.valid()) {
    file_ = std::move(file);
  } else {
    log_error(concat(path_, ": cannot be opened again: ", std::strerror(errno)));
  }
}

}  // namespace inlet53::gateway
