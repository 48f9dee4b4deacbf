// SPDX-License-Identifier: Apache-2.0
#include "inlet53/topology/api_values.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "shapes.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

using SegmentResult = Result<PathSegment, std::string>;

SegmentResult parse_variable(std::string_view segment) {
  std::string_view name = segment.substr(1);
  if (!name.ends_with('}')) {
    return Unexpected(concat('"', segment, "\" has a brace without its pair"));
  }
  name.remove_suffix(1);
  const bool greedy = name.ends_with('+');
  if (greedy) name.remove_suffix(1);
  if (!is_variable_name(name)) {
    return Unexpected(
        concat('"', segment,
               "\" is no variable; one is letters, digits, _, - and . in braces, as in "
               "\"{petId}\", with a + at the end of the last, as in \"{proxy+}\""));
  }
  return PathSegment{greedy ? SegmentKind::Greedy : SegmentKind::Variable, std::string(name)};
}

SegmentResult parse_segment(std::string_view segment) {
  if (segment.empty()) return Unexpected(std::string("there is nothing between two slashes"));
  if (segment.starts_with('{')) return parse_variable(segment);
  if (!is_path_text(segment)) {
    return Unexpected(concat('"', segment,
                             "\" has something other than letters, digits and _ - . , : ~ $; a "
                             "variable is a whole segment, as in \"/pets/{petId}\""));
  }
  return PathSegment{SegmentKind::Static, std::string(segment)};
}

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

Result<std::vector<PathSegment>, std::string> parse_resource_path(std::string_view path) {
  std::vector<PathSegment> segments;
  if (!path.starts_with('/')) return Unexpected(std::string("a path begins with a slash"));
  if (path.size() == 1) return segments;
  if (path.ends_with('/')) {
    return Unexpected(std::string("a path has no slash at its end; calls may have one"));
  }
  while (!path.empty()) {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    SegmentResult segment = parse_segment(path.substr(0, end));
    if (!segment) return Unexpected(segment.error());
    path.remove_prefix(end);
    if (segment->kind == SegmentKind::Greedy && !path.empty()) {
      return Unexpected(concat(to_text(*segment), " takes all that is left; nothing follows it"));
    }
    const bool twice = segment->kind != SegmentKind::Static &&
                       std::any_of(segments.begin(), segments.end(), [&](const PathSegment& seen) {
                         return seen.kind != SegmentKind::Static && seen.text == segment->text;
                       });
    if (twice) return Unexpected(concat("the variable \"", segment->text, "\" is there twice"));
    segments.push_back(*std::move(segment));
  }
  return segments;
}

std::string to_text(const PathSegment& segment) {
  switch (segment.kind) {
    case SegmentKind::Static:
      break;
    case SegmentKind::Variable:
      return concat('{', segment.text, '}');
    case SegmentKind::Greedy:
      return concat('{', segment.text, "+}");
  }
  return segment.text;
}

const std::vector<std::string_view>& resource_methods() {
  static const std::vector<std::string_view> kMethods{kAnyMethod, "DELETE", "GET",  "HEAD",
                                                      "OPTIONS",  "PATCH",  "POST", "PUT"};
  return kMethods;
}

const std::vector<std::string_view>& gateway_response_types() {
  static const std::vector<std::string_view> kTypes{
      "ACCESS_DENIED",
      "API_CONFIGURATION_ERROR",
      "AUTHORIZER_CONFIGURATION_ERROR",
      "AUTHORIZER_FAILURE",
      "BAD_REQUEST_BODY",
      "BAD_REQUEST_PARAMETERS",
      "DEFAULT_4XX",
      "DEFAULT_5XX",
      "EXPIRED_TOKEN",
      "INTEGRATION_FAILURE",
      "INTEGRATION_TIMEOUT",
      "INVALID_API_KEY",
      "INVALID_SIGNATURE",
      "MISSING_AUTHENTICATION_TOKEN",
      "QUOTA_EXCEEDED",
      "REQUEST_TOO_LARGE",
      "RESOURCE_NOT_FOUND",
      "THROTTLED",
      "UNAUTHORIZED",
      "UNSUPPORTED_MEDIA_TYPE",
      "WAF_FILTERED",
  };
  return kTypes;
}

std::string_view to_text(GatewayResponseType type) noexcept {
  return gateway_response_types()[static_cast<size_t>(type)];
}

std::optional<GatewayResponseType> parse_gateway_response_type(std::string_view text) noexcept {
  const auto& types = gateway_response_types();
  const auto found = std::find(types.begin(), types.end(), text);
  if (found == types.end()) return std::nullopt;
  return static_cast<GatewayResponseType>(found - types.begin());
}

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
