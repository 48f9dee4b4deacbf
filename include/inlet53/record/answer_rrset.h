// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "inlet53/dns/rrset_view.h"

namespace inlet53::record {

/// An RRset that can be answered and logged: its wire form and, if rendered in advance, its
/// elements of the query log's `answers` array: `{"Rdata":"10.0.12.179","Type":"A","Class":"IN"}`,
/// separated by commas, in the order of the records. An empty `json` is rendered when the query is
/// logged.
/// Lifetime: that of the table that returned it.
struct AnswerRRset {
  dns::RRsetView wire;
  std::string_view json;
};

}  // namespace inlet53::record
