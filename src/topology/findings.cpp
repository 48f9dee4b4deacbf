#include "findings.h"

#include "inlet53/base/text.h"

namespace inlet53::topology {

namespace {

/// `"a", "b" and "c"`; of more than five, the first four and how many are left.
std::string enumerate(const std::vector<std::string_view>& names) {
  const size_t shown = names.size() > 5 ? 4 : names.size();
  std::string out;
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == names.size() ? " and " : ", ";
    out += concat('"', names[i], '"');
  }
  return shown < names.size() ? concat(out, " and ", names.size() - shown, " more") : out;
}

}  // namespace

void Findings::add(KeyPath path, std::string message) {
  problems_.push_back({std::move(path), std::move(message)});
}

void Findings::add_dangling(const KeyPath& path, std::string_view id, std::string_view kind,
                            const std::vector<std::string_view>& names,
                            const std::vector<std::string_view>& ids) {
  std::vector<std::string_view> candidates = names;
  candidates.insert(candidates.end(), ids.begin(), ids.end());
  const std::string_view nearest = nearest_word(id, candidates);
  std::string hint;
  if (!nearest.empty()) {
    hint = concat("; did you mean \"", nearest, "\"?");
  } else if (names.empty()) {
    hint = concat("; there is no ", kind, " at all");
  } else {
    hint = concat(names.size() == 1 ? "; there is " : "; there are ", enumerate(names));
  }
  add(path, concat("no ", kind, " has the name or id \"", id, '"', hint));
}

void Findings::add_repeated(const KeyPath& path, std::string_view kind) {
  add(path, concat("this ", kind, " is in the list already"));
}

}  // namespace inlet53::topology
