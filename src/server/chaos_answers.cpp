// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/chaos_answers.h"

#include <utility>

#include "inlet53/base/check.h"
#include "inlet53/dns/types.h"
#include "inlet53/record/query_record.h"

namespace inlet53::server {

namespace {

constexpr auto kTxt = static_cast<uint16_t>(dns::RRType::TXT);
constexpr auto kAny = static_cast<uint16_t>(dns::RRType::ANY);
constexpr auto kChaos = static_cast<uint16_t>(dns::RRClass::CH);

using std::operator""sv;
constexpr std::string_view kVersionBind = "\7version\4bind\0"sv;
constexpr std::string_view kVersionServer = "\7version\6server\0"sv;
constexpr std::string_view kIdServer = "\2id\6server\0"sv;
constexpr std::string_view kHostnameBind = "\x08hostname\4bind\0"sv;

// Replaces the class IN of the record's JSON by CH.
std::string render(const dns::RRsetView& rrset) {
  std::string json = record::render_answers(rrset);
  const size_t at = json.rfind("\"IN\"");
  INLET53_CHECK(at != std::string::npos);
  return json.replace(at, 4, "\"CH\"");
}

}  // namespace

ChaosAnswers::Answer ChaosAnswers::make_answer(const std::string& text) {
  Answer answer;
  if (text.empty()) return answer;
  INLET53_CHECK(text.size() <= 255);
  // TTL 0: caches do not store it. RFC 1035 §3.3.14: a length, then the text.
  answer.wire.resize(dns::PreparedRecord::kHead);
  dns::PreparedRecord::write_head(answer.wire.data(), kTxt, 0, 1 + text.size(), kChaos);
  answer.wire.push_back(static_cast<uint8_t>(text.size()));
  answer.wire.insert(answer.wire.end(), text.begin(), text.end());
  return answer;
}

ChaosAnswers::ChaosAnswers(const std::string& version, const std::string& identity)
    : version_(make_answer(version)), identity_(make_answer(identity)) {
  for (Answer* answer : {&version_, &identity_}) {
    if (answer->wire.empty()) continue;
    const dns::RRsetView wire{kTxt, 1, answer->wire};
    answer->json = render(wire);
    answer->rrset = {wire, answer->json};
  }
}

// Not inlined: inlined it costs each query of class IN 2 instructions.
[[gnu::noinline, gnu::cold]] const record::AnswerRRset* ChaosAnswers::find(
    dns::NameView qname, uint16_t qtype) const noexcept {
  const std::string_view name = as_text(qname.bytes());
  const Answer* answer = nullptr;
  if (name == kVersionBind || name == kVersionServer) answer = &version_;
  if (name == kIdServer || name == kHostnameBind) answer = &identity_;
  if (answer == nullptr || answer->wire.empty() || (qtype != kTxt && qtype != kAny)) return nullptr;
  return &answer->rrset;
}

}  // namespace inlet53::server
