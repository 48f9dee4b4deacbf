// SPDX-License-Identifier: Apache-2.0
#include "shapes.h"

#include <algorithm>
#include <cstddef>

namespace inlet53::topology {

namespace {

constexpr size_t kMaxRegion =
    32;  // above every region of AWS; names that contain a region stay within DNS limits
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool among(char c, std::string_view set) noexcept { return set.find(c) != std::string_view::npos; }

bool all_among(std::string_view text, std::string_view set) noexcept {
  return !text.empty() && text.find_first_not_of(set) == std::string_view::npos;
}

bool is_word(std::string_view text, std::string_view marks) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return among(c, kLower) || among(c, kUpper) || among(c, kDigits) || among(c, marks);
  });
}

/// Returns whether every part of `text` between separators satisfies `is_part`.
template <class Predicate>
bool all_parts(std::string_view text, char separator, Predicate is_part) noexcept {
  for (;;) {
    const size_t end = text.find(separator);
    if (!is_part(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

bool is_region(std::string_view text) noexcept {
  if (text.size() > kMaxRegion) return false;
  const size_t dash = text.rfind('-');
  if (dash == std::string_view::npos || !all_among(text.substr(dash + 1), kDigits)) return false;
  const std::string_view words = text.substr(0, dash);
  return among('-', words) &&
         all_parts(words, '-', [](std::string_view word) { return all_among(word, kLower); });
}

bool is_account_id(std::string_view text) noexcept {
  return text.size() == 12 && all_among(text, kDigits);
}

bool is_availability_zone_of(std::string_view text, std::string_view region) noexcept {
  if (!text.starts_with(region)) return false;
  std::string_view zone = text.substr(region.size());
  if (zone.size() == 1) return among(zone[0], kLower);
  // Local Zone: the region, a location and a number, then the letter.
  if (!zone.starts_with('-') || !among(zone.back(), kLower)) return false;
  zone.remove_suffix(1);
  return zone.size() > 2 && among(zone.back(), kDigits) &&
         all_parts(zone.substr(1), '-', [](std::string_view part) {
           return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
             return among(c, kLower) || among(c, kDigits);
           });
         });
}

bool is_hosted_zone_id(std::string_view text) noexcept {
  return text.starts_with('Z') && text.size() >= 2 && text.size() <= 32 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return among(c, kUpper) || among(c, kDigits); });
}

bool is_zone_name(std::string_view text) noexcept {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > 253) return false;
  return all_parts(text, '.', [](std::string_view label) {
    return !label.empty() && label.size() <= 63 &&
           std::all_of(label.begin(), label.end(), [](char c) {
             return among(c, kLower) || among(c, kUpper) || among(c, kDigits) || among(c, "-_/");
           });
  });
}

bool is_service_label(std::string_view text) noexcept {
  return all_parts(text, '.', [](std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::all_of(label.begin(), label.end(),
                       [](char c) { return among(c, kLower) || among(c, kDigits) || c == '-'; });
  });
}

bool is_stage_name(std::string_view text) noexcept {
  return text.size() <= 128 && is_word(text, "-_");
}

bool is_stage_variable_name(std::string_view text) noexcept { return is_word(text, "_"); }

bool is_path_text(std::string_view text) noexcept { return is_word(text, "_-.,:~$"); }

bool is_variable_name(std::string_view text) noexcept { return is_word(text, "_-."); }

bool is_function_name(std::string_view text) noexcept {
  return text.size() <= 64 && is_word(text, "-_");
}

bool is_environment_name(std::string_view text) noexcept {
  return is_word(text, "_") && (among(text.front(), kLower) || among(text.front(), kUpper));
}

bool is_token(std::string_view text) noexcept { return is_word(text, "!#$%&'*+-.^_`|~"); }

bool is_media_type(std::string_view text) noexcept {
  const size_t slash = text.find('/');
  return slash != std::string_view::npos && is_token(text.substr(0, slash)) &&
         is_token(text.substr(slash + 1));
}

bool has_control_octet(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
  });
}

}  // namespace inlet53::topology
