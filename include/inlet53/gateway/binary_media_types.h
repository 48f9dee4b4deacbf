// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// binaryMediaTypes of a REST API: types whose bodies are bytes, not text.
/// Source: API Gateway Developer Guide, "Working with binary media types for REST APIs".
namespace inlet53::gateway {

/// Returns true when the media type of a Content-Type or Accept is one of `types`. Uses the first
/// type of a list; ignores parameters and letter case. `*/*` matches everything, also a missing
/// field (an empty value). Other wildcards have no special meaning.
[[nodiscard]] bool is_binary_media_type(const std::vector<std::string>& types,
                                        std::string_view field_value) noexcept;

}  // namespace inlet53::gateway
