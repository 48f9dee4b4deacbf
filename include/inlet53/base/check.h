// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <exception>
#include <functional>
#include <new>
#include <system_error>
#include <thread>

namespace inlet53 {

/// Logs the failed condition with file and line, then aborts. Only INLET53_CHECK calls it.
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;

/// Failures of the system that the program cannot handle: no memory, no thread, or no descriptor
/// for a required object. They are exceptions, and `run_program` reports them.

/// Throws std::bad_alloc when `gave` is false: the system or a library had no memory.
inline void require_memory(bool gave) {
  if (!gave) throw std::bad_alloc();
}

/// Throws std::system_error when `worked` is false. `what`: the message, "cannot make an event
/// loop". `error`: an errno.
inline void require_system(bool worked, const char* what, int error = errno) {
  if (!worked) throw std::system_error(error, std::generic_category(), what);
}

/// Starts a thread. Throws std::system_error when the system gives none.
[[nodiscard]] std::thread start_thread(std::function<void()> run);

/// Returns the text of an exception for the operator log. Lifetime: the exception's.
[[nodiscard]] const char* failure_text(const std::exception& error) noexcept;

}  // namespace inlet53

/// Aborts with file and line when `condition` is false, in every build. For bugs, never for input.
#define INLET53_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::inlet53::check_failed(#condition, __FILE__, __LINE__))
