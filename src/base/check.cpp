// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/check.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace inlet53 {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, expression);
  std::abort();
}

std::thread start_thread(std::function<void()> run) {
  try {
    return std::thread(std::move(run));
  } catch (const std::system_error& error) {
    throw std::system_error(error.code(), "cannot start a thread");
  }
}

const char* failure_text(const std::exception& error) noexcept {
  const bool is_memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  return is_memory ? "not enough memory" : error.what();
}

}  // namespace inlet53
