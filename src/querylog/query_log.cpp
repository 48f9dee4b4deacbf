// SPDX-License-Identifier: Apache-2.0
#include "inlet53/querylog/query_log.h"

#include <utility>

#include "buffer_ring.h"
#include "log_writer.h"

#include "inlet53/base/check.h"

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

Result<std::unique_ptr<QueryLog>, std::string> QueryLog::open(const settings::QueryLog& settings,
                                                              size_t workers) {
  INLET53_CHECK(!settings.file.empty() && settings.buffers_per_worker > 0);
  auto writer = LogWriter::start(settings, workers);
  if (!writer) return Unexpected(writer.error());
  return std::unique_ptr<QueryLog>(new QueryLog(std::move(*writer), workers));
}

QueryLog::QueryLog(std::unique_ptr<LogWriter> writer, size_t workers) : writer_(std::move(writer)) {
  for (size_t i = 0; i < workers; ++i) {
    appenders_.push_back(std::make_unique<LogAppender>(writer_->ring(i)));
  }
}

QueryLog::~QueryLog() = default;

void QueryLog::close() noexcept { writer_->stop(); }

void QueryLog::reopen() noexcept { writer_->reopen(); }

void QueryLog::stop_waiting() noexcept { writer_->stop_waiting(); }

QueryLogCounts QueryLog::counts() const noexcept { return writer_->counts(); }

}  // namespace inlet53::querylog
