// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/text.h"

namespace inlet53 {

namespace {

bool is_trusted(uid_t owner) { return owner == geteuid() || owner == 0; }

std::string reason(int error) { return std::generic_category().message(error); }

int open_without_interruption(const std::string& path, int flags, mode_t mode) {
  int descriptor = -1;
  do {
    descriptor = open(path.c_str(), flags, mode);
  } while (descriptor == -1 && errno == EINTR);
  return descriptor;
}

FileIdentity identity_in(const struct stat& status) noexcept {
  return {status.st_dev, status.st_ino};
}

// Returns the reason why another user could redirect or read the writes; empty: no other user can.
std::string objection(const struct stat& status, std::string_view what) {
  if (is_trusted(status.st_uid)) return {};
  return concat(what, " belongs to user ", status.st_uid, ", and this is user ", geteuid(),
                "; remove it, and use a directory that other users may not write to");
}

}  // namespace

Result<int, std::string> open_own_file(const std::string& path, int flags, mode_t mode) {
  const int always = flags | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  int descriptor = open_without_interruption(path, always | O_NOFOLLOW, mode);
  if (descriptor == -1 && errno == ELOOP) {
    struct stat link {};
    if (lstat(path.c_str(), &link) != 0) return Unexpected(reason(errno));
    if (std::string objected = objection(link, "the symbolic link"); !objected.empty()) {
      return Unexpected(std::move(objected));
    }
    descriptor = open_without_interruption(path, always, mode);
  }
  if (descriptor == -1 && errno == ENXIO) return Unexpected(std::string("no process reads it"));
  if (descriptor == -1) return Unexpected(reason(errno));
  struct stat status {};
  std::string objected;
  if (fstat(descriptor, &status) != 0) objected = reason(errno);
  if (objected.empty() && S_ISREG(status.st_mode)) objected = objection(status, "the file");
  if (objected.empty() && (flags & O_NONBLOCK) == 0) {
    const int set = fcntl(descriptor, F_GETFL);
    if (set == -1 || fcntl(descriptor, F_SETFL, set & ~O_NONBLOCK) == -1) objected = reason(errno);
  }
  if (objected.empty()) return descriptor;
  close(descriptor);
  return Unexpected(std::move(objected));
}

Result<void, std::string> make_folders_of(const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return {};
  return Unexpected(
      concat("its directory ", folder.string(), " cannot be made: ", error.message()));
}

void forbid_others_to_write() noexcept {
  constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;
  umask(umask(kOthersWrite) | kOthersWrite);
}

std::string absolute_path(const std::string& path) {
  if (path.empty()) return path;
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.string();
}

bool is_program(const std::string& path) {
  // Directories have the x bit too.
  struct stat status {};
  return access(path.c_str(), X_OK) == 0 && stat(path.c_str(), &status) == 0 &&
         S_ISREG(status.st_mode);
}

std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* const variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  while (!path.empty()) {
    const std::string_view directory = path.substr(0, path.find(':'));
    const std::string program = concat(directory, "/", name);
    if (!directory.empty() && is_program(program)) return absolute_path(program);
    path.remove_prefix(std::min(directory.size() + 1, path.size()));
  }
  return {};
}

std::optional<FileIdentity> file_identity(int descriptor) noexcept {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return std::nullopt;
  return identity_in(status);
}

std::optional<FileIdentity> file_identity(const std::string& path) noexcept {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return identity_in(status);
}

bool is_at_path(int descriptor, const std::string& path) noexcept {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && file_identity(descriptor) == identity_in(status);
}

std::string FileError::to_text() const {
  std::string place = file;
  if (line != 0) place += concat(':', line);
  if (column != 0) place += concat(':', column);
  return concat(place, ": ", message);
}

}  // namespace inlet53
