// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/name.h"

#include <algorithm>

#include "fold.h"
#include "presentation.h"
#include "wire.h"

namespace inlet53::dns {

namespace {

// Label type 11. Types 01 and 10 are not in use (RFC 6891 §5).
bool is_pointer(uint8_t length) noexcept { return (length & kPointerBits) == kPointerBits; }

}  // namespace

size_t NameView::label_count() const noexcept {
  size_t count = 0;
  for (const uint8_t* at = data_; *at != 0; at += *at + 1) ++count;
  return count;
}

bool NameView::equals(NameView other) const noexcept {
  return size_ == other.size_ && fold_equal(data_, other.data_, size_);
}

bool NameView::is_at_or_below(NameView apex) const noexcept {
  NameView suffix = *this;
  while (suffix.size_ > apex.size_) suffix = suffix.parent();
  return suffix.equals(apex);
}

std::string NameView::to_text() const {
  char text[kMaxNameText];
  return {text, write_name_text(*this, text)};
}

void Name::fold() noexcept { fold_copy(octets_.data(), octets_.data(), size_); }

size_t FoldedName::assign_flat(Bytes octets) noexcept {
  const size_t limit = std::min(octets.size(), kMaxName);
  uint8_t* start = starts_;
  for (size_t at = 0; at < limit; ++start) {
    *start = static_cast<uint8_t>(at);
    const size_t length = octets[at];
    ++at;
    if (length == 0) {
      fold_copy(octets_, octets.data(), at);
      size_ = static_cast<uint8_t>(at);
      label_count_ = static_cast<uint8_t>(start - starts_);
      return at;
    }
    if (length > kMaxLabel) return 0;
    at += length;
  }
  return 0;
}

/// Builds a name label by label.
struct NameParse {
  Name name;
  size_t size = 0;  // of the labels so far

  NameParse() noexcept { name.size_ = 0; }

  // Returns false when the name would be too long with this label and the root.
  bool append(const uint8_t* label, size_t length) noexcept {
    if (length > kMaxLabel || size + 1 + length + 1 > kMaxName) return false;
    name.octets_[size] = static_cast<uint8_t>(length);
    std::memcpy(name.octets_.data() + size + 1, label, length);
    size += 1 + length;
    return true;
  }

  Name finish() noexcept {
    name.octets_[size] = 0;
    name.size_ = static_cast<uint8_t>(size + 1);
    return name;
  }
};

std::optional<Name> Name::parse_text(std::string_view text) {
  if (text == ".") return Name();
  NameParse parse;
  while (!text.empty()) {
    const auto label = parse_label_text(text);
    if (!label || label->size == 0 || !parse.append(label->octets, label->size))
      return std::nullopt;
    text.remove_prefix(label->text_size);
  }
  if (parse.size == 0) return std::nullopt;
  return parse.finish();
}

std::optional<Name> Name::join(std::string_view label, NameView name) {
  const Bytes octets = as_bytes(label);
  if (label.empty() || label.size() > kMaxLabel || 1 + label.size() + name.size() > kMaxName) {
    return std::nullopt;
  }
  Name out;
  out.octets_[0] = static_cast<uint8_t>(octets.size());
  std::memcpy(out.octets_.data() + 1, octets.data(), octets.size());
  std::memcpy(out.octets_.data() + 1 + octets.size(), name.data(), name.size());
  out.size_ = static_cast<uint8_t>(1 + octets.size() + name.size());
  return out;
}

std::optional<ParsedName> parse_name(Bytes message, size_t offset) noexcept {
  NameParse parse;
  size_t at = offset;
  size_t start = offset;  // of the labels since the last pointer, which must lead before it
  size_t end = 0;         // after the first pointer; 0: no pointer yet
  // The maximum is one pointer for each label and one to the root.
  for (size_t pointers = 0; pointers <= kMaxLabels;) {
    if (at >= message.size()) return std::nullopt;
    const uint8_t length = message[at];
    if (is_pointer(length)) {
      if (at + 2 > message.size()) return std::nullopt;
      const size_t target = load_be16(&message[at]) & kMaxPointerOffset;
      if (target >= start) return std::nullopt;
      if (end == 0) end = at + 2;
      at = start = target;
      ++pointers;
      continue;
    }
    if (length == 0) return ParsedName{parse.finish(), end != 0 ? end : at + 1};
    if (length > kMaxLabel || message.size() - at <= length) return std::nullopt;
    if (!parse.append(&message[at] + 1, length)) return std::nullopt;
    at += 1 + size_t{length};
  }
  return std::nullopt;
}

std::optional<NameView> parse_flat_name(Bytes message, size_t offset) noexcept {
  size_t at = offset;
  while (at < message.size()) {
    const uint8_t length = message[at];
    if (length > kMaxLabel) return std::nullopt;
    at += 1 + size_t{length};
    if (at - offset > kMaxName) return std::nullopt;
    if (length == 0) return NameView::from_checked(&message[offset], at - offset);
  }
  return std::nullopt;
}

std::optional<size_t> skip_name(Bytes message, size_t offset) noexcept {
  size_t at = offset;
  while (at < message.size()) {
    const uint8_t length = message[at];
    if (is_pointer(length)) {
      if (at + 2 > message.size()) return std::nullopt;
      return at + 2;
    }
    if (length > kMaxLabel) return std::nullopt;
    at += 1 + size_t{length};
    if (at - offset > kMaxName) return std::nullopt;
    if (length == 0) return at;
  }
  return std::nullopt;
}

}  // namespace inlet53::dns
