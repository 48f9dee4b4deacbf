#include "inlet53/http/url.h"

#include <algorithm>

#include "authority.h"

#include "inlet53/base/text.h"
#include "inlet53/http/message.h"

namespace inlet53::http {

namespace {

std::string compose_authority(const Url& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  std::string authority = is_v6 ? concat('[', url.host, ']') : url.host;
  if (url.port != (url.secure ? 443 : 80)) authority += concat(':', url.port);
  return authority;
}

}  // namespace

Result<Url, std::string> parse_url(std::string_view text) {
  const auto wrong = [](const char* what) { return Unexpected(std::string(what)); };
  const bool is_visible =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!is_visible) return wrong("a URL has no spaces, and no octets that are not ASCII");
  const size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return wrong("a URL begins with http:// or https://");
  Url url;
  url.secure = same_field_name(text.substr(0, scheme), "https");
  if (!url.secure && !same_field_name(text.substr(0, scheme), "http")) {
    return wrong("a URL begins with http:// or https://");
  }
  text.remove_prefix(scheme + 3);
  const size_t authority_size = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, authority_size);
  const std::string_view target = text.substr(authority_size);
  if (authority.find('@') != std::string_view::npos) return wrong("a URL has no user information");
  if (target.find('#') != std::string_view::npos) return wrong("a URL to call has no fragment");
  const auto parts = parse_authority(authority);
  if (!parts) return wrong("a URL has a host, and a port up to 65535 if any");
  if (parts->port == 0) return wrong("a port is from 1 to 65535");
  url.host = ascii_lower(parts->host);
  url.port = parts->port.value_or(url.secure ? 443 : 80);
  url.target = target.starts_with('/') ? std::string(target) : concat('/', target);
  url.authority = compose_authority(url);
  return url;
}

}  // namespace inlet53::http
