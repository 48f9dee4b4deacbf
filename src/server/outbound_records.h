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

/// Writes query log records for queries through outbound endpoints: one record per question,
/// independent of the number of clients that wait for it and of queries to targets.
/// Threads: the worker's. Cost: as RecordWriter.
/// Source: Route 53 Developer Guide, "Resolver query logging": queries through an outbound endpoint
/// are logged with its id in `srcids`.
class OutboundRecords {
 public:
  /// `log`: null: no records.
  explicit OutboundRecords(querylog::LogAppender* log) : log_(log) {}

  /// Writes a record. `response`: the response of the targets of `rule` to `question`, or our
  /// SERVFAIL.
  void write(const resolver::ForwardRule& rule, const resolver::ForwardQuestion& question,
             const cache::ReceivedResponse& response, const forward::SentFrom& from, Now now);

 private:
  querylog::LogAppender* const log_;
  record::RecordWriter records_;
};

}  // namespace inlet53::server
