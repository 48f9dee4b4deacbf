// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/base/result.h"
#include "inlet53/policy/policy_request.h"

namespace inlet53::policy {

enum class Wildcards : uint8_t { Literal, Special };
enum class Variables : uint8_t { Literal, Special };
enum class LetterCase : uint8_t { Counts, Ignored };

/// Text of a policy: bytes, wildcards (`*` matches any number of bytes, including none, `:` and
/// `/`; `?` matches one byte) and variables (`${aws:SourceVpc}`, `${aws:username, 'unknown'}`;
/// `${*}`, `${?}` and `${$}` are the characters themselves). The value of a variable has no
/// wildcards. Arguments of `parse` select which of these are special.
/// Threads: const methods any. Source: IAM User Guide, "IAM policy elements: Variables and tags".
class PolicyText {
 public:
  /// Pattern with its variables replaced: bytes, kAnyRun and kAnyOne.
  using Pattern = std::u16string;
  static constexpr char16_t kAnyRun = 0x100;
  static constexpr char16_t kAnyOne = 0x101;

  PolicyText() = default;

  /// Parses a text. Errors: the broken variable and the reason.
  [[nodiscard]] static Result<PolicyText, std::string> parse(std::string_view text,
                                                             Wildcards wildcards,
                                                             Variables variables);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool has_variables() const noexcept { return has_variables_; }

  /// Adds the keys of the text's variables to `keys`.
  void add_keys(CallKeys& keys) const noexcept;

  /// Returns the pattern for one request. Absent when a variable has no default and the request
  /// lacks its key or has several values for it: then the text matches nothing.
  [[nodiscard]] std::optional<Pattern> expand(const PolicyRequest& request) const;

  /// Returns whether the whole `subject` matches; false when `expand` returns nothing.
  [[nodiscard]] bool matches(std::string_view subject, const PolicyRequest& request,
                             LetterCase letter_case = LetterCase::Counts) const;

 private:
  // Bytes and wildcards, optionally followed by a variable.
  struct Piece {
    Pattern pattern;
    std::string folded_key;  // empty: no variable
    std::optional<std::string> fallback;
  };

  std::string text_;
  std::string literal_;  // the bytes before the first wildcard or variable
  std::vector<Piece> pieces_;
  bool has_variables_ = false;
};

/// Returns whether `pattern` matches the whole `subject`.
/// Cost: pattern times subject at most; no recursion, no allocation.
[[nodiscard]] bool pattern_matches(std::u16string_view pattern, std::string_view subject,
                                   LetterCase letter_case = LetterCase::Counts) noexcept;

}  // namespace inlet53::policy
