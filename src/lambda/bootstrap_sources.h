// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// Runtime clients of inlet53: the contents of bootstrap.py and bootstrap.js. The build generates
/// the source of this header, so that an installation needs no further files.
namespace inlet53::lambda {

extern const std::string_view kPythonBootstrap;
extern const std::string_view kNodeBootstrap;

}  // namespace inlet53::lambda
