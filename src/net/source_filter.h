// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include <linux/filter.h>

#include "inlet53/base/cidr.h"

namespace inlet53::net {

/// Composes the classic BPF program that accepts a segment when its source is inside `allowed` and
/// drops it otherwise. Only blocks of `family` count.
/// Absent when it would be longer than the kernel takes (BPF_MAXINSNS, 4096 instructions): over
/// 1023 IPv4 blocks or 408 IPv6 blocks at their longest (454 single addresses).
/// Source: Documentation/networking/filter.rst of the kernel.
[[nodiscard]] std::optional<std::vector<sock_filter>> compose_source_filter(const CidrSet& allowed,
                                                                            IpFamily family);

}  // namespace inlet53::net
