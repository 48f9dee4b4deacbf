#include "policy_reading.h"

#include <algorithm>

#include "inlet53/base/text.h"

namespace inlet53::policy {

using Kind = JsonValue::Kind;

void PolicyReading::add(JsonPlace place, std::string path, std::string message) {
  errors.push_back({place.line, place.column, std::move(path), std::move(message)});
}

std::string unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string_view>& known) {
  const auto same = std::find_if(known.begin(), known.end(), [word](std::string_view each) {
    return ascii_lower(each) == ascii_lower(word);
  });
  const std::string_view nearest = same == known.end() ? nearest_word(word, known) : *same;
  return concat("unknown ", what, " \"", word, "\"",
                nearest.empty() ? "" : concat("; did you mean \"", nearest, "\"?"));
}

const JsonMember* find_member(const JsonValue& object, std::string_view key) noexcept {
  const auto found = std::find_if(object.members.begin(), object.members.end(),
                                  [key](const JsonMember& member) { return member.key == key; });
  return found == object.members.end() ? nullptr : &*found;
}

void refuse_unknown(PolicyReading& reading, const JsonValue& object, const std::string& path,
                    const std::vector<std::string_view>& known) {
  for (const JsonMember& member : object.members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    reading.add(member.place, path, unknown_word("element", member.key, known));
  }
}

bool expect(PolicyReading& reading, const JsonValue& value, const std::string& path, Kind kind) {
  if (value.kind == kind) return true;
  reading.add(value.place, path,
              concat("expected ", kind_name(kind), ", found ", kind_name(value.kind)));
  return false;
}

namespace {

bool is_text(const JsonValue& value, Scalars scalars) noexcept {
  if (value.kind == Kind::String) return true;
  return scalars == Scalars::Taken && (value.kind == Kind::Number || value.kind == Kind::Boolean);
}

}  // namespace

std::vector<PlacedText> read_texts(PolicyReading& reading, const JsonValue& value,
                                   const std::string& path, Scalars scalars) {
  std::vector<PlacedText> texts;
  if (is_text(value, scalars)) {
    texts.push_back({value.text, value.place, path});
  } else if (value.kind != Kind::Array) {
    reading.add(value.place, path,
                concat("expected a string or a list of strings, found ", kind_name(value.kind)));
  } else {
    for (size_t i = 0; i < value.elements.size(); ++i) {
      const JsonValue& element = value.elements[i];
      std::string element_path = concat(path, '[', i, ']');
      if (is_text(element, scalars)) {
        texts.push_back({element.text, element.place, std::move(element_path)});
      } else {
        reading.add(element.place, std::move(element_path),
                    concat("expected a string, found ", kind_name(element.kind)));
      }
    }
  }
  return texts;
}

}  // namespace inlet53::policy
