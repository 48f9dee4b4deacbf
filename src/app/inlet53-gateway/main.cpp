#include "daemon.h"
#include "options.h"

#include "inlet53/base/operator_log.h"

int main(int argc, char** argv) {
  using namespace inlet53;
  auto options = app::parse_gateway_options(argc, argv);
  if (const int* code = std::get_if<int>(&options)) return *code;
  set_log_name("inlet53-gateway");
  return app::GatewayDaemon(std::get<app::GatewayOptions>(std::move(options))).run();
}
