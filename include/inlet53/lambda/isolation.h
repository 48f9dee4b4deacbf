// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/net/confinement.h"
#include "inlet53/settings/settings.h"
#include "inlet53/topology/topology.h"

namespace inlet53::lambda {

/// Files of the daemons that no function may read or change.
struct PrivateFiles {
  std::vector<std::string> folders{};  // with all that is in them
  std::vector<std::string> files{};
  std::string log_folder{};  // its *.log files

  friend bool operator==(const PrivateFiles&, const PrivateFiles&) = default;
};

/// The private files of a configuration: the file itself, the local certificate authorities, the
/// keys, the control socket and all logs. `file` is the configuration's.
[[nodiscard]] PrivateFiles private_files(const settings::Settings& settings,
                                         const topology::Topology& topology,
                                         const std::string& file);

/// Options of the isolation of functions, and the files that it hides.
struct IsolationOptions {
  settings::Lambda lambda;
  PrivateFiles files;
  /// For tests: tells whether the system allows a confinement.
  std::function<Result<void, std::string>(const net::Confinement&)> attempt = net::try_confinement;
};

/// The options that a configuration gives. `file` is the configuration's.
[[nodiscard]] IsolationOptions isolation_options(const settings::Settings& settings,
                                                 const topology::Topology& topology,
                                                 const std::string& file);

/// How functions are kept from the daemons' files and from each other. In this order, what the
/// system allows:
///  - a user id for each function, when this process is root; with a mount namespace, if possible;
///  - a user namespace and a mount namespace for each environment.
/// In a mount namespace the private files are hidden, all is read-only, and /tmp and /dev/shm are
/// the environment's own. Source: user_namespaces(7), mount_namespaces(7).
/// Threads: any.
class Isolation {
 public:
  enum class Kind : uint8_t { Users, Namespaces, None };
  static constexpr uint32_t kUserIds = 10000;  // from `first_user_id` on

  /// Tries what the system allows. Cost: some forks.
  explicit Isolation(IsolationOptions options);

  Isolation(const Isolation&) = delete;
  Isolation& operator=(const Isolation&) = delete;

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] settings::Isolation wanted() const noexcept { return options_.lambda.isolation; }
  [[nodiscard]] bool has_mounts() const noexcept { return mounts_; }
  /// Hides also these files from processes that are confined from now on; the files of before stay
  /// hidden, because a key of before may still count. `functions`: those of the same configuration.
  void hide(const PrivateFiles& files, const std::vector<topology::Function>& functions);
  /// Takes note of hidden files that were made since `hide`; `version` stays. Requires: no process
  /// is confined yet, and `functions` are those of `hide`.
  void look_again(const std::vector<topology::Function>& functions);
  /// Changes when a process that was confined before may see private files: `hide` had more of
  /// them, a link that leads to one had another target, or a directory that no mount covers had
  /// files that took the place of others, or new logs.
  [[nodiscard]] uint64_t version();

  /// How a function's process is confined. Errors: the reason why it cannot be isolated, although
  /// the system allows isolation or `Required` wants it. Cost: reads up to 10,000 entries of each
  /// directory that holds private files, and compares their names with those of these files; some
  /// system calls for each private file and for each entry that is hidden or shown one by one.
  [[nodiscard]] Result<net::Confinement, std::string> confine(const topology::Function& function);
  /// Returns what would not be isolated after `hide(files, functions)`, and why: one sentence for
  /// all functions, or one for each. Empty: all are isolated, or isolation is off.
  [[nodiscard]] std::vector<std::string> problems(const std::vector<topology::Function>& functions,
                                                  const PrivateFiles& files = {});
  /// One line for people: how functions are isolated, and what kept them from more.
  [[nodiscard]] std::string description() const;

 private:
  [[nodiscard]] Result<net::Confinement, std::string> plan(const topology::Function& function,
                                                           PrivateFiles hidden);
  [[nodiscard]] uint32_t user_of(const topology::Function& function);
  [[nodiscard]] PrivateFiles files();

  const IsolationOptions options_;
  Kind kind_ = Kind::None;
  bool mounts_ = false;
  std::string reason_;  // why it is not the first of the list

  std::mutex mutex_;  // of what follows
  PrivateFiles files_;
  std::vector<std::string> paths_;  // of them, as they were last seen
  uint64_t version_ = 0;
  std::unordered_map<std::string, uint32_t> ids_;  // by the function's id
};

}  // namespace inlet53::lambda
