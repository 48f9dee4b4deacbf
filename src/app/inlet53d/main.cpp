// SPDX-License-Identifier: Apache-2.0
#include "daemon.h"
#include "preparation.h"

#include "inlet53/base/program.h"

int main(int argc, char** argv) {
  using namespace inlet53;
  return run_program("inlet53d", [&] {
    auto options = app::parse_options(argc, argv);
    if (const int* code = std::get_if<int>(&options)) return *code;
    return app::Daemon(std::get<app::Options>(std::move(options))).run();
  });
}
