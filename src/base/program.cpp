// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/program.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

#include <fcntl.h>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"

namespace inlet53 {

namespace {

// Without memory, the operator log may throw too.
void report(const char* failure) noexcept {
  try {
    log_error(concat("ended by a failure: ", failure));
  } catch (const std::exception&) {
    std::fprintf(stderr, "ended by a failure: %s\n", failure);
  }
}

[[noreturn]] void end_by_exception() noexcept {
  if (const std::exception_ptr thrown = std::current_exception()) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      report(failure_text(error));
    } catch (...) {
      report("an exception of an unknown type");
    }
    std::_Exit(kExitFailure);
  }
  std::abort();
}

// Lost output (for example because of a full disk) is a failure.
int code_with_output(std::string_view name, int code) {
  std::cout.flush();
  if (std::cout) return code;
  std::cerr << name << ": cannot write the output\n";
  return code == kExitOk ? kExitFailure : code;
}

}  // namespace

int run_program(std::string_view name, const std::function<int()>& run) noexcept {
  std::set_terminate(end_by_exception);
  if (!open_standard_streams()) {
    std::perror("cannot open /dev/null in place of a closed standard stream");
    return kExitFailure;
  }
  try {
    set_log_name(name);
    return code_with_output(name, run());
  } catch (const std::exception& error) {
    report(failure_text(error));
    return kExitFailure;
  }
}

bool open_standard_streams() noexcept {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1) continue;
    const char* const path = stream == STDOUT_FILENO ? "/dev/full" : "/dev/null";
    // The lowest free number is this one.
    if (open(path, stream == STDIN_FILENO ? O_RDONLY : O_WRONLY) != stream) return false;
  }
  return true;
}

}  // namespace inlet53
