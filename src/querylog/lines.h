#pragma once

#include <cstddef>
#include <string_view>

namespace inlet53::querylog {

/// How many lines end in `text`. Cost: about 15 ns a line of 500 octets.
[[nodiscard]] size_t count_lines(std::string_view text) noexcept;

/// The length of the longest beginning of `text` that is whole lines and at most `limit` octets.
[[nodiscard]] size_t whole_lines(std::string_view text, size_t limit) noexcept;

}  // namespace inlet53::querylog
