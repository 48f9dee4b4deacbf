// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "documentation.h"
#include <gtest/gtest.h>

namespace inlet53::config {
namespace {

// Checks for each row that the reader accepts and rejects the values that the row says.

/// Returns the errors of a key with `value`, including those of rules about several keys.
std::string errors_of(std::string_view section, std::string_view key, std::string_view value) {
  std::string all;
  for (const ConfigError& error : read_key_as(section, key, value).reading.errors) {
    EXPECT_EQ(error.line, 2U);
    EXPECT_TRUE(error.key.starts_with(concat(section, '.', key))) << error.key;
    all += error.message + '\n';
  }
  return all;
}

/// Returns an amount as a file writes it.
std::string written(settings::Unit unit, uint64_t amount) {
  return unit == settings::Unit::Milliseconds ? concat('"', amount, " ms\"") : concat(amount);
}

struct Tried {
  std::vector<std::string> taken;
  std::vector<std::string> refused;
  std::string reason;  // a part of each refusal and of no other error
};

std::string text_of_size(uint64_t size) { return concat('"', std::string(size, 't'), '"'); }

Tried try_texts(settings::Range octets) {
  return {{text_of_size(octets.least), text_of_size(octets.most)},
          {text_of_size(octets.least - 1), text_of_size(octets.most + 1), "1"},
          "expected a text"};
}

Tried tries(const settings::Amount& form) {
  const auto [least, most] = form.range;
  Tried tried{{written(form.unit, least), written(form.unit, most)},
              {written(form.unit, most + 1), "-1"},
              "is out of range: from "};
  if (least > 0) tried.refused.push_back(written(form.unit, least - 1));
  return tried;
}

Tried tries(const settings::Decimal& form) {
  return {{concat(form.range.least), concat(form.range.most)},
          {concat(form.range.most, ".5"), "-0.5"},
          "is out of range: from "};
}

Tried tries(const settings::Boolean&) {
  return {{"true", "false"}, {"1", "'true'"}, "expected true or false"};
}

template <class E, size_t N>
Tried tries(const settings::Words<E, N>& form) {
  Tried tried{{}, {"'none of them'"}, "is none of "};
  for (const auto& each : form.all) tried.taken.push_back(concat('"', each.word, '"'));
  return tried;
}

Tried tries(const settings::Text& form) { return try_texts(form.octets); }
Tried tries(const settings::TextOrOctets& form) { return try_texts(form.octets); }

Tried tries(const settings::Secret& form) {
  const uint64_t digits = 2 * form.octets;
  const auto hex = [](uint64_t size) { return concat('"', std::string(size, 'a'), '"'); };
  return {{hex(digits)}, {hex(digits - 2), hex(digits + 2), text_of_size(digits)}, "hexadecimal"};
}

Tried tries(const settings::Path&) { return {{"'folder/file'"}, {"''"}, "the path is empty"}; }
Tried tries(const settings::SocketPath& form) {
  const auto path = [](size_t size) { return concat("'/", std::string(size - 1, 'p'), "'"); };
  return {{"'folder/file'", path(form.most)}, {path(form.most + 1)}, "the path is too long"};
}
Tried tries(const settings::Program&) { return {{"'name'"}, {"''"}, "the path is empty"}; }

Tried tries(const settings::Numbers& form) {
  return {{concat("[", form.range.least, ", ", form.range.most, "]")},
          {concat("[", form.range.most + 1, "]"), "[-1]"},
          "is out of range: from "};
}

Tried tries(const settings::Cidrs&) { return {{"['10.0.0.0/8']"}, {"['ten']"}, "ten"}; }

TEST(SettingsTable, DecidesWhichValuesTheReaderTakes) {
  each_setting([](const auto& section, const auto& row) {
    const Tried tried = tries(row.form);
    for (const std::string& value : tried.taken) {
      EXPECT_EQ(errors_of(section.name, row.key, value).find(tried.reason), std::string::npos)
          << section.name << '.' << row.key << " = " << value;
    }
    for (const std::string& value : tried.refused) {
      EXPECT_NE(errors_of(section.name, row.key, value).find(tried.reason), std::string::npos)
          << section.name << '.' << row.key << " = " << value;
    }
  });
}

TEST(SettingsTable, DecidesWhichMemberGetsAnAmount) {
  each_setting([](const auto& section, const auto& row) {
    if constexpr (std::is_same_v<decltype(row.form), settings::Amount>) {
      for (const uint64_t amount : {row.form.range.least, row.form.range.most}) {
        const OneKey one = read_key_as(section.name, row.key, written(row.form.unit, amount));
        EXPECT_EQ(value_of(one.config.settings, section, row), amount)
            << section.name << '.' << row.key;
      }
    }
  });
}

TEST(SettingsTable, DecidesWhichMemberGetsAWord) {
  each_setting([](const auto& section, const auto& row) {
    if constexpr (requires { row.form.all; }) {
      for (const auto& each : row.form.all) {
        const OneKey one = read_key_as(section.name, row.key, concat('"', each.word, '"'));
        EXPECT_EQ(value_of(one.config.settings, section, row), each.value)
            << section.name << '.' << row.key << " = " << each.word;
      }
    }
  });
}

TEST(SettingsTable, HasExactlyTheKeysThatTheReaderKnows) {
  Config config;
  Reading reading;
  std::string sections;
  std::set<std::string> expected;
  each_setting([&](const auto& section, const auto& row) {
    const std::string head = concat('[', section.name, "]\n");
    if (sections.find(head) == std::string::npos) sections += head;
    expected.insert(concat(section.name, '.', row.key));
  });
  read_config(sections, "/etc/x.toml", config, reading);
  std::set<std::string> known;
  for (const std::string& key : reading.known_keys) {
    const std::string head = concat('[', key.substr(0, key.find('.')), "]\n");
    if (key.find('.') != std::string::npos && sections.find(head) != std::string::npos) {
      known.insert(key);
    }
  }
  EXPECT_EQ(known, expected);
}

}  // namespace
}  // namespace inlet53::config
