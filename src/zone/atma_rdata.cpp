#include "atma_rdata.h"

#include <optional>
#include <string>

#include "master_scanner.h"
#include "rdata_words.h"

#include "inlet53/base/text.h"

namespace inlet53::zone {
namespace {

enum Format : uint8_t { kAesa, kE164 };

/// The digits of an address; absent when a dot does not stand between two of them.
std::optional<std::string> without_dots(std::string_view address) {
  std::string digits;
  bool may_end = false;
  for (const char c : address) {
    if (c == '.' && !may_end) return {};
    if (c != '.') digits += c;
    may_end = c != '.';
  }
  return may_end ? std::optional(digits) : std::nullopt;
}

bool is_decimal(std::string_view digits) {
  return digits.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<std::vector<uint8_t>, TextFault> parse_atma(std::string_view text) {
  const std::string_view word = take_word(text);
  const auto fail = [word] {
    return Unexpected(TextFault{"this is not + and decimal digits, or pairs of hex digits", word});
  };
  const bool is_e164 = word.starts_with('+');
  const std::optional<std::string> digits = without_dots(word.substr(is_e164 ? 1 : 0));
  if (!digits) return fail();
  std::vector<uint8_t> rdata{is_e164 ? kE164 : kAesa};
  if (is_e164) {
    if (!is_decimal(*digits)) return fail();
    rdata.insert(rdata.end(), digits->begin(), digits->end());
  } else if (!append_hex(*digits, rdata)) {
    return fail();
  }
  const std::string_view more = take_word(text);
  if (!more.empty()) return Unexpected(TextFault{"the record has no more fields", more});
  return rdata;
}

}  // namespace inlet53::zone
