#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"
#include "inlet53/net/socket.h"

namespace inlet53::gateway {

/// A log file of lines, written in large pieces: a line waits in memory until 64 KiB are together
/// or somebody calls `flush`. A file that cannot be written loses lines, counts them, and says so
/// once until it can be written again. Threads: one at a time.
class LineFile {
 public:
  /// Opens `path` for appending, with the folders above it. Errors: for people, with the path.
  [[nodiscard]] static Result<std::unique_ptr<LineFile>, std::string> open(std::string path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// Adds a line; the line end is ours.
  void append(std::string_view line);
  /// Writes out what waits. Returns false when it could not.
  bool flush();
  /// Opens the path again, for whoever renamed the file. Keeps the old file when it can't be had.
  void reopen();

  [[nodiscard]] bool pending() const noexcept { return !waiting_.empty(); }
  [[nodiscard]] uint64_t lost() const noexcept { return lost_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  LineFile(std::string path, net::Descriptor file);

  std::string path_;
  net::Descriptor file_;
  std::string waiting_;
  uint64_t lines_ = 0;  // that wait
  uint64_t lost_ = 0;
  bool failing_ = false;
};

}  // namespace inlet53::gateway
