// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "inlet53/http/message.h"

namespace inlet53::http {

/// Returns true when a session sends this field of a response: its name and value are valid (a
/// value with a line end would be a second response), and the session does not make it itself
/// (Content-Length, Transfer-Encoding, Connection and related fields, RFC 9110 §7.6.1).
[[nodiscard]] bool may_send(const Field& field) noexcept;

/// Returns true for a field whose value differs in every response, such as a request id: the
/// compression should not store it (RFC 7541 §6.2.2).
[[nodiscard]] bool is_never_repeated(std::string_view name) noexcept;

/// Returns false for a status whose responses never have a body: 204 and 304.
/// Source: RFC 9110 §6.4.1.
[[nodiscard]] constexpr bool has_body(unsigned status) noexcept {
  return status != 204 && status != 304;
}

/// Returns the reason phrase of a status; empty when there is none. Source: RFC 9110 §15, IANA.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace inlet53::http
