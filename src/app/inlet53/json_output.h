#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace inlet53::app {

/// An object of the machine form (`-o json`) as one line, without its line end. Octets that are no
/// UTF-8, of a file's name for instance, become U+FFFD.
[[nodiscard]] inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace inlet53::app
