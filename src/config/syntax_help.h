// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "table_reader.h"

namespace inlet53::config {

/// Says in words what is wrong where TOML's parser stopped, and what to write instead, for mistakes
/// that people make: words without quotes, `yes`, `:` for `=`, typographic quotes, other formats of
/// configuration. Returns `description`, what the parser says, for everything else.
/// Cost: linear in the text. Threads: any.
[[nodiscard]] std::string explain_syntax_error(std::string_view text, Place place,
                                               std::string_view description);

/// A value as TOML has it, for what somebody wrote: `true` for `yes`, `"prod"` for `prod` and
/// `“prod”`; numbers, lists and texts in quotes as they are.
[[nodiscard]] std::string toml_value(std::string_view written);

}  // namespace inlet53::config
