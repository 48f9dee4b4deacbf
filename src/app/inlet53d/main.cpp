#include "daemon.h"
#include "options.h"

#include "inlet53/base/operator_log.h"

int main(int argc, char** argv) {
  using namespace inlet53;
  auto options = app::parse_options(argc, argv);
  if (const int* code = std::get_if<int>(&options)) return *code;
  set_log_name("inlet53d");
  return app::Daemon(std::get<app::Options>(std::move(options))).run();
}
