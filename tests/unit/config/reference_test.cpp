// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <regex>
#include <sstream>

#include "config_support.h"

// Checks that `conf/inlet53.toml` describes every key, and each setting with its range and default.
namespace inlet53::config {
namespace {

/// A comment of the reference, and the keys below it.
struct Block {
  std::string section;
  std::vector<std::string> comment;  // its lines
  std::vector<std::string> keys;     // the lines below
};

std::vector<Block> blocks_of(const std::string& text) {
  std::vector<Block> blocks(1);
  std::istringstream lines(text);
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) section = line.substr(1, line.find(']') - 1);
    const bool is_comment = line.starts_with('#');
    if (line.empty() || line.starts_with('[') || (is_comment && !blocks.back().keys.empty())) {
      blocks.emplace_back();
    }
    blocks.back().section = section;
    if (!line.starts_with('['))
      (is_comment ? blocks.back().comment : blocks.back().keys).push_back(line);
  }
  return blocks;
}

/// The reference, and the configurations of it and of an empty file.
struct Reference {
  explicit Reference(const std::string& text) : blocks(blocks_of(text)) {
    Reading of_shown, of_empty;
    read_config(text, "/etc/x.toml", shown, of_shown);
    read_config("", "/etc/x.toml", empty, of_empty);
  }

  std::vector<Block> blocks;
  Config shown;
  Config empty;
};

/// The place of a key in the reference.
struct Shown {
  bool as_comment = false;  // `#   key = …`, because another key excludes it
  std::string comment;      // in one line
};

std::optional<Shown> find_shown(const std::vector<Block>& blocks, std::string_view section,
                                std::string_view key) {
  const auto has = [](const std::vector<std::string>& lines, const std::string& start) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.starts_with(start); });
  };
  for (const Block& block : blocks) {
    if (block.section != section) continue;
    const bool as_comment = has(block.comment, concat("#   ", key, " = "));
    if (!as_comment && !has(block.keys, concat(key, " = "))) continue;
    Shown shown{as_comment, ""};
    for (const std::string& line : block.comment) shown.comment += line.substr(1);
    return shown;
  }
  return std::nullopt;
}

constexpr const char* kValue = R"(("[^"]*"|[0-9][0-9.]*[0-9]|[0-9]|true|false))";

/// Returns every value that a comment names.
std::vector<std::string> values_in(const std::string& comment) {
  const std::regex pattern(kValue);
  return {std::sregex_token_iterator(comment.begin(), comment.end(), pattern),
          std::sregex_token_iterator()};
}

/// Returns the values that a comment calls a default: `default 5`, `Defaults: "a", "b"`,
/// `"a" (default)`, `"a", the default`.
std::vector<std::string> defaults_in(const std::string& comment) {
  const std::regex before(concat("[Dd]efaults?:? ", kValue, "(?:, ", kValue, ")?"));
  const std::regex after(concat(kValue, ",? (?:the default|\\(default\\))"));
  std::vector<std::string> found;
  for (const std::regex& pattern : {before, after}) {
    for (std::sregex_iterator each(comment.begin(), comment.end(), pattern), end; each != end;
         ++each) {
      for (size_t i = 1; i < each->size(); ++i) {
        if ((*each)[i].matched) found.push_back((*each)[i].str());
      }
    }
  }
  return found;
}

/// Returns the range of a form; absent when the form has none.
std::optional<settings::Range> range_of(const settings::Amount& form) { return form.range; }
std::optional<settings::Range> range_of(const settings::Decimal& form) { return form.range; }
std::optional<settings::Range> range_of(const settings::Numbers& form) { return form.range; }
std::optional<settings::Range> range_of(const settings::Text& form) { return form.octets; }
std::optional<settings::Range> range_of(const settings::TextOrOctets& form) { return form.octets; }
std::optional<settings::Range> range_of(const settings::SocketPath& form) {
  return settings::Range{0, form.most};
}
template <class Form>
std::optional<settings::Range> range_of(const Form&) {
  return std::nullopt;
}

/// Returns whether a comment names `bound`, in the notation of the row.
template <class Section, class Row>
bool names_bound(const std::string& comment, const Section& section, const Row& row,
                 uint64_t bound) {
  const std::vector<std::string> values = values_in(comment);
  return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
    if constexpr (std::is_same_v<decltype(row.form), settings::Amount>) {
      const OneKey one = read_key_as(section.name, row.key, value);
      const bool is_out_of_range = std::any_of(
          one.reading.errors.begin(), one.reading.errors.end(), [](const ConfigError& error) {
            return error.message.find("out of range") != std::string::npos;
          });
      return !is_out_of_range && value_of(one.config.settings, section, row) == bound;
    } else {
      return value == concat(bound);
    }
  });
}

