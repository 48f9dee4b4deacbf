// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inlet53/base/result.h"

namespace inlet53::topology {

/// The status that a mock integration's request template chooses: its `statusCode`.
/// `text` is one JSON object; keys may go without quotes, and texts may stand in single quotes, as
/// at AWS. Of two `statusCode` the last counts. Nothing in it is substituted.
/// Errors: what is wrong, for people: no JSON object, no `statusCode`, one that is no whole number
/// from 200 to 599. Cost: linear; objects and lists nest to 32 at most.
/// Source: API Gateway Developer Guide, "Set up mock integrations in API Gateway".
[[nodiscard]] Result<uint16_t, std::string> mock_status_code(std::string_view text);

}  // namespace inlet53::topology
