#include "inlet53/querylog/query_log.h"

#include <utility>

#include "log_writer.h"

#include "inlet53/base/check.h"

namespace inlet53::querylog {

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
