// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "inlet53/http/body_budget.h"

/// HTTP messages as values, the same for every version of HTTP.
/// Source: RFC 9110.
namespace inlet53::http {

/// One field line, as it was sent: letter case of the name kept (HTTP/2 sends lower case), the
/// value without white space around it.
struct Field {
  std::string name;
  std::string value;

  friend bool operator==(const Field&, const Field&) = default;
};

using Fields = std::vector<Field>;

/// The first field of that name; null when there is none. Letter case does not count.
/// Lifetime: until `fields` changes.
[[nodiscard]] const Field* find_field(const Fields& fields, std::string_view name) noexcept;

/// Whether two field names are the same: letter case of ASCII does not count (RFC 9110 §5.1).
[[nodiscard]] bool same_field_name(std::string_view one, std::string_view other) noexcept;

/// Whether a text can be a field's name: a token (RFC 9110 §5.1).
[[nodiscard]] bool is_field_name(std::string_view text) noexcept;

/// Whether a text can be a field's value: no control octet but HTAB, no white space around it; may
/// be empty (RFC 9110 §5.5). Sessions leave fields out whose name or value is none.
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

enum class Version : uint8_t { Http10, Http11, Http2 };

/// A request. Until its body has come, `body` is empty.
struct Request {
  std::string method;     // as sent
  std::string target;     // path and query as sent, `/a%20b?c=d`; `*` of OPTIONS
  std::string authority;  // Host or :authority as sent; of an absolute target its own; may be empty
  Version version = Version::Http11;
  /// In the order in which they came, Host among them (made from :authority for HTTP/2), without
  /// pseudo-header fields; trailer fields are dropped (RFC 9110 §6.5.1).
  Fields fields;
  std::string body;  // decoded from its transfer coding
  /// The room that `body` has in the server's budget; moves along with it. `Client::start` says how
  /// long a client holds that of its request.
  BodyCharge charge{};
};

/// A whole response. The session that sends it adds what frames it (Content-Length, Connection).
struct Response {
  uint16_t status = 200;  // 200-599
  Fields fields;          // none of Content-Length, Transfer-Encoding, Connection, Keep-Alive
  std::string body;       // left out in answer to HEAD, but counted
  /// The room that it has in the server's budget already; moves along with `body`. A session asks
  /// for what is missing.
  BodyCharge charge{};
};

}  // namespace inlet53::http
