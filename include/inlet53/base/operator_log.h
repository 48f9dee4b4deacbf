// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace inlet53 {

enum class LogLevel { Info, Warning, Error };

/// Writes one line to the operator log, stderr. For events, never for single queries. Threads: any,
/// after `set_log_name` at start.
void log(LogLevel level, std::string_view message);

inline void log_info(std::string_view message) { log(LogLevel::Info, message); }
inline void log_warning(std::string_view message) { log(LogLevel::Warning, message); }
inline void log_error(std::string_view message) { log(LogLevel::Error, message); }

/// Sets the program's name at the start of each line. Call once, before the first line.
void set_log_name(std::string_view name);

}  // namespace inlet53
