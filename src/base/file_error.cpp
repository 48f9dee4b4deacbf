#include "inlet53/base/file_error.h"

#include "inlet53/base/text.h"

namespace inlet53 {

std::string FileError::to_text() const {
  return line == 0 ? concat(file, ": ", message) : concat(file, ':', line, ": ", message);
}

}  // namespace inlet53
