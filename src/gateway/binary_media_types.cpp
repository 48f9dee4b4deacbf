// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/binary_media_types.h"

#include <algorithm>

#include "inlet53/http/message.h"

namespace inlet53::gateway {

bool is_binary_media_type(const std::vector<std::string>& types,
                          std::string_view field_value) noexcept {
  std::string_view media_type = field_value.substr(0, field_value.find_first_of(",;"));
  while (media_type.starts_with(' ')) media_type.remove_prefix(1);
  while (media_type.ends_with(' ')) media_type.remove_suffix(1);
  return std::any_of(types.begin(), types.end(), [media_type](const std::string& type) {
    // Media types compare like field names: ASCII letter case is ignored.
    return type == "*/*" || (!media_type.empty() && http::same_field_name(type, media_type));
  });
}

}  // namespace inlet53::gateway
