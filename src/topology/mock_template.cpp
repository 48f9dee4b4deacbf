// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/mock_template.h"

#include <charconv>
#include <optional>

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

constexpr size_t kMaxDepth = 32;

bool is_word_octet(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '+' || c == '.' || c == '$';
}

/// Scans lenient JSON and keeps the value of the outermost `statusCode`.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  /// Returns whether the whole text is one object.
  bool scan() {
    skip_space();
    if (!rest_.starts_with('{') || !skip_object(0)) return false;
    skip_space();
    return rest_.empty();
  }

  [[nodiscard]] const std::optional<std::string_view>& status() const noexcept { return status_; }

 private:
  void skip_space() noexcept {
    const size_t end = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end);
  }

  bool skip(char c) noexcept {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Reads a quoted text and returns it without the quotes.
  std::optional<std::string_view> read_quoted() noexcept {
    const char quote = rest_.front();
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == quote) {
        const std::string_view text = rest_.substr(1, i - 1);
        rest_.remove_prefix(i + 1);
        return text;
      }
    }
    return std::nullopt;
  }

  /// Reads a key, a number, true, false or null: letters, digits and the characters of numbers.
  std::optional<std::string_view> read_word() noexcept {
    size_t end = 0;
    while (end < rest_.size() && is_word_octet(rest_[end])) ++end;
    if (end == 0) return std::nullopt;
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }

  bool at_quote() const noexcept { return rest_.starts_with('"') || rest_.starts_with('\''); }

  bool skip_list(size_t depth) {
    if (depth > kMaxDepth || !skip('[')) return false;
    if (skip(']')) return true;
    do {
      if (!skip_value(depth)) return false;
    } while (skip(','));
    return skip(']');
  }

  bool skip_object(size_t depth) {
    if (depth > kMaxDepth || !skip('{')) return false;
    if (skip('}')) return true;
    do {
      skip_space();
      const auto key = at_quote() ? read_quoted() : read_word();
      if (!key || !skip(':')) return false;
      skip_space();
      const std::string_view before = rest_;
      if (!skip_value(depth)) return false;
      if (depth == 0 && *key == "statusCode") {
        status_ = before.substr(0, before.size() - rest_.size());
      }
    } while (skip(','));
    return skip('}');
  }

  bool skip_value(size_t depth) {
    skip_space();
    if (rest_.starts_with('{')) return skip_object(depth + 1);
    if (rest_.starts_with('[')) return skip_list(depth + 1);
    return (at_quote() ? read_quoted() : read_word()).has_value();
  }

  std::string_view rest_;
  std::optional<std::string_view> status_;
};

}  // namespace

Result<uint16_t, std::string> mock_status_code(std::string_view text) {
  Scanner scanner(text);
  if (!scanner.scan()) {
    return Unexpected(std::string("this is no JSON object, as in {\"statusCode\": 200}"));
  }
  if (!scanner.status()) return Unexpected(std::string("the object has no statusCode"));
  const std::string_view written = *scanner.status();
  uint16_t status = 0;
  const auto [end, error] =
      std::from_chars(written.data(), written.data() + written.size(), status);
  if (error != std::errc{} || end != written.data() + written.size() || status < 200 ||
      status > 599) {
    return Unexpected(concat("statusCode is ", written, "; it is a whole number from 200 to 599"));
  }
  return status;
}

}  // namespace inlet53::topology
