#pragma once

#include <string>
#include <string_view>

namespace inlet53::zone {

/// What is wrong with a text in presentation form.
struct TextFault {
  std::string message;
  /// The part of the text that is wrong; empty when no part alone is. Lifetime: the text's.
  std::string_view token = {};
};

/// The beginning of `text` as messages cite it, with control octets as `\DDD`.
[[nodiscard]] std::string cite_word(std::string_view text);

}  // namespace inlet53::zone
