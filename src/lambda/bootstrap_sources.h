// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

/// The runtime clients that inlet53 brings along, as they stand in bootstrap.py and bootstrap.js:
/// the build makes this unit's source of them, so that an installation needs no further files.
namespace inlet53::lambda {

extern const std::string_view kPythonBootstrap;
extern const std::string_view kNodeBootstrap;

}  // namespace inlet53::lambda
