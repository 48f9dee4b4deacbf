#include "refusal_log.h"

#include <utility>

#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53::lambda {

RefusalLog::RefusalLog(net::Loop& loop, std::string function, uint64_t pause_ms)
    : function_(std::move(function)),
      pause_ms_(pause_ms),
      pause_(loop, [this] { report_more(); }) {}

void RefusalLog::add(std::string_view reason) {
  if (pause_.active()) {
    ++more_;
    last_reason_ = reason;
    return;
  }
  log_warning(concat("function ", function_, ": an invocation is refused: ", reason));
  pause_.start(pause_ms_);
}

void RefusalLog::report_more() {
  if (more_ == 0) return;
  log_warning(concat("function ", function_, ": ", std::exchange(more_, 0),
                     " more invocations were refused, the last one: ", last_reason_));
  pause_.start(pause_ms_);
}

}  // namespace inlet53::lambda
