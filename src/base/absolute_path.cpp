#include "inlet53/base/absolute_path.h"

#include <filesystem>
#include <system_error>

namespace inlet53 {

std::string absolute_path(const std::string& path) {
  if (path.empty()) return path;
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.string();
}

}  // namespace inlet53
