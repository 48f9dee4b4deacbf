// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/dns/name.h"
#include "inlet53/record/answer_rrset.h"

namespace inlet53::server {

/// TXT records about the server in class CHAOS: `version.bind` and `version.server`, `id.server`
/// and `hostname.bind`. The configuration decides which of them exist.
/// Threads: const methods any. Source: RFC 4892 §3.
class ChaosAnswers {
 public:
  /// An empty text makes no record. Requires: each text has at most 255 bytes.
  ChaosAnswers(const std::string& version, const std::string& identity);
  ChaosAnswers(const ChaosAnswers&) = delete;
  ChaosAnswers& operator=(const ChaosAnswers&) = delete;

  /// Returns the answer to a question of class CHAOS; null when there is none: the query is then
  /// refused. `qname`: in lower case. Lifetime: this object's. Cost: a few comparisons.
  [[nodiscard]] const record::AnswerRRset* find(dns::NameView qname, uint16_t qtype) const noexcept;

 private:
  struct Answer {
    std::vector<uint8_t> wire;
    std::string json;
    record::AnswerRRset rrset;
  };
  static Answer make_answer(const std::string& text);

  Answer version_;
  Answer identity_;
};

}  // namespace inlet53::server
