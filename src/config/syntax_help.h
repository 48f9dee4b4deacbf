// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "table_reader.h"

namespace inlet53::config {

/// Explains a syntax error at the place where TOML's parser stopped, and suggests a correction, for
/// common mistakes: unquoted words, `yes`, `:` for `=`, typographic quotes, other configuration
/// formats. Returns `description`, the parser's message, for other errors.
/// Cost: linear in the text. Threads: any.
[[nodiscard]] std::string explain_syntax_error(std::string_view text, Place place,
                                               std::string_view description);

/// Returns the TOML form of a value as written: `true` for `yes`, `"prod"` for `prod` and `“prod”`;
/// numbers, lists and quoted strings unchanged.
[[nodiscard]] std::string toml_value(std::string_view written);

}  // namespace inlet53::config
