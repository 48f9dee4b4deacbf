// SPDX-License-Identifier: Apache-2.0
#include "json_document.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "inlet53/base/text.h"

namespace inlet53::policy {

namespace {

using Kind = JsonValue::Kind;
using Json = nlohmann::json;

// Counts the bytes that the parser has read. Its events have no position. Between two events there
// are only white space, commas and colons, so that the position of each token follows from the end
// of the previous one.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, size_t* read) noexcept : at_(at), read_(read) {}
  reference operator*() const noexcept { return *at_; }
  CountingIterator& operator++() noexcept {
    ++at_;
    ++*read_;
    return *this;
  }
  CountingIterator operator++(int) noexcept {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) noexcept {
    return a.at_ == b.at_;
  }

 private:
  const char* at_;
  size_t* read_;
};

JsonPlace place_at(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {static_cast<uint32_t>(lines) + 1, static_cast<uint32_t>(before.size() - line_start) + 1};
}

// Returns the sentence of "[json.exception.parse_error.101] parse error at line 1, column 2: syntax
// error …".
std::string sentence_of(std::string_view what) {
  const size_t id_end = what.find("] ");
  if (id_end != std::string_view::npos) what.remove_prefix(id_end + 2);
  const size_t place_end = what.find(": ");
  if (what.starts_with("parse error") && place_end != std::string_view::npos) {
    what.remove_prefix(place_end + 2);
  }
  return concat("this is no JSON: ", what);
}

// Handles the parser's events. It stops the parser by returning false.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, const size_t& read) : text_(text), read_(read) {}

  bool null() { return add(Kind::Null, ""); }
  bool boolean(bool value) { return add(Kind::Boolean, value ? "true" : "false"); }
  bool number_integer(Json::number_integer_t) { return add_number(); }
  bool number_unsigned(Json::number_unsigned_t) { return add_number(); }
  bool number_float(Json::number_float_t, const std::string&) { return add_number(); }
  bool string(std::string& value) { return add(Kind::String, std::move(value)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(size_t) { return open(Kind::Object); }
  bool start_array(size_t) { return open(Kind::Array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& key) {
    std::vector<JsonMember>& members = open_.back()->members;
    const JsonPlace place = next_place();
    if (std::any_of(members.begin(), members.end(),
                    [&key](const JsonMember& member) { return member.key == key; })) {
      return fail(place, concat("\"", key, "\" stands here twice"));
    }
    members.push_back({std::move(key), place, {}});
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception& error) {
    // `position` counts the bytes read, including the invalid byte (or the end).
    return fail(place_at(text_, std::min(text_.size(), position == 0 ? 0 : position - 1)),
                sentence_of(error.what()));
  }

  [[nodiscard]] Result<JsonValue, JsonError> result() {
    if (error_) return Unexpected(*std::move(error_));
    return std::move(root_);
  }

 private:
  size_t next_start() noexcept {
    const size_t start = text_.find_first_not_of(" \t\r\n,:", token_end_);
    token_end_ = read_;
    return std::min(start, text_.size());
  }
  JsonPlace next_place() { return place_at(text_, next_start()); }

  JsonValue& slot() {
    if (open_.empty()) return root_;
    JsonValue& parent = *open_.back();
    if (parent.kind == Kind::Object) return parent.members.back().value;
    return parent.elements.emplace_back();
  }

  bool add(Kind kind, std::string text) {
    const JsonPlace place = next_place();
    JsonValue& value = slot();
    value.kind = kind;
    value.place = place;
    value.text = std::move(text);
    return true;
  }

  bool add_number() {
    const size_t start = next_start();
    const size_t end = text_.find_first_not_of("+-.0123456789eE", start);
    const JsonPlace place = place_at(text_, start);
    JsonValue& value = slot();
    value.kind = Kind::Number;
    value.place = place;
    value.text = text_.substr(start, end - start);  // npos - start means the rest as well
    return true;
  }

  bool open(Kind kind) {
    const JsonPlace place = next_place();
    if (open_.size() == kMaxJsonDepth) {
      return fail(place, concat("objects and lists nest deeper than ", kMaxJsonDepth));
    }
    // A list grows only while none of its values is open, so that pointers to open values stay
    // valid.
    JsonValue& value = slot();
    value.kind = kind;
    value.place = place;
    open_.push_back(&value);
    return true;
  }

  bool close() noexcept {
    open_.pop_back();
    token_end_ = read_;
    return true;
  }

  bool fail(JsonPlace place, std::string message) {
    error_ = JsonError{place, std::move(message)};
    return false;
  }

  std::string_view text_;
  const size_t& read_;
  size_t token_end_ = 0;
  JsonValue root_;
  std::vector<JsonValue*> open_;
  std::optional<JsonError> error_;
};

}  // namespace

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::Null:
      return "null";
    case Kind::Boolean:
      return "true or false";
    case Kind::Number:
      return "a number";
    case Kind::String:
      return "a string";
    case Kind::Array:
      return "a list";
    case Kind::Object:
      return "an object";
  }
  return "nothing";
}

Result<JsonValue, JsonError> parse_json(std::string_view text) {
  size_t read = 0;
  TreeBuilder builder(text, read);
  Json::sax_parse(CountingIterator(text.data(), &read),
                  CountingIterator(text.data() + text.size(), &read), &builder);
  return builder.result();
}

}  // namespace inlet53::policy
