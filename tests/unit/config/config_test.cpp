// SPDX-License-Identifier: Apache-2.0
#include "inlet53/config/config.h"

#include "config_support.h"

namespace inlet53::config {
namespace {

constexpr std::string_view kOwner = "region = 'eu-west-1'\naccount_id = '123456789012'\n";

/// Two VPCs in two regions, each with an inbound endpoint, and one object of every other kind.
constexpr std::string_view kTwoRegions = R"(region = 'eu-west-1'
account_id = '123456789012'
[vpc.one]
cidr_blocks = ['10.0.0.0/16']
[vpc.two]
region = 'us-east-1'
account_id = '210987654321'
cidr_blocks = ['10.0.0.0/16']
[subnet.one-a]
vpc = 'one'
availability_zone = 'eu-west-1a'
cidr_block = '10.0.0.0/24'
[subnet.two-a]
vpc = 'two'
availability_zone = 'us-east-1a'
cidr_block = '10.0.0.0/24'
[prefix_list.all]
entries = [{ cidr = '0.0.0.0/0' }]
[security_group.one]
vpc = 'one'
ingress = [{ protocol = -1, prefix_list = 'all' }]
[security_group.two]
vpc = 'two'
ingress = [{ protocol = '-1', cidr = '::/0' }, { protocol = 'TCP', from_port = 0, to_port = 65535, cidr = '10.0.0.0/8' }]
[resolver_endpoint.one]
security_groups = ['one']
ip_address = [{ subnet = 'one-a', address = '10.0.0.10' }, { subnet = 'one-a', address = '10.0.0.11', enabled = false }]
[resolver_endpoint.two]
direction = 'Inbound_Delegation'
security_groups = ['two']
ip_address = [
  { subnet = 'two-a', address = '10.0.0.10', listen = '127.0.0.1:5301' },
  { subnet = 'two-a', address = '10.0.0.11', listen = '[::1]:5302' },
]
[vpc_endpoint.two]
service_name = 'com.amazonaws.us-east-1.execute-api'
private_dns = 'listed'
network_interface = [{ subnet = 'two-a', address = '10.0.0.12' }]
[rest_api.shop]
region = 'us-east-1'
vpc_endpoints = ['two']
[hosted_zone.corp]
domain_name = 'corp.internal'
file = 'corp.zone'
vpcs = ['one', 'two']
)";

TEST(Config, ReadsSeveralVpcsRegionsAndEndpoints) {
  const topology::Topology t = read(kTwoRegions).topology;
  ASSERT_EQ(t.vpcs.size(), 2U);
  EXPECT_EQ(t.vpcs[0].region, "eu-west-1");
  EXPECT_EQ(t.vpcs[1].region, "us-east-1");
  EXPECT_EQ(t.vpcs[1].account_id, "210987654321");

  ASSERT_EQ(t.resolver_endpoints.size(), 2U);
  EXPECT_EQ(t.resolver_endpoints[0].vpc, t.vpcs[0].id) << "follows from its subnets";
  EXPECT_FALSE(t.resolver_endpoints[0].ip_addresses[1].enabled);
  EXPECT_EQ(t.resolver_endpoints[1].direction, topology::Direction::InboundDelegation);
  EXPECT_EQ(t.resolver_endpoints[1].ip_addresses[1].listen->to_text(), "[::1]:5302");
  EXPECT_EQ(t.resolver_endpoints[1].security_groups[0], t.security_groups[1].id);

  const auto& rules = t.security_groups[1].ingress;
  EXPECT_EQ(rules[0].protocol, topology::IpProtocol::All);
  EXPECT_EQ(rules[0].to_port, 65535);
  EXPECT_EQ(std::get<Cidr>(rules[0].source).to_text(), "::/0");
  EXPECT_EQ(std::get<std::string>(t.security_groups[0].ingress[0].source), t.prefix_lists[0].id);

  EXPECT_EQ(t.vpc_endpoints[0].vpc, t.vpcs[1].id);
  EXPECT_EQ(t.rest_apis[0].vpc_endpoints[0], t.vpc_endpoints[0].id);
  EXPECT_EQ(t.hosted_zones[0].vpcs, (std::vector{t.vpcs[0].id, t.vpcs[1].id}));
}

TEST(Config, MakesTheSameIdsInEveryRun) {
  const topology::Topology t = read(kTwoRegions).topology;
  // Ids are part of the interface: log readers join today's records with last year's by them.
  EXPECT_EQ(t.vpcs[0].id, "vpc-0f4f55a4940629a96");
  EXPECT_EQ(t.resolver_endpoints[0].id, "rslvr-in-0c9f7971f4530a646");
  EXPECT_EQ(t.resolver_endpoints[0].ip_addresses[0].id, "rni-040734fb51ac38b71");
  EXPECT_EQ(t.resolver_endpoints[0].ip_addresses[1].id, "rni-0422db2385939e94a");
  EXPECT_EQ(t.vpc_endpoints[0].dns_suffix, "k456j96l");
  EXPECT_EQ(t.rest_apis[0].id, "10obgut8mx");
  EXPECT_EQ(t.hosted_zones[0].id, "Z41GGUN7S5OI0TNECBD3G");
}

TEST(Config, TakesReferencesByIdAsWellAsByName) {
  const topology::Topology t = read(std::string(kOwner) + R"([vpc.demo]
id = 'vpc-12345678'
cidr_blocks = ['10.0.0.0/16']
[hosted_zone.a]
domain_name = 'a.internal'
file = 'a'
vpcs = ['vpc-12345678']
[hosted_zone.b]
domain_name = 'b.internal'
file = 'b'
vpcs = ['demo']
)")
                                   .topology;
  EXPECT_EQ(t.hosted_zones[0].vpcs, t.hosted_zones[1].vpcs);
}

TEST(Config, KeepsObjectsInTheOrderOfTheFile) {
  const topology::Topology t = read(std::string(kOwner) + R"([vpc.z]
cidr_blocks = ['10.0.0.0/16']
[vpc.a]
cidr_blocks = ['10.0.0.0/16']
)")
                                   .topology;
  EXPECT_EQ(t.vpcs[0].name, "z");
  EXPECT_EQ(t.vpcs[1].name, "a");
}

TEST(Config, TakesPathsRelativeToTheFile) {
  const Config config = read(R"([query_log]
file = '../log/./query.log'
)",
                             "/etc/inlet53/conf/x.toml");
  EXPECT_EQ(config.settings.dns.query_log.file, "/etc/inlet53/log/query.log");
  const Config absolute = read("[query_log]\nfile = '/var/log/q'\n", "/etc/x.toml");
  EXPECT_EQ(absolute.settings.dns.query_log.file, "/var/log/q");
  EXPECT_EQ(read("[query_log]\nfile = 'q'\n").settings.dns.query_log.file.front(), '/');
}

