#pragma once

#include <cstdint>
#include <string>

namespace inlet53 {

/// Why a file that the configuration names was refused.
struct FileError {
  std::string file;   // the one where the fault is
  uint32_t line = 0;  // from 1; 0 when the whole file is meant
  std::string message;
  uint32_t column = 0;  // from 1, in octets; 0 when the whole line is meant

  [[nodiscard]] std::string to_text() const;  // `zones/corp.zone:12:7: …`
};

}  // namespace inlet53
