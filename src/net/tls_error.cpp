// SPDX-License-Identifier: Apache-2.0
#include "tls_error.h"

#include <stdexcept>

#include <openssl/err.h>

#include "inlet53/base/text.h"

namespace inlet53::net {

std::string pop_tls_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  const char* reason = ERR_reason_error_string(code);
  if (reason != nullptr) return reason;
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

void require_tls(bool worked) {
  if (!worked) throw std::runtime_error(concat("OpenSSL fails: ", pop_tls_error()));
}

}  // namespace inlet53::net