TEST(Config, ReadsAnEmptyFileAsDefaults) {
  const Config config = read("");
  EXPECT_TRUE(config.topology.vpcs.empty());
  EXPECT_EQ(config.settings.dns.server.workers, 1U);
  EXPECT_EQ(config.settings.dns.query_log.file, "");
}

TEST(ConfigErrors, PlaceASyntaxErrorAndSayNothingElse) {
  const Errors twice_equal = errors_of("[servr]\nworkers = = 2\n");
  ASSERT_EQ(twice_equal.size(), 1U);
  EXPECT_EQ(twice_equal[0].substr(0, 6), "2:11: ");
  const Errors twice_set = errors_of("[server]\nworkers = 1\nworkers = 2\n");
  ASSERT_EQ(twice_set.size(), 1U);
  EXPECT_EQ(twice_set[0].substr(0, 2), "3:");
  EXPECT_NE(twice_set[0].find("workers"), std::string::npos);
}

TEST(ConfigErrors, NameUnknownKeysWithTheNearest) {
  EXPECT_EQ(errors_of("[servr]\n[server]\n  worker = 1\n  colour = 'red'\n"),
            (Errors{"1:2: servr: unknown key; did you mean \"server\"?",
                    "3:3: server.worker: unknown key; did you mean \"workers\"?",
                    "4:3: server.colour: unknown key"}));
  EXPECT_EQ(errors_of("[gatewai]\n[carrier.x]\n"),
            (Errors{"1:2: gatewai: unknown key; did you mean \"gateway\"?",
                    "2:2: carrier: unknown key"}));
}

TEST(ConfigErrors, NameKeysInNestedTables) {
  EXPECT_EQ(errors_of(R"([resolver_endpoint."in.1"]
security_group = []
[[resolver_endpoint."in.1".ip_address]]
subnet = 'a'
adress = '10.0.0.4'
)"),
            (Errors{"1:1: resolver_endpoint.\"in.1\".security_groups: this key is missing",
                    "2:1: resolver_endpoint.\"in.1\".security_group: unknown key; did you mean "
                    "\"security_groups\"?",
                    "3:1: resolver_endpoint.\"in.1\".ip_address[0].address: this key is missing",
                    "5:1: resolver_endpoint.\"in.1\".ip_address[0].adress: unknown key; did you "
                    "mean \"address\"?"}));
}

