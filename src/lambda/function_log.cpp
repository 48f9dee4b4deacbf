#include "function_log.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

constexpr size_t kMaxWaiting = size_t{64} << 10;
constexpr uint64_t kFlushDelayMs = 100;

}  // namespace

FunctionLog::FunctionLog(net::Loop& loop, const std::string& folder, const std::string& function)
    : path_(folder.empty() ? "" : concat(folder, "/", function, ".log")),
      prefix_(concat(function, "/")),
      flush_soon_(loop, [this] { flush(); }) {
  reopen();
}

FunctionLog::~FunctionLog() { flush(); }

void FunctionLog::append(std::string_view stream, std::string_view text) {
  append_time();
  if (!file_.valid()) waiting_ += prefix_;
  waiting_ += stream;
  waiting_ += '\t';
  waiting_ += text;
  waiting_ += '\n';
  if (waiting_.size() >= kMaxWaiting) {
    flush();
  } else if (!flush_soon_.active()) {
    flush_soon_.start(kFlushDelayMs);
  }
}

void FunctionLog::append_time() {
  const int64_t now = wall_milliseconds();
  second_.set(now / 1000);
  const auto milliseconds = static_cast<int>(now % 1000);
  waiting_ += second_.text().substr(0, UtcSecond::kSize - 1);
  waiting_ += '.';
  for (const int place : {100, 10, 1}) {
    waiting_ += static_cast<char>('0' + milliseconds / place % 10);
  }
  waiting_ += "Z\t";
}

void FunctionLog::flush() {
  flush_soon_.stop();
  write(waiting_);
  waiting_.clear();
}

void FunctionLog::write(std::string_view text) {
  const int descriptor = file_.valid() ? file_.get() : STDERR_FILENO;
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EINTR) {
      if (!failed_ && file_.valid()) {
        log_error(concat(path_, ": ", std::generic_category().message(errno),
                         "; lines of this log are lost"));
      }
      failed_ = true;
      return;
    }
  }
  failed_ = false;
}

void FunctionLog::reopen() {
  if (path_.empty()) return;
  flush();
  std::error_code ignored;  // opening says why the file can't be had
  std::filesystem::create_directories(std::filesystem::path(path_).parent_path(), ignored);
  constexpr mode_t kOwnerWritesGroupReads = 0640;
  file_ = net::Descriptor(
      open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerWritesGroupReads));
  if (file_.valid()) return;
  log_error(concat(path_, ": ", std::generic_category().message(errno),
                   "; the function's log goes to stderr"));
}

}  // namespace inlet53::lambda