/// Returns the problem of a comment with the range of a row. Empty: it has none. `up to` names a
/// lower bound of 0.
template <class Section, class Row>
std::string range_problem(const std::string& comment, const Section& section, const Row& row) {
  const std::optional<settings::Range> range = range_of(row.form);
  if (!range) return "";
  if (!names_bound(comment, section, row, range->most)) {
    return "has an upper bound that the comment does not name";
  }
  const bool from_0 =
      range->least == 0 && std::regex_search(comment, std::regex("up +to|at +most"));
  return from_0 || names_bound(comment, section, row, range->least)
             ? ""
             : "has a lower bound that the comment does not name";
}

template <class Value>
bool is_none(const Value& value) {
  if constexpr (requires { value.empty(); }) {
    return value.empty();
  } else {
    return false;
  }
}

/// Returns the problem of a comment with the default of a row. Empty: it has none.
template <class Section, class Row>
std::string default_problem(const Reference& reference, const Shown& shown, const Section& section,
                            const Row& row) {
  const auto& expected = value_of(reference.empty.settings, section, row);
  if (is_none(expected)) {
    return std::regex_search(shown.comment, std::regex("[Dd]efaults?:? "))
               ? ""
               : "has no default, and the comment does not explain that";
  }
  if (!shown.as_comment && value_of(reference.shown.settings, section, row) != expected) {
    return "has a value that is not its default";
  }
  for (const std::string& value : defaults_in(shown.comment)) {
    const OneKey one = read_key_as(section.name, row.key, value);
    if (one.reading.errors.empty() && value_of(one.config.settings, section, row) == expected) {
      return "";
    }
  }
  return "has a default that the comment does not name";
}

/// Problems of the reference with one row. Empty texts: none.
struct Problems {
  std::string of_default;
  std::string of_range;
};

template <class Section, class Row>
Problems problems_of(const Reference& reference, const Section& section, const Row& row) {
  const std::optional<Shown> shown = find_shown(reference.blocks, section.name, row.key);
  if (!shown) return {"is not in conf/inlet53.toml", "is not in conf/inlet53.toml"};
  return {default_problem(reference, *shown, section, row),
          range_problem(shown->comment, section, row)};
}

