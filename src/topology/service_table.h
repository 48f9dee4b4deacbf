// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Text of interface_endpoints.tsv. The build generates the source of this function from that file.
namespace inlet53::topology {

extern const std::string_view kServiceTable;

}  // namespace inlet53::topology
