// SPDX-License-Identifier: Apache-2.0
#include "private_directory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inlet53/base/text.h"

namespace inlet53::net {

namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
constexpr size_t kMaxFile = size_t{1} << 20;
constexpr std::string_view kLockFile = ".lock";
constexpr std::string_view kIgnoreFile = ".gitignore";
// Lists file names, so that a directory with other files can hold an authority too.
constexpr std::string_view kIgnored =
    "# Private keys: never commit them.\n/*.pem\n/*.pem.new\n/.gitignore\n/.lock\n";

constexpr auto kLockPatience = std::chrono::seconds(5);
constexpr auto kLockPause = std::chrono::milliseconds(10);

std::string failed(const std::string& file, std::string_view what, int error) {
  return concat(file, ": cannot ", what, ": ", std::strerror(error));
}

// Returns `0644`.
std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

Result<std::string, std::string> read_all(const Descriptor& file, const std::string& path) {
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return Unexpected(failed(path, "be read", errno));
  if (!S_ISREG(status.st_mode)) return Unexpected(concat(path, ": is not a regular file"));
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t count = ::read(file.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unexpected(failed(path, "be read", errno));
    if (count == 0) return text;
    text.append(piece.data(), static_cast<size_t>(count));
    if (text.size() > kMaxFile) return Unexpected(concat(path, ": is larger than 1 MiB"));
  }
}

bool write_all(const Descriptor& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

// Opens without following a link. A pipe does not block it.
Descriptor open_file(const Descriptor& directory, const std::string& name) {
  return Descriptor(
      openat(directory.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

std::string cannot_open(const std::string& path, int error) {
  if (error == ELOOP) return concat(path, ": is a symbolic link, which is not followed here");
  return failed(path, "be opened", error);
}

}  // namespace

PrivateDirectory::PrivateDirectory(std::string path, Descriptor directory)
    : path_(std::move(path)), directory_(std::move(directory)) {}

Result<PrivateDirectory, std::string> PrivateDirectory::open(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return Unexpected(failed(parent.string(), "be made", error.value()));
  if (mkdir(path.c_str(), kDirectoryMode) != 0 && errno != EEXIST) {
    return Unexpected(failed(path, "be made", errno));
  }
  Descriptor opened(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.valid()) return Unexpected(failed(path, "be opened", errno));
  PrivateDirectory directory(path, std::move(opened));
  if (const auto checked = directory.check_owner(); !checked) return Unexpected(checked.error());
  if (const auto locked = directory.lock(); !locked) return Unexpected(locked.error());
  if (const auto written = directory.write_ignore_file(); !written) {
    return Unexpected(written.error());
  }
  return directory;
}

Result<void, std::string> PrivateDirectory::check_owner() const {
  struct stat status {};
  if (fstat(directory_.get(), &status) != 0) return Unexpected(failed(path_, "be read", errno));
  if (status.st_uid != geteuid()) {
    return Unexpected(concat(path_, ": belongs to user ", status.st_uid, ", and this is user ",
                             geteuid(), "; private keys are kept in a directory of one's own"));
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Unexpected(concat(path_, ": other users may write to it (mode ", octal(status.st_mode),
                             "), so they can replace its keys; chmod 0700 ", path_));
  }
  return {};
}

// A separate file: any user who can read the directory could lock the directory's own descriptor.
Result<void, std::string> PrivateDirectory::lock() {
  const std::string file = path(kLockFile);
  lock_ = Descriptor(openat(directory_.get(), std::string(kLockFile).c_str(),
                            O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kPrivate));
  if (!lock_.valid()) return Unexpected(cannot_open(file, errno));
  const auto until = std::chrono::steady_clock::now() + kLockPatience;
  while (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return Unexpected(failed(file, "be locked", errno));
    }
    if (std::chrono::steady_clock::now() >= until) {
      return Unexpected(concat(file, ": another process has held the lock for 5 s"));
    }
    std::this_thread::sleep_for(kLockPause);
  }
  return {};
}

Result<void, std::string> PrivateDirectory::write_ignore_file() const {
  const std::string name(kIgnoreFile);
  if (has(name)) return {};
  return write(name, kIgnored, kPublic);
}

std::string PrivateDirectory::path(std::string_view name) const { return concat(path_, "/", name); }

bool PrivateDirectory::has(const std::string& name) const {
  struct stat status {};
  return fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

std::vector<std::string> PrivateDirectory::names(std::string_view suffix) const {
  const auto close = [](DIR* listing) { closedir(listing); };
  Descriptor again(openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::unique_ptr<DIR, decltype(close)> listing(fdopendir(again.get()), close);
  if (listing != nullptr) static_cast<void>(again.release());
  std::vector<std::string> found;
  while (const dirent* entry = listing ? readdir(listing.get()) : nullptr) {
    if (std::string_view(entry->d_name).ends_with(suffix)) found.emplace_back(entry->d_name);
  }
  std::ranges::sort(found);
  return found;
}

Result<std::string, std::string> PrivateDirectory::read(const std::string& name) const {
  const Descriptor file = open_file(directory_, name);
  if (!file.valid()) return Unexpected(cannot_open(path(name), errno));
  return read_all(file, path(name));
}

Result<std::string, std::string> PrivateDirectory::read_private(const std::string& name) const {
  const Descriptor file = open_file(directory_, name);
  if (!file.valid()) return Unexpected(cannot_open(path(name), errno));
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return Unexpected(failed(path(name), "be read", errno));
  if (status.st_uid != geteuid()) {
    return Unexpected(concat(path(name), ": belongs to user ", status.st_uid, ", not to user ",
                             geteuid(), ", who runs this"));
  }
  if ((status.st_mode & kOthers) != 0) {
    return Unexpected(concat(path(name), ": other users may read this private key (mode ",
                             octal(status.st_mode),
                             "); remove it if they may have, else chmod 0600 ", path(name)));
  }
  return read_all(file, path(name));
}

Result<void, std::string> PrivateDirectory::write(const std::string& name, std::string_view text,
                                                  mode_t mode) const {
  const std::string fresh = name + ".new";
  unlinkat(directory_.get(), fresh.c_str(), 0);  // left by a crash; this process has the lock
  const Descriptor file(openat(directory_.get(), fresh.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kPrivate));
  if (!file.valid()) return Unexpected(failed(path(fresh), "be made", errno));
  if (!write_all(file, text) || fchmod(file.get(), mode) != 0 || fsync(file.get()) != 0) {
    return Unexpected(failed(path(fresh), "be written", errno));
  }
  if (renameat(directory_.get(), fresh.c_str(), directory_.get(), name.c_str()) != 0 ||
      fsync(directory_.get()) != 0) {
    return Unexpected(failed(path(name), "be written", errno));
  }
  return {};
}

void PrivateDirectory::remove(const std::string& name) const {
  unlinkat(directory_.get(), name.c_str(), 0);
}

}  // namespace inlet53::net
