// SPDX-License-Identifier: Apache-2.0
#include "inlet53/server/forward_refusal.h"

namespace inlet53::server {

namespace {

struct Described {
  std::string_view name;
  std::string_view text;
};

constexpr std::array<Described, kForwardRefusals> kDescribed{{
    {"queries_full", "too many queries wait for targets"},
    {"memory_full", "the queries that wait for targets take too much memory"},
    {"client_limit", "too many queries of this client wait for targets"},
    {"client_share", "this client has its share of the queries that may wait for targets"},
    {"client_memory", "this client has its share of the memory of queries that wait for targets"},
    {"client_questions", "this client has its share of the questions that may wait for targets"},
    {"client_at_targets", "this client has its share of the places at the targets of the rule"},
    {"question_full", "too many queries wait for the answer to this question"},
    {"questions_full", "too many questions wait for targets"},
    {"targets_full", "too many questions wait for the targets of the rule"},
    {"too_many_questions", "this query has led to too many questions for targets"},
    {"not_sent", ""},
}};

}  // namespace

std::string_view name_of(ForwardRefusal refusal) noexcept {
  return kDescribed[static_cast<size_t>(refusal)].name;
}

std::string_view text_of(ForwardRefusal refusal) noexcept {
  return kDescribed[static_cast<size_t>(refusal)].text;
}

}  // namespace inlet53::server
