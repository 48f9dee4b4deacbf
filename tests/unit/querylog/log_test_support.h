// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "inlet53/querylog/query_log.h"
#include "inlet53/settings/dns_daemon.h"

namespace inlet53::querylog::test {

/// Temporary directory, removed at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string shape = (std::filesystem::temp_directory_path() / "inlet53-log-XXXXXX").string();
    if (mkdtemp(shape.data()) == nullptr) std::abort();
    path_ = shape;
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  [[nodiscard]] std::string file(std::string_view name = "query.log") const {
    return (path_ / name).string();
  }

  /// Names of the files in it, sorted.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::filesystem::path path_;
};

/// Makes writes beyond `octets` bytes fail, as on a full disk; removes the limit at the end.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t octets) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    set(octets);
  }
  ~FileSizeLimit() { lift(); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

  void set(rlim_t octets) const {
    const rlimit limit{octets, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  void lift() const { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void write_file(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Waits until `condition` holds. False when it doesn't within a minute.
inline bool wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Record `number` of `worker`: a line of 20 to 900 bytes, depending on the number.
inline std::string record(size_t worker, uint64_t number) {
  std::string text = "w" + std::to_string(worker) + " " + std::to_string(number) + " ";
  const size_t size = 20 + static_cast<size_t>((number * 7919 + worker * 31) % 880);
  if (text.size() + 1 < size)
    text.append(size - text.size() - 1, static_cast<char>('a' + number % 26));
  return text + "\n";
}

/// Appends `text` as one record. False when it was dropped.
inline bool append(LogAppender& appender, std::string_view text) {
  char* room = appender.reserve(text.size());
  if (room == nullptr) return false;
  std::memcpy(room, text.data(), text.size());
  appender.commit(text.size());
  return true;
}

inline settings::QueryLog log_settings(const std::string& file) {
  settings::QueryLog settings;
  settings.file = file;
  settings.buffers_per_worker = 2;
  settings.rotate_octets = 0;
  settings.rotate_seconds = 0;
  return settings;
}

inline std::unique_ptr<QueryLog> open_log(const settings::QueryLog& settings, size_t workers = 1) {
  auto log = QueryLog::open(settings, workers);
  EXPECT_TRUE(log) << log.error();
  return log ? std::move(*log) : nullptr;
}

}  // namespace inlet53::querylog::test
