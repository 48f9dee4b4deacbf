// SPDX-License-Identifier: Apache-2.0
#include "inlet53/control/control_path.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <grp.h>
#include <unistd.h>

#include "inlet53/base/text.h"

namespace inlet53::control {

namespace {

// Directory of a service that systemd starts (RuntimeDirectory=inlet53).
constexpr std::string_view kServiceDirectory = "/run/inlet53";

std::string beside(const std::string& config_file, std::string_view program) {
  const std::filesystem::path file(config_file);
  return (file.parent_path() / concat(file.stem().string(), ".", program, ".sock")).string();
}

}  // namespace

SocketChoice choose_socket(const std::string& configured, const std::string& config_file,
                           std::string_view program) {
  if (!configured.empty()) return {configured, false};
  if (const char* directories = std::getenv("RUNTIME_DIRECTORY"); directories != nullptr) {
    const std::string_view first =
        std::string_view(directories).substr(0, std::string_view(directories).find(':'));
    if (!first.empty()) return {concat(first, "/", program, ".sock"), true};
  }
  return {beside(config_file, program), true};
}

std::string find_socket(const std::string& configured, const std::string& config_file,
                        std::string_view program) {
  if (!configured.empty()) return configured;
  const std::string near = beside(config_file, program);
  const std::string service = concat(kServiceDirectory, "/", program, ".sock");
  const bool is_service = access(near.c_str(), F_OK) != 0 && access(service.c_str(), F_OK) == 0;
  return is_service ? service : near;
}

Result<ControlAccess, std::string> find_access(const std::string& group) {
  if (group.empty()) return ControlAccess{};
  uint32_t number = 0;
  const char* end = group.data() + group.size();
  if (const auto parsed = std::from_chars(group.data(), end, number);
      parsed.ec == std::errc{} && parsed.ptr == end) {
    return ControlAccess{number};
  }
  std::vector<char> buffer(1 << 16);
  struct group entry {};
  struct group* found = nullptr;
  getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return Unexpected(concat("there is no group \"", group, "\""));
  return ControlAccess{found->gr_gid};
}

}  // namespace inlet53::control
