#include "log_stage.h"

#include <algorithm>
#include <cstring>

#include "lines.h"

#include "inlet53/base/check.h"
#include "inlet53/querylog/query_log.h"

namespace inlet53::querylog {

// So that a whole buffer fits behind a block's rest, and the window keeps, before the most that may
// be pending, all of a record that a refused write cut in two.
static_assert(LogStage::kBlock >= kBufferSize);

void LogStage::append(std::string_view records) noexcept {
  INLET53_CHECK(records.size() <= room());
  copy_in(records);
}

void LogStage::copy_in(std::string_view records) noexcept {
  while (!records.empty()) {
    const size_t at = end_ % kWindow;
    const size_t size = std::min(records.size(), kWindow - at);
    std::memcpy(window_.data() + at, records.data(), size);
    records.remove_prefix(size);
    end_ += size;
  }
}

int LogStage::write(LogFile& file, uint64_t until) noexcept {
  while (written_ < until) {
    const std::string_view next = piece(written_, until);
    const auto wrote = file.write(next, written_);
    if (!wrote) return wrote.error();
    written_ += *wrote;
    written_octets_ += *wrote;
    written_records_ += count_lines(next.substr(0, *wrote));
  }
  return 0;
}

void LogStage::take_back_torn_record() noexcept {
  const uint64_t oldest = end_ < kWindow ? 0 : end_ - kWindow;
  const uint64_t from = std::max(start_, oldest);
  uint64_t edge = written_;
  while (edge > from && window_.data()[(edge - 1) % kWindow] != '\n') --edge;
  written_octets_ -= written_ - edge;
  written_ = edge;
}

void LogStage::restart(uint64_t offset) {
  std::string unwritten;
  while (written_ < end_) {
    const std::string_view next = piece(written_, end_);
    unwritten += next;
    written_ += next.size();
  }
  start_ = written_ = end_ = offset;
  copy_in(unwritten);
}

uint64_t LogStage::pending_records() const noexcept {
  uint64_t records = 0;
  for (uint64_t from = written_; from < end_;) {
    const std::string_view next = piece(from, end_);
    records += count_lines(next);
    from += next.size();
  }
  return records;
}

// What lies in one piece in the window, from file offset `from` on.
std::string_view LogStage::piece(uint64_t from, uint64_t to) const noexcept {
  const size_t at = from % kWindow;
  return {window_.data() + at, std::min<size_t>(static_cast<size_t>(to - from), kWindow - at)};
}

}  // namespace inlet53::querylog
