// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "inlet53/http/message.h"

namespace inlet53::http {

/// Whether a session sends this field of a response: its name and value are ones (a value with a
/// line end would be a second response), and the session does not make it itself
/// (Content-Length, Transfer-Encoding, Connection and its kin, RFC 9110 §7.6.1).
[[nodiscard]] bool may_send(const Field& field) noexcept;

/// Whether no two responses have the same value of this field, as ids of requests: compressing a
/// head gains nothing by remembering it (RFC 7541 §6.2.2).
[[nodiscard]] bool is_never_repeated(std::string_view name) noexcept;

/// Whether a response of that status has a body in any case: 204 and 304 have none.
/// Source: RFC 9110 §6.4.1.
[[nodiscard]] constexpr bool has_body(unsigned status) noexcept {
  return status != 204 && status != 304;
}

/// The reason phrase of a status; empty when there is none. Source: RFC 9110 §15, IANA.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace inlet53::http
