// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include <linux/filter.h>

#include "inlet53/base/ip_address.h"

namespace inlet53::net {

/// Composes the classic BPF program that accepts a segment with a source inside `allowed` and drops
/// all others. Only blocks of `family` count. Absent when the program would exceed the kernel's
/// limit (BPF_MAXINSNS, 4096 instructions): above 1023 IPv4 blocks, or 408 IPv6 blocks of the
/// longest form (454 single addresses).
/// Source: Documentation/networking/filter.rst of the kernel.
[[nodiscard]] std::optional<std::vector<sock_filter>> compose_source_filter(const CidrSet& allowed,
                                                                            IpFamily family);

}  // namespace inlet53::net
