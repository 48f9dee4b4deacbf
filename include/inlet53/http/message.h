// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/http/body_budget.h"

/// HTTP messages as values, independent of the HTTP version.
/// Source: RFC 9110.
namespace inlet53::http {

/// One field line as sent: the name keeps its letter case (HTTP/2 sends lower case); the value has
/// no surrounding white space.
struct Field {
  std::string name;
  std::string value;

  friend bool operator==(const Field&, const Field&) = default;
};

using Fields = std::vector<Field>;

/// Returns the first field of that name; null when there is none. Ignores letter case.
/// Lifetime: until `fields` changes.
[[nodiscard]] const Field* find_field(const Fields& fields, std::string_view name) noexcept;

/// Compares two field names. Ignores the letter case of ASCII (RFC 9110 §5.1).
[[nodiscard]] bool same_field_name(std::string_view one, std::string_view other) noexcept;

/// Returns true when a text is valid as a field name: a token (RFC 9110 §5.1).
[[nodiscard]] bool is_field_name(std::string_view text) noexcept;

/// Returns true when a text is valid as a field value: no control byte except HTAB, no surrounding
/// white space; it may be empty (RFC 9110 §5.5). Sessions omit fields with an invalid name or
/// value.
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

enum class Version : uint8_t { Http10, Http11, Http2 };

/// Request. `body` is empty until its body has arrived.
struct Request {
  std::string method;     // as sent
  std::string target;     // path and query as sent, `/a%20b?c=d`; `*` of OPTIONS
  std::string authority;  // Host or :authority as sent; that of an absolute target; may be empty
  Version version = Version::Http11;
  /// In order of arrival, with Host (made from :authority for HTTP/2), without pseudo-header
  /// fields. Trailer fields are dropped (RFC 9110 §6.5.1).
  Fields fields;
  std::string body;  // without its transfer coding
  /// Memory of `body` in the server's budget; moves along with it. `Client::start` describes how
  /// long a client holds that of its request.
  BodyCharge charge{};
};

/// Complete response. The session that sends it adds the framing fields (Content-Length,
/// Connection).
struct Response {
  uint16_t status = 200;  // 200-599
  Fields fields;          // without Content-Length, Transfer-Encoding, Connection, Keep-Alive
  std::string body;       // not sent in response to HEAD, but counted
  /// Memory that it already has in the server's budget; moves along with `body`. A session requests
  /// the rest.
  BodyCharge charge{};
};

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
