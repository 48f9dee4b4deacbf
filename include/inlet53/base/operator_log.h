#pragma once

#include <string_view>

namespace inlet53 {

enum class LogLevel { Debug, Info, Warning, Error };

/// Where the daemon speaks to its operator: one line an event on stderr. Never for queries.
/// Threads: all functions any, after `set_log_level` at start.
void log(LogLevel level, std::string_view message);

inline void log_debug(std::string_view message) { log(LogLevel::Debug, message); }
inline void log_info(std::string_view message) { log(LogLevel::Info, message); }
inline void log_warning(std::string_view message) { log(LogLevel::Warning, message); }
inline void log_error(std::string_view message) { log(LogLevel::Error, message); }

/// Lines below `level` are left out. Default: Info.
void set_log_level(LogLevel level);

/// The program's name at the head of each line. Call once, before the first line.
void set_log_name(std::string_view name);

}  // namespace inlet53