TEST(ConfigErrors, JudgeTheTopologyDespiteAnUnknownKey) {
  EXPECT_EQ(errors_of(std::string(kOwner) + R"([vpc.demo]
cidr_blocks = ['10.0.0.0/8']
tenancy = 'default'
)"),
            (Errors{"4:16: vpc.demo.cidr_blocks[0]: 10.0.0.0/8 has the wrong size: AWS takes /16 "
                    "to /28",
                    "5:1: vpc.demo.tenancy: unknown key"}));
}

TEST(ConfigErrors, CollectAllInTheOrderOfTheirLines) {
  EXPECT_EQ(errors_of(R"([query_log]
mode = 'some'
[server]
workers = 257
cpus = [0, 'one', 1024, -1]
edns_udp_size = 511
udp_receive_buffer = '2 GiB'
statistics_interval = '1500 ms'
[tcp]
max_connections = 1.5
backlog = '5'
idle_timeout = '10 sec'
max_pipelined = '1 KiB'
first_query_timeout = -1
)"),
            (Errors{
                "2:8: query_log.mode: \"some\" is none of \"all\", \"unique\"",
                "4:11: server.workers: 257 is out of range: from 1 to 256",
                "5:12: server.cpus[1]: expected a whole number, found a text",
                "5:19: server.cpus[2]: 1024 is out of range: from 0 to 1023",
                "5:25: server.cpus[3]: -1 is out of range: from 0 to 1023",
                "6:17: server.edns_udp_size: 511 is out of range: from 512 to 4096",
                "7:22: server.udp_receive_buffer: \"2 GiB\" is out of range: from 0 to 1 GiB",
                "8:23: server.statistics_interval: 1500 ms is no whole number of seconds",
                "10:19: tcp.max_connections: expected a whole number, found a number with a "
                "fraction",
                "11:11: tcp.backlog: expected a whole number, found a text: write 5",
                "12:16: tcp.idle_timeout: \"10 sec\" is not a duration as in \"500 ms\", \"10 s\", "
                "\"5 min\", \"24 h\" or \"7 d\"",
                "13:17: tcp.max_pipelined: \"1 KiB\" is out of range: from 4 KiB to 64 MiB",
                "14:23: tcp.first_query_timeout: -1 is out of range: from 100 ms to 1 h",
            }));
}

TEST(ConfigErrors, SayWhichTypeWasWanted) {
  EXPECT_EQ(errors_of(R"(region = 1
vpc = 'demo'
server = []
[subnet]
a = true
[prefix_list.p]
entries = 'all'
[security_group.g]
vpc = 2020-01-01
ingress = ['all']
[resolver_endpoint.e.ip_address]
[vpc_endpoint]
x.security_groups = { a = 1 }
x.service_name = 's'
)"),
            (Errors{
                "1:10: region: expected a text in quotes, found a whole number: write \"1\"",
                "2:7: vpc: expected a table, [vpc], found a text",
                "3:10: server: expected a table, [server], found a list",
                "5:1: subnet.a: expected a table, [subnet.a], found true or false",
                "7:11: prefix_list.p.entries: expected a list of tables, "
                "[[prefix_list.p.entries]], found a text",
                "9:7: security_group.g.vpc: expected a text in quotes, found a date or time",
                "10:12: security_group.g.ingress[0]: expected a table in { }, found a text",
                "11:1: resolver_endpoint.e.security_groups: this key is missing",
                "11:1: resolver_endpoint.e.ip_address: expected a list of tables, "
                "[[resolver_endpoint.e.ip_address]], found a table",
                "13:21: vpc_endpoint.x.security_groups: expected a list in [ ], found a table",
            }));
}

TEST(ConfigErrors, NameMissingKeysAtTheirTable) {
  EXPECT_EQ(errors_of("[vpc.demo]\n[subnet.a]\n[[resolver_endpoint.e.ip_address]]\n"),
            (Errors{
                "1:1: vpc.demo.region: this key is missing; it can stand here or at the top of the "
                "file, for all",
                "1:1: vpc.demo.account_id: this key is missing; it can stand here or at the top of "
                "the file, for all",
                "1:1: vpc.demo.cidr_blocks: this key is missing",
                "2:1: subnet.a.vpc: this key is missing",
                "2:1: subnet.a.availability_zone: this key is missing",
                "2:1: subnet.a.cidr_block: this key is missing",
                "3:1: resolver_endpoint.e.security_groups: this key is missing",
                "3:1: resolver_endpoint.e.ip_address[0].subnet: this key is missing",
                "3:1: resolver_endpoint.e.ip_address[0].address: this key is missing",
            }));
}

