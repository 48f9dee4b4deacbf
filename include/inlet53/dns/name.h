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

/// Maximum size of a name in wire form. Source: RFC 1035 §2.3.4.
inline constexpr size_t kMaxName = 255;
inline constexpr size_t kMaxLabel = 63;
inline constexpr size_t kMaxLabels = 127;  // without the root

/// A domain name in wire form without compression pointers, in any letter case, borrowed. It is
/// made only from validated bytes: labels of 1 to 63 bytes, the root at the end, 1 to 255 bytes.
/// Lifetime: that of the bytes. Threads: const methods any.
class NameView {
 public:
  /// Makes the root.
  constexpr NameView() noexcept : data_(kRoot), size_(1) {}

  /// Wraps bytes that a parse function has validated. Requires: they are one whole uncompressed
  /// name.
  [[nodiscard]] static NameView from_checked(const uint8_t* data, size_t size) noexcept {
    return NameView(data, static_cast<uint8_t>(size));
  }

  [[nodiscard]] const uint8_t* data() const noexcept { return data_; }
  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] Bytes bytes() const noexcept { return {data_, size_}; }
  [[nodiscard]] bool is_root() const noexcept { return size_ == 1; }
  /// Returns the name without its first label. Requires: not the root.
  [[nodiscard]] NameView parent() const noexcept {
    return NameView(data_ + data_[0] + 1, static_cast<uint8_t>(size_ - data_[0] - 1));
  }
  [[nodiscard]] size_t label_count() const noexcept;
  /// Returns true when this is `apex` or a name below it; ignores letter case (RFC 4343).
  [[nodiscard]] bool is_at_or_below(NameView apex) const noexcept;
  /// Returns true when the names are equal; ignores letter case.
  [[nodiscard]] bool equals(NameView other) const noexcept;

  /// Returns the presentation form with the final dot, as `write_name_text` writes it.
  [[nodiscard]] std::string to_text() const;

 private:
  static constexpr uint8_t kRoot[1] = {0};
  constexpr NameView(const uint8_t* data, uint8_t size) noexcept : data_(data), size_(size) {}
  const uint8_t* data_;
  uint8_t size_;
};

/// A domain name in wire form, owned. It has at most 255 bytes and does not allocate.
class Name {
 public:
  /// Makes the root.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): only size_ bytes are read
  Name() noexcept { octets_[0] = 0; }
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): only size_ bytes are read
  explicit Name(NameView view) noexcept : size_(static_cast<uint8_t>(view.size())) {
    std::memcpy(octets_.data(), view.data(), view.size());
  }

  /// Parses presentation form; a name without the final dot counts as absolute. Absent for an empty
  /// text or label, a label of more than 63 bytes, a name of more than 255 bytes, and a malformed
  /// escape.
  [[nodiscard]] static std::optional<Name> parse_text(std::string_view text);

  /// Returns `label.name`; `label` has raw bytes. Absent when the result is too long.
  [[nodiscard]] static std::optional<Name> join(std::string_view label, NameView name);

  [[nodiscard]] NameView view() const noexcept {
    return NameView::from_checked(octets_.data(), size_);
  }
  /// Makes letters A-Z lower case.
  void fold() noexcept;

 private:
  friend struct NameParse;
  std::array<uint8_t, kMaxName> octets_;
  uint8_t size_ = 1;
};

/// A name in lower case with the start of each label, computed once for a query. Uninitialised
/// until `assign`. Labels count from the left; label `label_count()` is the root.
class FoldedName {
 public:
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): filled by assign, hot path
  FoldedName() noexcept {}

  /// Copies `name` in lower case. Cost: no allocation.
  void assign(NameView name) noexcept { static_cast<void>(assign_flat(name.bytes())); }

  /// Copies the uncompressed name at the start of `octets` in lower case. Returns its size, or 0
  /// when the name ends after `octets`, has more than 255 bytes, or has a compression pointer or
  /// another label type; this object is unspecified then. The name of a question has nothing to
  /// point to.
  [[nodiscard]] size_t assign_flat(Bytes octets) noexcept;

  [[nodiscard]] size_t label_count() const noexcept { return label_count_; }
  [[nodiscard]] NameView view() const noexcept { return suffix(0); }
  /// Returns the name from label `first` on. Requires: `first <= label_count()`.
  [[nodiscard]] NameView suffix(size_t first) const noexcept {
    return NameView::from_checked(octets_ + starts_[first],
                                  static_cast<size_t>(size_ - starts_[first]));
  }
  /// Returns the bytes of label `index` without its length. Requires: `index < label_count()`.
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

/// A name parsed from a message.
struct ParsedName {
  Name name;
  size_t end = 0;  // offset after the name
};

/// Parses the name at `offset` of `message` and follows compression pointers. Each pointer must
/// lead to a place before the labels that it ends, so that there is no loop, and a name may not
/// have more pointers than labels. Absent when the name leaves the message, a pointer leads
/// elsewhere, a label's type is neither 00 nor 11, or the name has more than 255 bytes. Source: RFC
/// 1035 §4.1.4; RFC 9267 describes attacks by malformed names.
[[nodiscard]] std::optional<ParsedName> parse_name(Bytes message, size_t offset) noexcept;

/// Parses an uncompressed name at `offset`. Absent as above, and for any pointer.
[[nodiscard]] std::optional<NameView> parse_flat_name(Bytes message, size_t offset) noexcept;

/// Returns the offset after the name at `offset`, which may be compressed; does not follow
/// pointers. Absent when malformed.
[[nodiscard]] std::optional<size_t> skip_name(Bytes message, size_t offset) noexcept;

/// Writes the presentation form of a name, with the final dot, to `out` and returns its length.
/// Within a label, `.` `\` `"` `(` `)` `;` get a backslash; the space and bytes that are not
/// printable ASCII become `\DDD`. This is the form of ldns, except that ldns does not escape the
/// quotation mark and then cannot read the name where a quoted token is allowed.
/// Requires: `kMaxNameText` bytes at `out`. Cost: no allocation. Source: RFC 1035 §5.1, RFC 4343.
size_t write_name_text(NameView name, char* out) noexcept;
inline constexpr size_t kMaxNameText = 4 * kMaxName + 1;

}  // namespace inlet53::dns
