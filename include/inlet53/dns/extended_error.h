// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "inlet53/dns/types.h"

namespace inlet53::dns {

/// An extended error with its text (RFC 8914 §2). The code that finds the cause sets both, so that
/// the text always fits the code.
struct ExtendedError {
  Ede code = Ede::Other;
  /// EXTRA-TEXT, UTF-8, at most 255 bytes; empty: none. Lifetime: static, or as the owner
  /// documents.
  std::string_view text = {};

  friend bool operator==(const ExtendedError&, const ExtendedError&) = default;
  friend bool operator==(const ExtendedError& error, Ede code) { return error.code == code; }
};

}  // namespace inlet53::dns
