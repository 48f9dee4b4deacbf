// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace inlet53 {

/// Returns a JSON value as one line, without a line end. Bytes that are not UTF-8 become U+FFFD.
template <class Json = nlohmann::ordered_json>
[[nodiscard]] std::string dump_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace inlet53
