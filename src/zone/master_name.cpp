#include "master_name.h"

#include <cstring>

#include "master_scanner.h"

namespace inlet53::zone {
namespace {

/// `relative` completed with `origin`; absent when over 255 octets.
std::optional<dns::Name> concatenate(dns::NameView relative, dns::NameView origin) {
  const size_t head = relative.size() - 1;
  if (head + origin.size() > dns::kMaxName) return {};
  uint8_t octets[dns::kMaxName];
  std::memcpy(octets, relative.data(), head);
  std::memcpy(octets + head, origin.data(), origin.size());
  return dns::Name(dns::NameView::from_checked(octets, head + origin.size()));
}

}  // namespace

std::optional<dns::Name> parse_master_name(std::string_view word, dns::NameView origin) {
  if (word == "@") return dns::Name(origin);
  if (word.front() == '"') return {};
  const std::optional<dns::Name> name = dns::Name::parse_text(word);
  const bool is_absolute = word.back() == '.' && !is_escaped(word, word.size() - 1);
  if (!name || is_absolute) return name;
  return concatenate(name->view(), origin);
}

}  // namespace inlet53::zone