std::string conf(const std::string& name) {
  const char* root = std::getenv("SOURCE_ROOT");
  return std::string(root == nullptr ? "." : root) + "/conf/" + name;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_valid(const std::string& path) {
  const auto config = load_config(path);
  if (config) return;
  for (const ConfigError& error : config.error()) ADD_FAILURE() << error.to_text();
}

TEST(Reference, IsValid) { expect_valid(conf("inlet53.toml")); }

/// Returns whether the reference shows a key in a comment, because another key excludes it.
bool shown_in_comment(const std::string& text, const std::string& key) {
  return text.find("\n#   " + key.substr(key.rfind('.') + 1) + " = ") != std::string::npos;
}

TEST(Reference, NamesEveryKeyThatTheReaderKnows) {
  Config config;
  Reading reading;
  const std::string text = text_of(conf("inlet53.toml"));
  read_config(text, conf("inlet53.toml"), config, reading);
  for (const std::string& key : reading.known_keys) {
    EXPECT_TRUE(reading.used_keys.contains(key) || shown_in_comment(text, key))
        << key << " is not in conf/inlet53.toml";
  }
  EXPECT_GT(reading.known_keys.size(), 130U);
}

struct DocumentedSetting {
  std::string section;
  std::string key;
  std::function<Problems(const Reference&)> problems;
};

std::vector<DocumentedSetting> documented_settings() {
  return cases_of<DocumentedSetting>([](const auto& section, const auto& row) {
    return DocumentedSetting{
        std::string(section.name), std::string(row.key),
        [&](const Reference& reference) { return problems_of(reference, section, row); }};
  });
}

const Reference& reference() {
  static const Reference kReference(text_of(conf("inlet53.toml")));
  return kReference;
}

class DocumentedSettingTest : public testing::TestWithParam<DocumentedSetting> {};

TEST_P(DocumentedSettingTest, HasItsDefaultInTheReference) {
  EXPECT_EQ(GetParam().problems(reference()).of_default, "");
}

TEST_P(DocumentedSettingTest, HasItsLowerAndUpperBoundInTheReference) {
  EXPECT_EQ(GetParam().problems(reference()).of_range, "");
}

INSTANTIATE_TEST_SUITE_P(Keys, DocumentedSettingTest, testing::ValuesIn(documented_settings()),
                         name_of_case<DocumentedSetting>);

/// Replaces `words` in the reference, and returns its problems for a row of [tcp].
template <class Row>
Problems problems_in_tcp(const Row& row, std::string_view words, std::string_view others) {
  std::string text = text_of(conf("inlet53.toml"));
  const size_t at = text.find(words, text.find("\n[tcp]\n"));
  if (at == std::string::npos) return {"the reference has no such words", ""};
  text.replace(at, words.size(), others);
  constexpr settings::Section kTcp{"tcp", &settings::DnsDaemon::tcp, settings::kTcpRows};
  return problems_of(Reference(text), kTcp, row);
}

TEST(Reference, FailsWithoutANewRow) {
  using settings::Tcp;
  constexpr settings::Row kNew{"new_key", &Tcp::backlog, settings::kBacklog, settings::At::Restart,
                               "a key that the reference does not have"};
  EXPECT_EQ(problems_in_tcp(kNew, "", "").of_default, "is not in conf/inlet53.toml");
  EXPECT_EQ(problems_in_tcp(kNew, "", "").of_range, "is not in conf/inlet53.toml");
}

TEST(Reference, FailsWhereItDiffersFromTheTable) {
  constexpr settings::Row kRow = std::get<0>(settings::kTcpRows);
  ASSERT_EQ(kRow.key, "max_connections");
  const auto of_default = [&](std::string_view words, std::string_view others) {
    return problems_in_tcp(kRow, words, others).of_default;
  };
  const auto of_range = [&](std::string_view words, std::string_view others) {
    return problems_in_tcp(kRow, words, others).of_range;
  };
  EXPECT_EQ(of_default("", ""), "");
  EXPECT_EQ(of_range("", ""), "");
  EXPECT_EQ(of_default("max_connections = 10000\n", ""), "is not in conf/inlet53.toml");
  EXPECT_EQ(of_default("max_connections = 10000\n", "max_connections = 10001\n"),
            "has a value that is not its default");
  EXPECT_EQ(of_default("default 10000", "default 10001"),
            "has a default that the comment does not name");
  EXPECT_EQ(of_range("1 to 1000000", "1 to 100000"),
            "has an upper bound that the comment does not name");
  EXPECT_EQ(of_range("1 to 1000000", "2 to 1000000"),
            "has a lower bound that the comment does not name");
}

TEST(Demo, IsTheArticlesTopology) {
  expect_valid(conf("demo.toml"));
  const auto config = load_config(conf("demo.toml"));
  ASSERT_TRUE(config);
  const topology::Topology& t = config->topology;
  EXPECT_EQ(t.vpcs.at(0).id, "vpc-0c00ca6aa29c8472f");
  EXPECT_EQ(t.vpcs.at(0).account_id, "123456789012");
  const topology::ResolverEndpoint& inbound = t.resolver_endpoints.at(0);
  EXPECT_EQ(inbound.id, "rslvr-in-a7dd746257784e148");
  EXPECT_EQ(inbound.ip_addresses.at(0).id, "rni-3a4a0caca1d0412ab");
  EXPECT_EQ(serving_address(inbound.ip_addresses.at(0)).to_text(), "127.0.53.1:5300");
  EXPECT_EQ(serving_address(inbound.ip_addresses.at(1)).to_text(), "127.0.53.2:5300");
  const topology::VpcEndpoint& endpoint = t.vpc_endpoints.at(0);
  EXPECT_EQ(endpoint.id, "vpce-0ac4147ba9386c9f7");
  EXPECT_EQ(endpoint.private_dns, topology::PrivateDns::Enabled);
  EXPECT_EQ(endpoint.network_interfaces.at(0).address->to_text(), "10.0.12.179");
  EXPECT_EQ(endpoint.network_interfaces.at(1).address->to_text(), "10.0.140.226");
  EXPECT_EQ(t.rest_apis.at(0).id, "dligg9dxuk");
  EXPECT_EQ(t.prefix_lists.at(0).entries.at(1).cidr.to_text(), "127.0.0.0/16");
}

}  // namespace
}  // namespace inlet53::config