TEST(ConfigErrors, ExplainAddressesAndBlocks) {
  EXPECT_EQ(
      errors_of(std::string(kOwner) + R"([vpc.demo]
cidr_blocks = ['10.0.0.1/16', '10.0.0.0', '10.0.0.0/33']
[[resolver_endpoint.e.ip_address]]
subnet = 'a'
address = '10.0.0.256'
listen = '127.0.0.1'
[[resolver_endpoint.e.ip_address]]
subnet = 'a'
address = '10.0.0.5'
listen = '127.0.0.1:0'
)"),
      (Errors{
          "4:16: vpc.demo.cidr_blocks[0]: \"10.0.0.1/16\" has bits after its prefix; the "
          "block is 10.0.0.0/16",
          "4:31: vpc.demo.cidr_blocks[1]: \"10.0.0.0\" is not a CIDR block: it lacks a prefix "
          "length (as in /32)",
          "4:43: vpc.demo.cidr_blocks[2]: \"10.0.0.0/33\" is not a CIDR block: the prefix "
          "length goes from 0 to 32",
          "5:1: resolver_endpoint.e.security_groups: this key is missing",
          "7:11: resolver_endpoint.e.ip_address[0].address: \"10.0.0.256\" is no IP address",
          "8:10: resolver_endpoint.e.ip_address[0].listen: \"127.0.0.1\" is no address with "
          "a port, as in \"127.0.53.1:5300\" or \"[::1]:5300\"",
          "12:10: resolver_endpoint.e.ip_address[1].listen: \"127.0.0.1:0\": port 0 can't be "
          "asked; from 1 to 65535",
      }));
}

TEST(ConfigErrors, KnowTheProtocolsOfEndpoints) {
  EXPECT_EQ(errors_of(std::string(kOwner) + R"([vpc.v]
cidr_blocks = ['10.0.0.0/16']
[resolver_endpoint.e]
protocols = ['DoT', 'DoH-FIPS', 'DoQ']
)"),
            (Errors{
                "5:1: resolver_endpoint.e.security_groups: this key is missing",
                "6:21: resolver_endpoint.e.protocols[1]: DoH-FIPS is not served: no module here "
                "has a FIPS validation",
                "6:33: resolver_endpoint.e.protocols[2]: \"DoQ\" is none of \"Do53\", \"DoH\", "
                "\"DoT\"; did you mean \"DoH\"?",
            }));
}

TEST(ConfigErrors, HoldRulesToOneSourceAndTheirPorts) {
  EXPECT_EQ(errors_of(std::string(kOwner) + R"([vpc.v]
cidr_blocks = ['10.0.0.0/16']
[security_group.g]
vpc = 'v'
ingress = [
  { protocol = 'tpc', port = 53, cidr = '10.0.0.0/8' },
  { protocol = 'tcp', cidr = '10.0.0.0/8' },
  { protocol = 'tcp', port = 53, to_port = 54, from_port = 50, cidr = '10.0.0.0/8' },
  { protocol = 'all', from_port = 1, to_port = 2, cidr = '10.0.0.0/8' },
  { protocol = 'udp', from_port = 1, cidr = '10.0.0.0/8' },
  { protocol = 'udp', port = 65536 },
  { port = 53, cidr = '10.0.0.0/8', prefix_list = 'p' },
]
)"),
            (Errors{
                "8:16: security_group.g.ingress[0].protocol: \"tpc\" is none of \"tcp\", \"udp\", "
                "\"all\", \"-1\"; did you mean \"tcp\"?",
                "9:3: security_group.g.ingress[1].port: this key is missing (or from_port and "
                "to_port)",
                "10:30: security_group.g.ingress[2].port: a rule has either port or from_port and "
                "to_port",
                "11:35: security_group.g.ingress[3].from_port: a rule for all protocols has no "
                "ports; use protocol \"tcp\" or \"udp\"",
                "12:3: security_group.g.ingress[4].to_port: this key is missing",
                "13:3: security_group.g.ingress[5].cidr: this key is missing (or prefix_list)",
                "13:30: security_group.g.ingress[5].port: 65536 is out of range: from 0 to 65535",
                "14:3: security_group.g.ingress[6].protocol: this key is missing",
                "14:51: security_group.g.ingress[6].prefix_list: a rule has either cidr or "
                "prefix_list",
            }));
}

