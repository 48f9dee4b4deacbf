// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "inlet53/base/bytes.h"

namespace inlet53::dns {

/// Source: RFC 1035 §2.3.4.
inline constexpr size_t kMaxName = 255;
inline constexpr size_t kMaxLabel = 63;
inline constexpr size_t kMaxLabels = 127;  // without the root

/// A domain name in flat wire form (no compression pointers), in any letter case, borrowed.
/// Made only from checked octets: label lengths are 1-63, it ends with the root, 1-255 octets.
/// Lifetime: the octets'. Threads: const methods any.
class NameView {
 public:
  /// The root.
  constexpr NameView() noexcept : data_(kRoot), size_(1) {}

  /// Requires: `octets` is a whole flat name, as a parse function found it.
  [[nodiscard]] static NameView from_checked(const uint8_t* data, size_t size) noexcept {
    return NameView(data, static_cast<uint8_t>(size));
  }

  [[nodiscard]] const uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] Bytes bytes() const noexcept { return {data_, size_}; }
  [[nodiscard]] bool is_root() const noexcept { return size_ == 1; }
  /// The name without its first label. Requires: not the root.
  [[nodiscard]] NameView parent() const noexcept {
    return NameView(data_ + data_[0] + 1, static_cast<uint8_t>(size_ - data_[0] - 1));
  }
  [[nodiscard]] size_t label_count() const noexcept;
  /// True when this is `apex` or a name below it; letter case does not count (RFC 4343).
  [[nodiscard]] bool is_at_or_below(NameView apex) const noexcept;
  /// Equal, letter case aside.
  [[nodiscard]] bool equals(NameView other) const noexcept;

  /// Presentation form with the final dot, as `write_name_text` has it.
  [[nodiscard]] std::string to_text() const;

 private:
  static constexpr uint8_t kRoot[1] = {0};
  constexpr NameView(const uint8_t* data, uint8_t size) noexcept : data_(data), size_(size) {}
  const uint8_t* data_;
  uint8_t size_;
};

/// A domain name in flat wire form, owned. At most 255 octets, on the stack.
class Name {
 public:
  /// The root.
  Name() noexcept { octets_[0] = 0; }
  explicit Name(NameView view) noexcept : size_(static_cast<uint8_t>(view.size())) {
    std::memcpy(octets_.data(), view.data(), view.size());
  }

  /// From presentation form; a name without the final dot counts as complete. Absent when it is or
  /// has an empty label, a label is over 63 octets, the whole is over 255, or an escape is broken.
  [[nodiscard]] static std::optional<Name> parse_text(std::string_view text);

  /// `label.name` (the label as raw octets). Absent when too long.
  [[nodiscard]] static std::optional<Name> join(std::string_view label, NameView name);

  [[nodiscard]] NameView view() const noexcept {
    return NameView::from_checked(octets_.data(), size_);
  }
  /// A-Z become a-z.
  void fold() noexcept;

 private:
  friend struct NameParse;
  std::array<uint8_t, kMaxName> octets_;
  uint8_t size_ = 1;
};

/// A name in lower case with the start of each label, made once for a query. Left uninitialised
/// until `assign`. Labels count from the left; label `label_count()` is the root.
class FoldedName {
 public:
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): filled by assign, hot path
  FoldedName() noexcept {}

  /// Copies `name` in lower case. Cost: no allocation.
  void assign(NameView name) noexcept { static_cast<void>(assign_flat(name.bytes())); }

  /// The same for the flat name that `octets` begin with: no pointers allowed (the question of a
  /// query has nothing to point to). Returns its size, or 0 when it leaves them, is over 255
  /// octets, or has a label that is no plain one; what this holds is unspecified then.
  [[nodiscard]] size_t assign_flat(Bytes octets) noexcept;

  [[nodiscard]] size_t label_count() const noexcept { return label_count_; }
  [[nodiscard]] NameView view() const noexcept { return suffix(0); }
  /// The name from label `first` on. Requires: `first <= label_count()`.
  [[nodiscard]] NameView suffix(size_t first) const noexcept {
    return NameView::from_checked(octets_ + starts_[first],
                                  static_cast<size_t>(size_ - starts_[first]));
  }
  /// Octets of label `index`, without its length. Requires: `index < label_count()`.
  [[nodiscard]] Bytes label(size_t index) const noexcept {
    const uint8_t* at = octets_ + starts_[index];
    return {at + 1, at[0]};
  }

 private:
  uint8_t octets_[kMaxName];
  uint8_t starts_[kMaxLabels + 1];
  uint8_t size_;
  uint8_t label_count_;
};

/// What `parse_name` found in a message.
struct ParsedName {
  Name name;
  size_t end = 0;  // offset of the octet after the name, where it stands
};

/// Parses a name at `offset` of `message`, following compression pointers. Each must lead before
/// the labels that it ends, so that none can loop, and there may be no more than a name has labels.
/// Absent when it leaves the message, a pointer leads elsewhere, a label's type is neither 00 nor
/// 11, or it is over 255 octets. Source: RFC 1035 §4.1.4; RFC 9267 says what happens otherwise.
[[nodiscard]] std::optional<ParsedName> parse_name(Bytes message, size_t offset) noexcept;

/// Finds the end of a flat name at `offset`: no pointers allowed. Absent as above.
[[nodiscard]] std::optional<NameView> parse_flat_name(Bytes message, size_t offset) noexcept;

/// Offset after the possibly compressed name at `offset`, without following it. Absent when broken.
[[nodiscard]] std::optional<size_t> skip_name(Bytes message, size_t offset) noexcept;

/// Writes a name's presentation form, with the final dot, at `out` and returns its length.
/// `.` `\` `"` `(` `)` `;` within a label stand behind a backslash, what is not printable ASCII,
/// and the space, as `\DDD`: as ldns does, but for the quotation mark, which it leaves bare and
/// then does not read back where a token may be quoted.
/// Requires: `kMaxNameText` octets at `out`. Cost: no allocation. Source: RFC 1035 §5.1, RFC 4343.
size_t write_name_text(NameView name, char* out) noexcept;
inline constexpr size_t kMaxNameText = 4 * kMaxName + 1;

}  // namespace inlet53::dns
