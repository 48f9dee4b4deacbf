#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "inlet53/dns/name.h"

namespace inlet53::record {

/// Copies `text` to `out` and returns the end of the copy.
inline char* put(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// Makes the presentation-form text of `size` octets at `text` the content of a JSON string, where
/// it stands, and returns its end. Such text is printable ASCII: only `"` and `\` are escaped.
/// Requires: room for `2 * size` octets at `text`.
char* escape_json(char* text, size_t size) noexcept;

/// Octets that `put_name` may write to: presentation form, each octet of it escaped.
inline constexpr size_t kMaxNameJson = 2 * dns::kMaxNameText;

/// Writes a name's presentation form as the content of a JSON string and returns its end.
/// Requires: kMaxNameJson octets at `out`.
char* put_name(char* out, dns::NameView name) noexcept;

}  // namespace inlet53::record
