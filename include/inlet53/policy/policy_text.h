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

/// A text of a policy: octets, wildcards (`*` any run of octets, also empty and also over `:` and
/// `/`; `?` one octet) and variables (`${aws:SourceVpc}`, `${aws:username, 'nobody'}`; `${*}`,
/// `${?}` and `${$}` are the characters themselves). A value that came by a variable holds no
/// wildcards. Which of these are special is told to `parse`.
/// Threads: const methods any. Source: IAM User Guide, "IAM policy elements: Variables and tags".
class PolicyText {
 public:
  /// A pattern with its variables replaced: octets, kAnyRun and kAnyOne.
  using Pattern = std::u16string;
  static constexpr char16_t kAnyRun = 0x100;
  static constexpr char16_t kAnyOne = 0x101;

  PolicyText() = default;

  /// The error says which variable is broken and how.
  [[nodiscard]] static Result<PolicyText, std::string> parse(std::string_view text,
                                                             Wildcards wildcards,
                                                             Variables variables);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool has_variables() const noexcept { return has_variables_; }

  /// Adds the keys of its variables.
  void add_keys(CallKeys& keys) const noexcept;

  /// The pattern for one request. Absent when the request lacks a variable's key, or has several
  /// values for it, and the variable has no default: then the text stands for nothing.
  [[nodiscard]] std::optional<Pattern> expand(const PolicyRequest& request) const;

  /// Whether all of `subject` fits; never, where `expand` has nothing.
  [[nodiscard]] bool matches(std::string_view subject, const PolicyRequest& request,
                             LetterCase letter_case = LetterCase::Counts) const;

 private:
  // Octets and wildcards, then perhaps a variable.
  struct Piece {
    Pattern pattern;
    std::string folded_key;  // empty: no variable
    std::optional<std::string> fallback;
  };

  std::string text_;
  std::string literal_;  // the octets before the first wildcard or variable
  std::vector<Piece> pieces_;
  bool has_variables_ = false;
};

/// Whether `pattern` covers all of `subject`.
/// Cost: pattern times subject at worst; no recursion, no allocation.
[[nodiscard]] bool pattern_matches(std::u16string_view pattern, std::string_view subject,
                                   LetterCase letter_case = LetterCase::Counts) noexcept;

}  // namespace inlet53::policy
