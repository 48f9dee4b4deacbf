// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::topology {

/// Returns the status code that the request template of a mock integration selects: its
/// `statusCode`. `text` is one JSON object; as at AWS, keys may be unquoted and strings may have
/// single quotes. If `statusCode` occurs twice, the last one counts. Variables are not replaced.
/// Errors: a text for the operator: no JSON object, no `statusCode`, or no integer from 200 to 599.
/// Cost: linear; objects and lists nest at most 32 deep.
/// Source: API Gateway Developer Guide, "Set up mock integrations in API Gateway".
[[nodiscard]] Result<uint16_t, std::string> mock_status_code(std::string_view text);

}  // namespace inlet53::topology