TEST(ConfigErrors, PlaceWhatValidationFinds) {
  EXPECT_EQ(errors_of(std::string(kOwner) + R"([vpc.demo]
id = 'vpc-xyz'
cidr_blocks = ['10.0.0.0/16']
[subnet.a]
vpc = 'demoo'
availability_zone = 'eu-west-1a'
cidr_block = '10.0.0.0/24'
[hosted_zone.corp]
domain_name = 'corp..internal'
file = 'corp.zone'
vpcs = [
  'demo',
  'live',
]
)"),
            (Errors{
                "4:6: vpc.demo.id: \"vpc-xyz\" is no id of this kind; it is vpc- and 17 (or 8) of "
                "0-9a-f",
                "7:7: subnet.a.vpc: no VPC has the name or id \"demoo\"; did you mean \"demo\"?",
                "11:15: hosted_zone.corp.domain_name: \"corp..internal\" is no domain name of a "
                "zone: labels of 1 to 63 letters, digits, - and _ with dots between, as in "
                "\"corp.internal\"",
                "15:3: hosted_zone.corp.vpcs[1]: no VPC has the name or id \"live\"; there is "
                "\"demo\"",
            }));
}

TEST(ConfigErrors, PlaceAnInheritedValueWhereItIsWritten) {
  EXPECT_EQ(errors_of(R"(region = 'euwest'
account_id = '123456789012'
[vpc.a]
cidr_blocks = ['10.0.0.0/16']
[vpc.b]
cidr_blocks = ['10.0.0.0/16']
[vpc.c]
region = 'useast'
cidr_blocks = ['10.0.0.0/16']
)"),
            (Errors{"1:10: region: \"euwest\" is no region; one looks like \"eu-west-1\"",
                    "8:10: vpc.c.region: \"useast\" is no region; one looks like \"eu-west-1\""}));
}

TEST(ConfigErrors, FindEndpointAddressesThatCollide) {
  EXPECT_EQ(errors_of(std::string(kOwner) + R"([vpc.demo]
cidr_blocks = ['10.0.0.0/16']
[subnet.a]
vpc = 'demo'
availability_zone = 'eu-west-1a'
cidr_block = '10.0.0.0/24'
[security_group.g]
vpc = 'demo'
[resolver_endpoint.e]
security_groups = ['g']
[[resolver_endpoint.e.ip_address]]
subnet = 'a'
address = '10.0.0.10'
listen = '127.0.0.1:5300'
[[resolver_endpoint.e.ip_address]]
subnet = 'a'
address = '10.0.0.10'
listen = '127.0.0.1:5300'
)"),
            (Errors{"19:11: resolver_endpoint.e.ip_address[1].address: 10.0.0.10 is taken in this "
                    "VPC by resolver_endpoint.e.ip_address[0].address",
                    "20:10: resolver_endpoint.e.ip_address[1].listen: 127.0.0.1:5300 serves "
                    "resolver_endpoint.e.ip_address[0].listen already; give one of them a `listen` "
                    "of its own"}));
}

TEST(ConfigErrors, SayWhyAFileCantBeRead) {
  const auto missing = load_config("/nonexistent/x.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error()[0].to_text(),
            "/nonexistent/x.toml: can't be opened: No such file or directory");
  EXPECT_EQ(missing.error()[0].line, 0U);
  const auto folder = load_config("/");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error()[0].to_text(), "/: can't be read: Is a directory");
}

TEST(Config, ReadsInstancesAndTheReverseSwitch) {
  const std::string text = std::string(kTwoRegions) +
                           "[instance.web]\nsubnet = 'one-a'\naddress = '10.0.0.20'\n"
                           "public_address = '203.0.113.25'\n[instance.db]\nid = 'i-12345678'\n"
                           "subnet = 'two-a'\naddress = '10.0.0.20'\n";
  const topology::Topology t = read(text).topology;
  ASSERT_EQ(t.instances.size(), 2U);
  EXPECT_TRUE(t.instances[0].id.starts_with("i-0"));
  EXPECT_EQ(t.instances[0].subnet, t.subnets[0].id);
  EXPECT_EQ(t.instances[0].public_address->to_text(), "203.0.113.25");
  EXPECT_FALSE(t.instances[0].ipv6_address);
  EXPECT_EQ(t.instances[1].id, "i-12345678");
  EXPECT_EQ(t.instances[1].subnet, t.subnets[1].id);
  EXPECT_TRUE(t.vpcs[0].autodefined_reverse);
  const std::string off = std::string(kOwner) +
                          "[vpc.one]\ncidr_blocks = ['10.0.0.0/16']\nautodefined_reverse = false\n";
  EXPECT_FALSE(read(off).topology.vpcs[0].autodefined_reverse);
}

}  // namespace
}  // namespace inlet53::config
