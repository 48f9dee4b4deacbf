// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace inlet53 {

/// Logs the failed condition with file and line, then aborts. Only INLET53_CHECK calls it.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

}  // namespace inlet53

/// Aborts with file and line when `condition` is false, in every build. For bugs, never for input.
#define INLET53_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::inlet53::check_failed(#condition, __FILE__, __LINE__))
