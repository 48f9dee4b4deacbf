#pragma once

#include <string>

#include "inlet53/base/result.h"
#include "inlet53/loadgen/workload.h"

namespace inlet53::loadgen {

/// Reads names to ask for, one a line, `name` or `name type`, as dnsperf reads them. A name without
/// the final dot is complete; empty lines and lines that begin with `#` or `;` are passed over;
/// `default_type` is asked where a line has none.
/// The error is `FILE:LINE: what` for the first bad line, or says that the file can't be read or
/// names nothing. Threads: any. Cost: linear; memory for the questions only.
[[nodiscard]] Result<QuestionList, std::string> read_names_file(const std::string& file,
                                                                uint16_t default_type);

}  // namespace inlet53::loadgen
