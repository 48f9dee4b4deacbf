// SPDX-License-Identifier: Apache-2.0
#include "outbound_records.h"

#include <algorithm>
#include <array>

namespace inlet53::server {

namespace {

record::Transport transport_of(forward::SentFrom::Via via) noexcept {
  switch (via) {
    case forward::SentFrom::Via::Udp:
      return record::Transport::Udp;
    case forward::SentFrom::Via::Tcp:
      return record::Transport::Tcp;
    case forward::SentFrom::Via::Tls:
      return record::Transport::Dot;
  }
  return record::Transport::Udp;
}

}  // namespace

void OutboundRecords::write(const resolver::ForwardRule& rule,
                            const resolver::ForwardQuestion& question,
                            const cache::ReceivedResponse& response, const forward::SentFrom& from,
                            Now now) {
  if (log_ == nullptr) return;
  const resolver::OutboundAddress& left_by = rule.left_by(from.address);
  records_.set_origin(left_by.fragments, now.wall_seconds);

  std::array<record::AnswerRRset, cache::kMaxCachedAnswers> answers;
  const size_t count = std::min(response.answers.size(), answers.size());
  for (size_t i = 0; i < count; ++i)
    answers[i] = {response.answers[i].wire, response.answers[i].text};

  record::QueryRecord record;
  record.qname = question.qname;
  record.qtype = question.qtype;
  record.rcode = response.rcode;
  record.answers = {answers.data(), count};
  record.source = left_by.address;
  record.source_port = from.address.port;
  record.transport = transport_of(from.via);
  char* out = log_->reserve(records_.max_size(record));
  if (out == nullptr) return;  // the appender counts the lost record
  log_->commit(records_.write(record, out));
}

}  // namespace inlet53::server
