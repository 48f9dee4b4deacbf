// SPDX-License-Identifier: Apache-2.0
#include "inlet53/lambda/isolation.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "mount_plan.h"
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "inlet53/base/file.h"
#include "inlet53/base/text.h"
#include "inlet53/lambda/runtimes.h"

namespace inlet53::lambda {

namespace {

namespace fs = std::filesystem;

// Sockets of services that run commands for their user: through them, a function with the same user
// id could escape its namespaces.
std::vector<std::string> command_sockets() {
  std::vector<std::string> paths{"/run/user",       "/run/dbus",   "/run/docker.sock",
                                 "/run/containerd", "/run/podman", "/run/screen"};
  for (const char* const name : {"XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"}) {
    if (const char* const path = std::getenv(name); path != nullptr && *path == '/') {
      paths.emplace_back(path);
    }
  }
  return paths;
}

// Returns the directories that an interpreter needs: PREFIX of PREFIX/bin/python3, also after
// resolving links.
std::vector<std::string> interpreter_folders(const std::string& program) {
  std::vector<std::string> folders;
  std::error_code error;
  for (const fs::path& path : {fs::path(program), fs::weakly_canonical(program, error)}) {
    const fs::path folder = path.parent_path().parent_path();
    if (folder.has_relative_path()) folders.push_back(folder.string());
  }
  return folders;
}

std::string interpreter_of(const topology::Function& function, const IsolationOptions& options) {
  const Result<RuntimeCommand, std::string> command =
      runtime_command(function, {options.lambda.python, options.lambda.node});
  if (!command || command->arguments.front().starts_with(function.code)) return {};
  return find_program(command->arguments.front());
}

uint32_t hash(std::string_view text) {
  uint32_t value = 2166136261U;  // FNV-1a
  for (const char letter : text) value = (value ^ static_cast<uint8_t>(letter)) * 16777619U;
  return value;
}

bool is_named(uint32_t id) { return getpwuid(id) != nullptr || getgrgid(id) != nullptr; }

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void add_missing(std::vector<std::string>& to, const std::vector<std::string>& more) {
  for (const std::string& one : more) {
    if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
  }
}

// Functions still log to the files of the start.
PrivateFiles joined(PrivateFiles files, const PrivateFiles& more) {
  add_missing(files.folders, more.folders);
  add_missing(files.files, more.files);
  if (files.log_folder.empty()) files.log_folder = more.log_folder;
  return files;
}

// Returns the paths that stay visible for a function.
std::vector<std::string> shown_to(const topology::Function& function,
                                  const std::string& interpreter) {
  std::vector<std::string> paths{function.code};
  if (!interpreter.empty()) append(paths, interpreter_folders(interpreter));
  return paths;
}

MountRequest request_for(PrivateFiles hidden, const std::vector<topology::Function>& functions,
                         const IsolationOptions& options) {
  MountRequest request{.hidden = std::move(hidden), .kept = {}};
  for (const topology::Function& function : functions) {
    append(request.kept, shown_to(function, interpreter_of(function, options)));
  }
  return request;
}

std::string unreadable(std::string_view path, uint32_t user) {
  return concat(path, " cannot be read by user ", user,
                ", the function's own: let other users read it (chmod o+rX)");
}

}  // namespace

PrivateFiles private_files(const settings::Settings& settings, const topology::Topology& topology,
                           const std::string& file) {
  PrivateFiles all{
      .folders = {settings.https.gateway.authority_folder, settings.dns.tls.authority_folder},
      .files = {file, settings.https.gateway.key_file, settings.dns.tls.key_file,
                settings.dns.control.socket, settings.dns.query_log.file},
      .log_folder = settings.https.lambda.log_folder};
  if (!settings.dns.control.socket.empty()) {
    all.files.push_back(settings.dns.control.socket +
                        ".lock");  // a process that locks it prevents a daemon from starting
  }
  for (const topology::RestApi& api : topology.rest_apis) {
    for (const topology::Stage& stage : api.stages) {
      append(all.files, {stage.access_log.file, stage.execution_log});
    }
  }
  for (std::vector<std::string>* const paths : {&all.folders, &all.files}) {
    std::erase_if(*paths, [](const std::string& path) { return path.empty(); });
    for (std::string& path : *paths) path = absolute_path(path);
  }
  return all;
}

IsolationOptions isolation_options(const settings::Settings& settings,
                                   const topology::Topology& topology, const std::string& file) {
  IsolationOptions options;
  options.lambda = settings.https.lambda;
  options.files = private_files(settings, topology, file);
  return options;
}

Isolation::Isolation(IsolationOptions options)
    : options_(std::move(options)), files_(options_.files) {
  if (options_.lambda.isolation == settings::Isolation::Off) {
    reason_ = "isolation = \"off\"";
    return;
  }
  const std::vector<net::MountStep> mounts = plan_mounts({.hidden = options_.files, .kept = {}});
  if (geteuid() == 0) {
    const net::Confinement user{.user = options_.lambda.first_user_id};
    const net::Confinement user_and_mounts{
        .user = options_.lambda.first_user_id, .mount_namespace = true, .mounts = mounts};
    const auto with_mounts = options_.attempt(user_and_mounts);
    mounts_ = with_mounts.has_value();
    const auto tried = mounts_ ? Result<void, std::string>{} : options_.attempt(user);
    if (tried) {
      kind_ = Kind::Users;
      if (!mounts_) reason_ = with_mounts.error();
      return;
    }
    reason_ = tried.error();
  }
  const auto tried =
      options_.attempt({.user_namespace = true, .mount_namespace = true, .mounts = mounts});
  if (tried) {
    kind_ = Kind::Namespaces;
    mounts_ = true;
  } else {
    reason_ = reason_.empty() ? tried.error() : concat(reason_, "; ", tried.error());
  }
}

void Isolation::hide(const PrivateFiles& files, const std::vector<topology::Function>& functions) {
  if (!mounts_) return;
  MountRequest request = request_for(joined(this->files(), files), functions, options_);
  std::vector<std::string> paths = private_paths(request);
  const std::lock_guard lock(mutex_);
  if (files_ == request.hidden && paths_ == paths) return;
  files_ = std::move(request.hidden);
  paths_ = std::move(paths);
  ++version_;
}

void Isolation::look_again(const std::vector<topology::Function>& functions) {
  if (!mounts_) return;
  std::vector<std::string> paths = private_paths(request_for(files(), functions, options_));
  const std::lock_guard lock(mutex_);
  paths_ = std::move(paths);
}

uint64_t Isolation::version() {
  const std::lock_guard lock(mutex_);
  return version_;
}

PrivateFiles Isolation::files() {
  const std::lock_guard lock(mutex_);
  return files_;
}

Result<net::Confinement, std::string> Isolation::confine(const topology::Function& function) {
  auto planned = plan(function, files());
  // Where isolation is possible, no function runs without it.
  if (planned || kind_ != Kind::None ||
      options_.lambda.isolation == settings::Isolation::Required) {
    return planned;
  }
  return net::Confinement{};
}

Result<net::Confinement, std::string> Isolation::plan(const topology::Function& function,
                                                      PrivateFiles hidden) {
  net::Confinement confinement{.mount_namespace = mounts_};
  if (kind_ == Kind::None) {
    if (options_.lambda.isolation == settings::Isolation::Off) return confinement;
    return Unexpected(reason_);
  }
  if (!mounts_ && options_.lambda.isolation == settings::Isolation::Required)
    return Unexpected(reason_);
  const std::string interpreter = interpreter_of(function, options_);
  MountRequest request{.hidden = std::move(hidden), .kept = shown_to(function, interpreter)};
  if (const std::string folder = hidden_folder_of(function.code, request.hidden); !folder.empty()) {
    return Unexpected(concat("its code, ", function.code, ", is in ", folder,
                             ", which no function may read: move the code"));
  }
  if (kind_ == Kind::Namespaces) {
    confinement.user_namespace = true;
    append(request.hidden.folders, command_sockets());
    confinement.mounts = plan_mounts(request);
    return confinement;
  }
  const uint32_t user = user_of(function);
  confinement.user = request.user = user;
  if (mounts_) {
    confinement.mounts = plan_mounts(request);
  } else {
    for (const std::string& path : {function.code, interpreter}) {
      if (!path.empty() && !user_may(user, path, R_OK | X_OK)) {
        return Unexpected(unreadable(path, user));
      }
    }
  }
  if (const std::string entry = unreadable_entry(user, function.code); !entry.empty()) {
    return Unexpected(unreadable(entry, user));
  }
  return confinement;
}

// Stays the same while this object exists, and at the next start unless two functions collide.
uint32_t Isolation::user_of(const topology::Function& function) {
  const std::lock_guard lock(mutex_);
  const auto found = ids_.find(function.id);
  if (found != ids_.end()) return found->second;
  const auto is_taken = [this](uint32_t id) {
    return is_named(id) || std::any_of(ids_.begin(), ids_.end(),
                                       [id](const auto& one) { return one.second == id; });
  };
  uint32_t offset = hash(function.id) % kUserIds;
  for (uint32_t i = 0; i < kUserIds && is_taken(options_.lambda.first_user_id + offset); ++i) {
    offset = (offset + 1) % kUserIds;
  }
  return ids_.emplace(function.id, options_.lambda.first_user_id + offset).first->second;
}

std::vector<std::string> Isolation::problems(const std::vector<topology::Function>& functions,
                                             const PrivateFiles& files) {
  if (options_.lambda.isolation == settings::Isolation::Off || functions.empty()) return {};
  if (kind_ == Kind::None) {
    return {concat("functions can read the daemon's keys and configuration: ", reason_)};
  }
  std::vector<std::string> all;
  if (!mounts_) {
    all.push_back(concat(
        "functions can read the daemon's files as far as other users may read them: ", reason_));
    if (options_.lambda.isolation == settings::Isolation::Required) return all;
  }
  for (const topology::Function& function : functions) {
    if (const auto planned = plan(function, joined(this->files(), files)); !planned) {
      all.push_back(concat("function ", function.name, " cannot start: ", planned.error()));
    }
  }
  return all;
}

std::string Isolation::description() const {
  switch (kind_) {
    case Kind::Users:
      if (mounts_) return "a user id for each function, and a mount namespace for each environment";
      return concat("a user id for each function, without a mount namespace (", reason_, ")");
    case Kind::Namespaces:
      if (reason_.empty()) return "a user and mount namespace for each environment";
      return concat("a user and mount namespace for each environment, without user ids (", reason_,
                    ")");
    case Kind::None:
      break;
  }
  return concat("none (", reason_, ")");
}

}  // namespace inlet53::lambda
