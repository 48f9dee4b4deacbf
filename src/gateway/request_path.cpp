// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/request_path.h"

#include <algorithm>

namespace inlet53::gateway {

namespace {

// Returns `text` from the last of its leading slashes on.
std::string_view one_slash(std::string_view text) noexcept {
  const size_t end = std::min(text.find_first_not_of('/'), text.size());
  return end == 0 ? text : text.substr(end - 1);
}

}  // namespace

RequestPath split_target(std::string_view target) noexcept {
  RequestPath parts{{}, "/", "/", {}};
  if (!target.starts_with('/')) return parts;
  if (const size_t mark = target.find('?'); mark != std::string_view::npos) {
    parts.query = target.substr(mark + 1);
    target = target.substr(0, mark);
  }
  parts.context_path = one_slash(target);
  std::string_view rest = parts.context_path.substr(1);
  parts.stage = rest.substr(0, rest.find('/'));
  rest.remove_prefix(parts.stage.size());
  if (!rest.empty()) parts.path = one_slash(rest);
  return parts;
}

}  // namespace inlet53::gateway
