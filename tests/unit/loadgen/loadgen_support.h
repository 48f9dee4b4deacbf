// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "inlet53/dns/name.h"
#include "inlet53/loadgen/workload.h"

namespace inlet53::loadgen::test {

inline constexpr uint16_t kTypeA = 1;

inline dns::Name name(std::string_view text) { return dns::Name::parse_text(text).value(); }

/// A list that asks for A records.
inline QuestionList questions(std::initializer_list<std::string_view> names) {
  QuestionList list;
  for (const std::string_view text : names) list.add(name(text).view(), kTypeA);
  return list;
}

/// Returns the question of query `serial` as `name type`.
inline std::string asked(const Workload& workload, uint64_t serial) {
  std::vector<uint8_t> octets(QuestionList::kMaxQuestion);
  octets.resize(workload.write_question(serial, octets.data()));
  const auto view = dns::parse_flat_name(octets, 0).value();
  EXPECT_EQ(octets.size(), view.size() + 4);
  EXPECT_EQ(load_be16(&octets[view.size() + 2]), 1);  // IN
  return view.to_text() + ' ' + dns::type_text(load_be16(&octets[view.size()]));
}

}  // namespace inlet53::loadgen::test
