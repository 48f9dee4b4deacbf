#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace inlet53::zone {

/// The largest TTL. Source: RFC 2181 §8.
inline constexpr uint32_t kMaxTtl = 0x7FFFFFFF;

/// A time in seconds as master files write it: `3600`, or with units as BIND has them, `1h30m`
/// (w d h m s in any letter case). Absent when it is none or over `kMaxTtl`.
[[nodiscard]] std::optional<uint32_t> parse_ttl(std::string_view text) noexcept;

}  // namespace inlet53::zone
