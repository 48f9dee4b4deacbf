// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// A REST API's binaryMediaTypes: what goes through as octets, not as text.
/// Source: API Gateway Developer Guide, "Working with binary media types for REST APIs".
namespace inlet53::gateway {

/// Whether the media type of a Content-Type or Accept is one of them: of a list the first counts,
/// parameters and letter case do not. `*/*` stands for everything, a missing field (an empty value)
/// too; other wildcards are no patterns.
[[nodiscard]] bool is_binary_media_type(const std::vector<std::string>& types,
                                        std::string_view field_value) noexcept;

}  // namespace inlet53::gateway
