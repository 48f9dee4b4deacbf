#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace inlet53::app {

/// Formats an object (`-o json`) as one line without its newline. Replaces bytes that are not
/// UTF-8, for example in a file name, with U+FFFD.
[[nodiscard]] inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace inlet53::app
