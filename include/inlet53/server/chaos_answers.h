// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inlet53/dns/name.h"
#include "inlet53/record/answer_rrset.h"

namespace inlet53::server {

/// What the server says of itself in class CHAOS, when it is told to: the TXT records of
/// `version.bind` and `version.server`, `id.server` and `hostname.bind`.
/// Threads: const methods any. Source: RFC 4892 §3.
class ChaosAnswers {
 public:
  /// A text that is empty is not told. Requires: at most 255 octets each.
  ChaosAnswers(const std::string& version, const std::string& identity);
  ChaosAnswers(const ChaosAnswers&) = delete;
  ChaosAnswers& operator=(const ChaosAnswers&) = delete;

  /// The answer to a question of class CHAOS; null when there is none, and it is refused.
  /// `qname`: in lower case. Lifetime: this object's. Cost: some comparisons; no allocation.
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
