// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <exception>
#include <functional>
#include <new>
#include <system_error>
#include <thread>

/// Failures of the system that the program cannot handle: no memory, no thread, or no descriptor
/// for a required object. They are exceptions, and `run_program` reports them.
namespace inlet53 {

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
