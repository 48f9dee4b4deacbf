#include "head_scanner.h"

namespace inlet53::http {

HeadScanner::Finding HeadScanner::scan(Bytes stream) noexcept {
  for (; next_ < stream.size(); ++next_) {
    // Nearly all octets are of this kind: a loop of their own, without stores.
    size_t at = next_;
    while (at < stream.size() && stream[at] > ' ' && stream[at] != 0x7f) ++at;
    next_ = at;
    if (at == stream.size()) break;
    const uint8_t octet = stream[at];
    if (octet == ' ' || octet == '\t') {
      if (next_ == line_start_) return Finding::Malformed;
      continue;
    }
    if (octet != '\r') return Finding::Malformed;
    if (next_ + 1 == stream.size()) return Finding::Incomplete;
    if (stream[next_ + 1] != '\n') return Finding::Malformed;
    const bool empty = next_ == line_start_;
    ++next_;
    line_start_ = next_ + 1;
    if (empty) {
      ++next_;
      return lines_ == 0 ? Finding::Malformed : Finding::Complete;
    }
    ++lines_;
  }
  return Finding::Incomplete;
}

}  // namespace inlet53::http
