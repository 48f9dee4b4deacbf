// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// The text of interface_endpoints.tsv. The build makes the source of this header from that file.
namespace inlet53::topology {

extern const std::string_view kServiceTable;

}  // namespace inlet53::topology
