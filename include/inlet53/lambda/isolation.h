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
  std::vector<std::string> folders{};  // with all their contents
  std::vector<std::string> files{};
  std::string log_folder{};  // its *.log files

  friend bool operator==(const PrivateFiles&, const PrivateFiles&) = default;
};

/// Returns the private files of a configuration: the configuration file, the local certificate
/// authorities, the keys, the control socket and all logs. `file`: path of the configuration.
[[nodiscard]] PrivateFiles private_files(const settings::Settings& settings,
                                         const topology::Topology& topology,
                                         const std::string& file);

/// Options of the isolation of functions, with the files that it hides.
struct IsolationOptions {
  settings::Lambda lambda;
  PrivateFiles files;
  /// For tests: checks whether the system permits a confinement.
  std::function<Result<void, std::string>(const net::Confinement&)> attempt = net::try_confinement;
};

/// Returns the options of a configuration. `file`: path of the configuration.
[[nodiscard]] IsolationOptions isolation_options(const settings::Settings& settings,
                                                 const topology::Topology& topology,
                                                 const std::string& file);

/// Separates functions from the daemons' files and from each other. Uses the first method that the
/// system permits:
///  - a user id for each function, when this process is root; with a mount namespace, if possible;
///  - a user namespace and a mount namespace for each environment.
/// In a mount namespace the private files are hidden, all is read-only, and /tmp and /dev/shm are
/// private to the environment. Source: user_namespaces(7), mount_namespaces(7).
/// Threads: any.
class Isolation {
 public:
  enum class Kind : uint8_t { Users, Namespaces, None };
  static constexpr uint32_t kUserIds = 10000;  // from `first_user_id` on

  /// Checks what the system permits. Cost: some forks.
  explicit Isolation(IsolationOptions options);

  Isolation(const Isolation&) = delete;
  Isolation& operator=(const Isolation&) = delete;

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] settings::Isolation wanted() const noexcept { return options_.lambda.isolation; }
  [[nodiscard]] bool has_mounts() const noexcept { return mounts_; }
  /// Adds files that are hidden from processes confined later. Earlier files stay hidden, because
  /// an old key may still be valid. `functions`: those of the same configuration.
  void hide(const PrivateFiles& files, const std::vector<topology::Function>& functions);
  /// Updates the hidden files with those created since `hide`; `version` stays. Requires: no
  /// process is confined yet, and `functions` are those of `hide`.
  void look_again(const std::vector<topology::Function>& functions);
  /// Returns a number that changes when an already confined process may see private files: `hide`
  /// added some, a link to one has another target, or a directory without a cover has replaced
  /// files or new logs.
  [[nodiscard]] uint64_t version();

  /// Returns the confinement of a function's process. Errors: the reason why it cannot be isolated,
  /// although the system permits isolation or `Required` demands it. Cost: reads up to 10,000
  /// entries of each directory with private files, and compares their names with those of these
  /// files; some system calls for each private file and for each entry that is hidden or shown
  /// separately.
  [[nodiscard]] Result<net::Confinement, std::string> confine(const topology::Function& function);
  /// Returns what would not be isolated after `hide(files, functions)`, and why: one sentence for
  /// all functions, or one for each. Empty: all are isolated, or isolation is off.
  [[nodiscard]] std::vector<std::string> problems(const std::vector<topology::Function>& functions,
                                                  const PrivateFiles& files = {});
  /// Returns one line about how functions are isolated, and why not better.
  [[nodiscard]] std::string description() const;

 private:
  [[nodiscard]] Result<net::Confinement, std::string> plan(const topology::Function& function,
                                                           PrivateFiles hidden);
  [[nodiscard]] uint32_t user_of(const topology::Function& function);
  [[nodiscard]] PrivateFiles files();

  const IsolationOptions options_;
  Kind kind_ = Kind::None;
  bool mounts_ = false;
  std::string reason_;  // why the first method is not used

  std::mutex mutex_;  // guards the members below
  PrivateFiles files_;
  std::vector<std::string> paths_;  // their paths at the last check
  uint64_t version_ = 0;
  std::unordered_map<std::string, uint32_t> ids_;  // by the function's id
};

}  // namespace inlet53::lambda
