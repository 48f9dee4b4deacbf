// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "documentation.h"
#include "read_config.h"
#include <gtest/gtest.h>

#include "inlet53/config/config.h"

namespace inlet53::config {
namespace {

std::string conf(const std::string& name) {
  const char* root = std::getenv("SOURCE_ROOT");
  return std::string(root == nullptr ? "." : root) + "/conf/" + name;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void expect_sound(const std::string& path) {
  const auto config = load_config(path);
  if (config) return;
  for (const ConfigError& error : config.error()) ADD_FAILURE() << error.to_text();
}

TEST(Reference, IsSound) { expect_sound(conf("inlet53.toml")); }

/// Tells whether the reference shows a key in a comment, because another key excludes it.
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

TEST(Reference, DescribesEachSettingWithItsDefaultAndUpperBound) {
  const Reference reference(text_of(conf("inlet53.toml")));
  each_setting([&](const auto& section, const auto& row) {
    EXPECT_EQ(documentation_fault(reference, section, row), "");
  });
}

/// Replaces `words` in the reference, and returns its fault for a row of [tcp].
template <class Row>
std::string fault_in_tcp(const Row& row, std::string_view words, std::string_view others) {
  std::string text = text_of(conf("inlet53.toml"));
  const size_t at = text.find(words, text.find("\n[tcp]\n"));
  if (at == std::string::npos) return "the reference has no such words";
  text.replace(at, words.size(), others);
  constexpr settings::Section kTcp{"tcp", &settings::DnsDaemon::tcp, settings::kTcpRows};
  return documentation_fault(Reference(text), kTcp, row);
}

TEST(Reference, FailsWithoutANewRow) {
  using settings::Tcp;
  constexpr settings::Row kNew{"new_key", &Tcp::backlog, settings::kBacklog, settings::At::Restart,
                               "a key that the reference does not have"};
  EXPECT_EQ(fault_in_tcp(kNew, "", ""),
            "[tcp] new_key (a key that the reference does not have) is not in conf/inlet53.toml");
}

TEST(Reference, FailsWhereItDiffersFromTheTable) {
  constexpr settings::Row kRow = std::get<0>(settings::kTcpRows);
  ASSERT_EQ(kRow.key, "max_connections");
  EXPECT_EQ(fault_in_tcp(kRow, "", ""), "");
  EXPECT_EQ(fault_in_tcp(kRow, "max_connections = 10000\n", ""),
            "[tcp] max_connections (connections of one worker at one address) is not in "
            "conf/inlet53.toml");
  EXPECT_EQ(fault_in_tcp(kRow, "max_connections = 10000\n", "max_connections = 10001\n"),
            "[tcp] max_connections (connections of one worker at one address) has a value that is "
            "not its default");
  EXPECT_EQ(fault_in_tcp(kRow, "default 10000", "default 10001"),
            "[tcp] max_connections (connections of one worker at one address) has a default that "
            "the comment does not name");
  EXPECT_EQ(fault_in_tcp(kRow, "1 to 1000000", "1 to 100000"),
            "[tcp] max_connections (connections of one worker at one address) has an upper bound "
            "that the comment does not name");
}

TEST(Demo, IsTheArticlesTopology) {
  expect_sound(conf("demo.toml"));
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
