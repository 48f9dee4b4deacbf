// SPDX-License-Identifier: Apache-2.0
#include "inlet53/policy/policy_text.h"

#include <utility>

#include "inlet53/base/text.h"

namespace inlet53::policy {

namespace {

constexpr std::string_view kOpening = "${";

char16_t glyph(char c) noexcept { return static_cast<unsigned char>(c); }

char16_t folded(char16_t c) noexcept {
  return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c - u'A' + u'a') : c;
}

std::string_view trimmed(std::string_view text) noexcept {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Content between the braces.
struct Variable {
  std::string key;
  std::optional<std::string> fallback;
};

Result<Variable, std::string> parse_variable(std::string_view inside) {
  const auto broken = [inside](std::string_view why) {
    return Unexpected(concat("the variable ${", inside, "} ", why));
  };
  const size_t comma = inside.find(',');
  const std::string_view key = trimmed(inside.substr(0, comma));
  const size_t colon = key.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == key.size() ||
      key.find(' ') != std::string_view::npos) {
    return broken("names no condition key, as in ${aws:SourceVpc}");
  }
  Variable variable{ascii_lower(key), std::nullopt};
  if (comma == std::string_view::npos) return variable;
  const std::string_view fallback = trimmed(inside.substr(comma + 1));
  if (fallback.size() < 2 || fallback.front() != '\'' || fallback.back() != '\'') {
    return broken("has a default that is not in single quotes, as in ${aws:username, 'unknown'}");
  }
  variable.fallback = std::string(fallback.substr(1, fallback.size() - 2));
  return variable;
}

// Returns the closing brace of a variable that begins at `at`; a default may contain braces.
size_t find_closing(std::string_view text, size_t at) noexcept {
  bool quoted = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '\'') quoted = !quoted;
    if (text[at] == '}' && !quoted) return at;
  }
  return std::string_view::npos;
}

void append(PolicyText::Pattern& pattern, std::string_view octets) {
  for (const char c : octets) pattern += glyph(c);
}

bool is_escape(std::string_view inside) noexcept {
  return inside == "*" || inside == "?" || inside == "$";
}

// `same(wanted, c)` returns whether a glyph of the pattern matches a byte.
template <class Same>
bool covers(std::u16string_view pattern, std::string_view subject, const Same& same) noexcept {
  // The last `*` so far, and where the subject continues if that `*` matches one byte more. An
  // earlier `*` never needs another try.
  size_t run = std::u16string_view::npos;
  size_t retry = 0;
  size_t p = 0;
  size_t s = 0;
  while (s < subject.size()) {
    if (p < pattern.size() && pattern[p] == PolicyText::kAnyRun) {
      run = p++;
      retry = s;
    } else if (p < pattern.size() && same(pattern[p], subject[s])) {
      ++p;
      ++s;
    } else if (run != std::u16string_view::npos) {
      p = run + 1;
      s = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == PolicyText::kAnyRun) ++p;
  return p == pattern.size();
}

}  // namespace

Result<PolicyText, std::string> PolicyText::parse(std::string_view text, Wildcards wildcards,
                                                  Variables variables) {
  PolicyText out;
  out.text_ = text;
  out.pieces_.emplace_back();
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (variables == Variables::Special && text.substr(at).starts_with(kOpening)) {
      const size_t begin = at + kOpening.size();
      const size_t end = find_closing(text, begin);
      if (end == std::string_view::npos) {
        return Unexpected(concat("\"", text.substr(at), "\" lacks the } of its variable"));
      }
      const std::string_view inside = text.substr(begin, end - begin);
      at = end + 1;
      if (is_escape(inside)) {
        append(out.pieces_.back().pattern, inside);
        continue;
      }
      auto variable = parse_variable(inside);
      if (!variable) return Unexpected(std::move(variable).error());
      out.pieces_.back().folded_key = std::move(variable->key);
      out.pieces_.back().fallback = std::move(variable->fallback);
      out.pieces_.emplace_back();
      out.has_variables_ = true;
      continue;
    }
    const bool special = wildcards == Wildcards::Special;
    out.pieces_.back().pattern += special && c == '*'   ? kAnyRun
                                  : special && c == '?' ? kAnyOne
                                                        : glyph(c);
    ++at;
  }
  for (const char16_t c : out.pieces_.front().pattern) {
    if (c == kAnyRun || c == kAnyOne) break;
    out.literal_ += static_cast<char>(c);
  }
  return out;
}

void PolicyText::add_keys(CallKeys& keys) const noexcept {
  for (const Piece& piece : pieces_) keys.add(piece.folded_key);
}

std::optional<PolicyText::Pattern> PolicyText::expand(const PolicyRequest& request) const {
  Pattern pattern;
  for (const Piece& piece : pieces_) {
    pattern += piece.pattern;
    if (piece.folded_key.empty()) continue;
    const auto* values = request.keys.find(piece.folded_key);
    if (values != nullptr && values->size() == 1) {
      append(pattern, values->front());
    } else if (piece.fallback) {
      append(pattern, *piece.fallback);
    } else {
      return std::nullopt;
    }
  }
  return pattern;
}

bool PolicyText::matches(std::string_view subject, const PolicyRequest& request,
                         LetterCase letter_case) const {
  // The bytes before the first wildcard or variable are most of a pattern: compare them at once.
  if (letter_case == LetterCase::Counts && !subject.starts_with(literal_)) return false;
  if (!has_variables_) {
    std::u16string_view pattern;
    if (!pieces_.empty()) pattern = pieces_.front().pattern;
    if (letter_case == LetterCase::Counts) {
      pattern.remove_prefix(literal_.size());
      subject.remove_prefix(literal_.size());
    }
    return pattern_matches(pattern, subject, letter_case);
  }
  const auto pattern = expand(request);
  return pattern && pattern_matches(*pattern, subject, letter_case);
}

bool pattern_matches(std::u16string_view pattern, std::string_view subject,
                     LetterCase letter_case) noexcept {
  constexpr char16_t kAnyOne = PolicyText::kAnyOne;
  if (letter_case == LetterCase::Counts) {
    return covers(pattern, subject,
                  [](char16_t wanted, char c) { return wanted == glyph(c) || wanted == kAnyOne; });
  }
  return covers(pattern, subject, [](char16_t wanted, char c) {
    return folded(wanted) == folded(glyph(c)) || wanted == kAnyOne;
  });
}

}  // namespace inlet53::policy
