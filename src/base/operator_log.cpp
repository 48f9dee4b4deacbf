// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/operator_log.h"

#include <cstdlib>
#include <memory>
#include <string>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace inlet53 {

namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    // https://no-color.org: any value that is not empty turns colour off.
    const char* no_color = std::getenv("NO_COLOR");
    const auto mode = no_color != nullptr && *no_color != '\0' ? spdlog::color_mode::never
                                                               : spdlog::color_mode::automatic;
    auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(mode);
    auto made = std::make_shared<spdlog::logger>("inlet53", std::move(sink));
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %n: %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

}  // namespace

void log(LogLevel level, std::string_view message) {
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::info, spdlog::level::warn,
                                                   spdlog::level::err};
  logger().log(kLevels[static_cast<size_t>(level)],
               spdlog::string_view_t(message.data(), message.size()));
}

void set_log_name(std::string_view name) {
  logger().set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ " + std::string(name) + ": %v",
                       spdlog::pattern_time_type::utc);
}

}  // namespace inlet53
