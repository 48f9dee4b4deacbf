// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "inlet53/base/clock.h"
#include "inlet53/cache/cache.h"
#include "inlet53/forward/forwarder.h"
#include "inlet53/querylog/query_log.h"
#include "inlet53/record/query_record.h"
#include "inlet53/resolver/decision.h"
#include "inlet53/resolver/rule_index.h"

namespace inlet53::server {

/// Writes the query log's records of queries that left by outbound endpoints: one for each question
/// that targets were asked, however many clients waited and however often it was sent.
/// Threads: its worker's. Cost: as RecordWriter.
/// Source: Route 53 Developer Guide, "Resolver query logging": queries that go out by an outbound
/// endpoint are logged, with its id in `srcids`.
class OutboundRecords {
 public:
  /// `log`: null: none are written.
  explicit OutboundRecords(querylog::LogAppender* log) : log_(log) {}

  /// `response` is what the targets of `rule` said to `question`, or our SERVFAIL when none did.
  void write(const resolver::ForwardRule& rule, const resolver::ForwardQuestion& question,
             const cache::ReceivedResponse& response, const forward::SentFrom& from, Now now);

 private:
  querylog::LogAppender* const log_;
  record::RecordWriter records_;
};

}  // namespace inlet53::server
