#include "buffer_ring.h"

#include "inlet53/base/check.h"
#include "inlet53/querylog/query_log.h"

namespace inlet53::querylog {

void LogAppender::flush() noexcept {
  if (!pending()) return;
  ring_.publish(cursor_, records_);
  flushed_ = cursor_;
}

char* LogAppender::reserve_in_next_buffer(size_t size) noexcept {
  INLET53_CHECK(size > 0 && size <= kBufferSize);
  flush();
  if (cursor_ != nullptr) ring_.hand_over();

  cursor_ = ring_.next_buffer();
  while (cursor_ == nullptr && ring_.wait_for_buffer()) cursor_ = ring_.next_buffer();

  flushed_ = cursor_;
  records_ = 0;
  end_ = cursor_ == nullptr ? nullptr : cursor_ + kBufferSize;
  if (cursor_ == nullptr) ring_.count_drop();
  return cursor_;
}

}  // namespace inlet53::querylog
