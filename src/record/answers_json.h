// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "inlet53/dns/name.h"
#include "inlet53/record/answer_rrset.h"

namespace inlet53::record {

/// Copies `text` to `out` and returns the end of the copy.
inline char* put(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

/// Escapes the presentation-form text of `size` bytes at `text` in place for a JSON string and
/// returns its end. Such text is printable ASCII: only `"` and `\` are escaped.
/// Requires: room for `2 * size` bytes at `text`.
char* escape_json(char* text, size_t size) noexcept;

/// Maximum number of bytes that `put_name` writes to: presentation form, each byte escaped.
inline constexpr size_t kMaxNameJson = 2 * dns::kMaxNameText;

/// Writes a name's presentation form as the content of a JSON string and returns its end.
/// Requires: kMaxNameJson bytes at `out`.
char* put_name(char* out, dns::NameView name) noexcept;

/// Returns the maximum number of bytes that `put_elements` writes to for `rrset`, with commas.
///
/// Each record has 12 bytes before its `n` bytes of RDATA in `rrset.records`. Its JSON has 52 bytes
/// around the text of its RDATA, which has at most `5 n + 64` bytes, each of them escaped at worst:
/// together `10 n + 180`, at most 15 times `12 + n`. A response of 64 KiB whose RDATA is not
/// compressed contains those `12 + n` bytes itself. So its record needs at most 983,025 bytes and
/// the text around the answers: less than 1 MiB.
[[nodiscard]] size_t max_elements(const dns::RRsetView& rrset) noexcept;

/// Writes the elements of `answers` for each record of `rrset`, a comma after each of them, and
/// returns their end. Stops before a record that might need more than the rest of `room` bytes.
char* put_elements(char* out, size_t room, const dns::RRsetView& rrset) noexcept;

/// Writes the elements of all RRsets, separated by commas. Copies those rendered in advance;
/// renders the others as `put_elements` does.
char* put_chain(char* out, size_t room, std::span<const AnswerRRset> answers) noexcept;

/// Does the same as `put_chain`, with a short path for the usual case: one RRset, rendered in
/// advance.
inline char* put_answers(char* out, size_t room, std::span<const AnswerRRset> answers) noexcept {
  if (answers.size() == 1 && !answers[0].json.empty() && answers[0].json.size() < room)
    return put(out, answers[0].json);
  return put_chain(out, room, answers);
}

}  // namespace inlet53::record
