#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

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

/// Whether the reference shows a key in a comment, as it does where another key excludes it.
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

TEST(Reference, ShowsTheDefaultsOfTheSettings) {
  const auto config = load_config(conf("inlet53.toml"));
  ASSERT_TRUE(config);
  const settings::Settings& shown = config->settings;
  const settings::Settings defaults;
  EXPECT_EQ(shown.dns.server.workers, defaults.dns.server.workers);
  EXPECT_EQ(shown.dns.server.cpus, defaults.dns.server.cpus);
  EXPECT_EQ(shown.dns.server.edns_udp_size, defaults.dns.server.edns_udp_size);
  EXPECT_EQ(shown.dns.server.udp_receive_buffer, defaults.dns.server.udp_receive_buffer);
  EXPECT_EQ(shown.dns.server.udp_segment, defaults.dns.server.udp_segment);
  EXPECT_EQ(shown.dns.server.udp_spread, defaults.dns.server.udp_spread);
  EXPECT_EQ(shown.dns.server.statistics_interval_seconds,
            defaults.dns.server.statistics_interval_seconds);
  EXPECT_EQ(shown.dns.server.version, defaults.dns.server.version);
  EXPECT_EQ(shown.dns.server.identity, defaults.dns.server.identity);
  EXPECT_EQ(shown.dns.edns, defaults.dns.edns);
  EXPECT_EQ(shown.dns.tcp.max_connections, defaults.dns.tcp.max_connections);
  EXPECT_EQ(shown.dns.tcp.max_connections_per_client, defaults.dns.tcp.max_connections_per_client);
  EXPECT_EQ(shown.dns.tcp.idle_timeout_ms, defaults.dns.tcp.idle_timeout_ms);
  EXPECT_EQ(shown.dns.tcp.first_query_timeout_ms, defaults.dns.tcp.first_query_timeout_ms);
  EXPECT_EQ(shown.dns.tcp.max_pipelined_octets, defaults.dns.tcp.max_pipelined_octets);
  EXPECT_EQ(shown.dns.tcp.backlog, defaults.dns.tcp.backlog);
  settings::Tls tls = shown.dns.tls;
  tls.authority_folder.clear();
  EXPECT_EQ(tls, defaults.dns.tls);
  EXPECT_EQ(shown.dns.forward, defaults.dns.forward);
  EXPECT_EQ(shown.dns.query_log.mode, defaults.dns.query_log.mode);
  EXPECT_EQ(shown.dns.query_log.when_full, defaults.dns.query_log.when_full);
  EXPECT_EQ(shown.dns.query_log.buffers_per_worker, defaults.dns.query_log.buffers_per_worker);
  EXPECT_EQ(shown.dns.query_log.rotate_octets, defaults.dns.query_log.rotate_octets);
  EXPECT_EQ(shown.dns.query_log.rotate_seconds, defaults.dns.query_log.rotate_seconds);
  EXPECT_EQ(shown.dns.query_log.keep_files, defaults.dns.query_log.keep_files);
}

TEST(Reference, ShowsTheDefaultsOfTheGateway) {
  const auto config = load_config(conf("inlet53.toml"));
  ASSERT_TRUE(config);
  settings::Gateway shown = config->settings.https.gateway;
  EXPECT_EQ(shown.authority_folder,
            std::filesystem::absolute(conf("authority")).lexically_normal().string());
  shown.authority_folder.clear();
  EXPECT_EQ(shown, settings::Gateway{});
  const settings::Lambda& lambda = config->settings.https.lambda;
  EXPECT_EQ(lambda.max_environments, settings::Lambda{}.max_environments);
  EXPECT_EQ(lambda.idle_seconds, settings::Lambda{}.idle_seconds);
  EXPECT_EQ(lambda.isolation, settings::Lambda{}.isolation);
  EXPECT_EQ(lambda.first_user_id, settings::Lambda{}.first_user_id);
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
