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

/// Makes the presentation-form text of `size` octets at `text` the content of a JSON string, where
/// it stands, and returns its end. Such text is printable ASCII: only `"` and `\` are escaped.
/// Requires: room for `2 * size` octets at `text`.
char* escape_json(char* text, size_t size) noexcept;

/// Octets that `put_name` may write to: presentation form, each octet of it escaped.
inline constexpr size_t kMaxNameJson = 2 * dns::kMaxNameText;

/// Writes a name's presentation form as the content of a JSON string and returns its end.
/// Requires: kMaxNameJson octets at `out`.
char* put_name(char* out, dns::NameView name) noexcept;

/// The most octets that `put_elements` may write to for `rrset`, commas included.
///
/// Each record stands in `rrset.records` with 12 octets of its own before `n` of RDATA. It takes
/// 52 octets of JSON around the text of its RDATA, which has at most `5 n + 64` octets, each of
/// them escaped at worst: `10 n + 180`, at most 15 times `12 + n`. A response of 64 KiB whose RDATA
/// is not compressed holds those `12 + n` octets itself, so that its record needs 983,025 octets at
/// most, and what stands around the answers: less than 1 MiB.
[[nodiscard]] size_t max_elements(const dns::RRsetView& rrset) noexcept;

/// Writes the elements of `answers` for each record of `rrset`, a comma after each of them, and
/// returns their end. Stops before a record that might need more than is left of `room` octets.
char* put_elements(char* out, size_t room, const dns::RRsetView& rrset) noexcept;

/// Writes the elements of all RRsets, joined by commas: those rendered ahead by a copy, the others
/// as `put_elements` does.
char* put_chain(char* out, size_t room, std::span<const AnswerRRset> answers) noexcept;

/// The same, with nothing around the usual case: one RRset, rendered ahead.
inline char* put_answers(char* out, size_t room, std::span<const AnswerRRset> answers) noexcept {
  if (answers.size() == 1 && !answers[0].json.empty() && answers[0].json.size() < room)
    return put(out, answers[0].json);
  return put_chain(out, room, answers);
}

}  // namespace inlet53::record
