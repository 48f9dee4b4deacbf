#include "inlet53/base/file_error.h"

#include "inlet53/base/text.h"

namespace inlet53 {

std::string FileError::to_text() const {
  std::string place = file;
  if (line != 0) place += concat(':', line);
  if (column != 0) place += concat(':', column);
  return concat(place, ": ", message);
}

}  // namespace inlet53
