// SPDX-License-Identifier: Apache-2.0
#include "chunked_reader.h"

#include <algorithm>
#include <string_view>

#include "inlet53/http/message.h"

namespace inlet53::http {

namespace {

// A size of 16 digits fits in 64 bits; further leading zeros are useless.
constexpr uint8_t kMaxDigits = 16;

int hex_value(uint8_t octet) noexcept {
  if (octet >= '0' && octet <= '9') return octet - '0';
  if (octet >= 'a' && octet <= 'f') return octet - 'a' + 10;
  if (octet >= 'A' && octet <= 'F') return octet - 'A' + 10;
  return -1;
}

bool is_token_octet(uint8_t octet) noexcept {
  const char c = static_cast<char>(octet);
  return is_field_name({&c, 1});
}

}  // namespace

ChunkedReader::ReadResult ChunkedReader::read(Bytes stream, uint64_t max_body, std::string& body,
                                              size_t& consumed) {
  consumed = 0;
  while (consumed < stream.size() && place_ < Place::Complete) {
    if (place_ == Place::Data) {
      const size_t size = std::min<uint64_t>(left_, stream.size() - consumed);
      body += as_text(stream.subspan(consumed, size));
      consumed += size;
      left_ -= size;
      if (left_ == 0) place_ = Place::DataEnd;
      continue;
    }
    place_ = after(stream[consumed++]);
    // Refused as soon as the size is known, before any of its bytes.
    if (place_ == Place::SizeEnd && left_ > max_body - body.size()) return ReadResult::TooLarge;
  }
  if (place_ == Place::Complete) return ReadResult::Complete;
  return place_ == Place::Malformed ? ReadResult::Malformed : ReadResult::Incomplete;
}

ChunkedReader::Place ChunkedReader::after(uint8_t octet) noexcept {
  const auto expect = [octet](char wanted, Place next) {
    return octet == static_cast<uint8_t>(wanted) ? next : Place::Malformed;
  };
  switch (place_) {
    case Place::Size:
      return after_size_octet(octet);
    case Place::Extension:
      if (octet == '\r') return Place::SizeEnd;
      return is_dropped_text(octet) ? Place::Extension : Place::Malformed;
    case Place::SizeEnd:
      digits_ = 0;
      return expect('\n', left_ == 0 ? Place::TrailerLine : Place::Data);
    case Place::DataEnd:
      return expect('\r', Place::DataEndLf);
    case Place::DataEndLf:
      return expect('\n', Place::Size);
    case Place::TrailerLine:
    case Place::TrailerName:
    case Place::TrailerValue:
      if (octet != '\r' && !is_dropped_text(octet)) return Place::Malformed;
      return after_trailer_octet(octet);
    case Place::TrailerEnd:
      return expect('\n', Place::TrailerLine);
    case Place::End:
      return expect('\n', Place::Complete);
    case Place::Data:
    case Place::Complete:
    case Place::Malformed:
      break;
  }
  return Place::Malformed;
}

ChunkedReader::Place ChunkedReader::after_size_octet(uint8_t octet) noexcept {
  const int value = hex_value(octet);
  if (value >= 0) {
    if (digits_ == kMaxDigits) return Place::Malformed;
    left_ = (digits_ == 0 ? 0 : left_ << 4) | static_cast<uint64_t>(value);
    ++digits_;
    return Place::Size;
  }
  if (digits_ == 0) return Place::Malformed;
  if (octet == '\r') return Place::SizeEnd;
  return octet == ';' ? Place::Extension : Place::Malformed;
}

ChunkedReader::Place ChunkedReader::after_trailer_octet(uint8_t octet) const noexcept {
  switch (place_) {
    case Place::TrailerLine:
      if (octet == '\r') return Place::End;
      return is_token_octet(octet) ? Place::TrailerName : Place::Malformed;
    case Place::TrailerName:
      if (octet == ':') return Place::TrailerValue;
      return is_token_octet(octet) ? Place::TrailerName : Place::Malformed;
    default:
      return octet == '\r' ? Place::TrailerEnd : Place::TrailerValue;
  }
}

// Counts a dropped byte, so that their number is limited.
bool ChunkedReader::is_dropped_text(uint8_t octet) noexcept {
  if (++overhead_ > kMaxOverhead) return false;
  return (octet >= 0x20 && octet != 0x7f) || octet == '\t';
}

}  // namespace inlet53::http
