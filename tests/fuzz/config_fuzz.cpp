// SPDX-License-Identifier: Apache-2.0

// A configuration file is rejected with messages, or becomes a consistent topology.
#include "fuzz.h"

#include "inlet53/config/config.h"
#include "inlet53/topology/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace inlet53;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto config = config::parse_config(text, "/nonexistent/fuzz.toml");
  if (config) {
    FUZZ_CHECK(topology::validate(config->topology).empty());
    return 0;
  }
  FUZZ_CHECK(!config.error().empty());
  for (const config::ConfigError& error : config.error()) {
    FUZZ_CHECK(!error.message.empty() && error.to_text().starts_with("/nonexistent/fuzz.toml"));
  }
  return 0;
}
