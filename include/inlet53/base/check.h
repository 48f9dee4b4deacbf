// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace inlet53 {

/// Says where a broken invariant was found, then aborts. Used by INLET53_CHECK only.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace inlet53

/// Aborts with file and line when `condition` is false, in every build. For bugs, never for input.
#define INLET53_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::inlet53::check_failed(#condition, __FILE__, __LINE__))
