#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inlet53::zone {

/// The numbers of a `$GENERATE`, `1-254` or `0-100/2`.
struct GenerateRange {
  /// Records of one directive at most: a /12 of addresses.
  static constexpr uint64_t kMaxRecords = uint64_t{1} << 20;

  uint64_t next = 0;
  uint64_t stop = 0;
  uint64_t step = 1;

  [[nodiscard]] bool at_end() const noexcept { return next > stop; }
};

/// Reads a range. Absent when it is none, when it goes backwards, or when it has over `kMaxRecords`
/// numbers.
[[nodiscard]] std::optional<GenerateRange> parse_generate_range(std::string_view word);

/// Writes `number` in the place of each `$` of a template, as BIND does: `$`, or
/// `${offset,width,base}` with base d, o, x, X, n or N (nibbles as in reverse names). `$$` and `\$`
/// are a `$`. Absent when a `${…}` is broken or makes a negative number, or the text is too long.
[[nodiscard]] std::optional<std::string> expand_generate(std::string_view pattern, uint64_t number);

}  // namespace inlet53::zone
