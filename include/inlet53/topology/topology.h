// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inlet53/base/cidr.h"
#include "inlet53/base/ip_address.h"
#include "inlet53/topology/firewall.h"

/// The model: every AWS object that inlet53 stands for, as a plain value.
///
/// Sources (TOML, later a template) produce it, `validate` checks it, builders consume it. A value
/// never changes after validation. `name` is what a person calls an object in the source, unique
/// among its kind. References between objects are ids; a source that lets people write names turns
/// them into ids and leaves what it can't resolve as it was written, so that `validate` reports it.
/// Threads: const access any.
namespace inlet53::topology {

/// A VPC. Source: EC2 API Reference, Vpc; VPC attributes enableDnsSupport and enableDnsHostnames;
/// Route 53 API Reference, FirewallConfig.
struct Vpc {
  std::string name;
  std::string id;
  std::string region;
  std::string account_id;         // 12 digits
  std::vector<Cidr> cidr_blocks;  // of both families; the first is the primary one, IPv4
  bool enable_dns_support = true;
  bool enable_dns_hostnames = true;
  std::vector<FirewallRuleGroupAssociation> firewall_rule_groups = {};
  /// Queries that DNS Firewall can't judge, since a list's file can't be read, are let through.
  bool firewall_fail_open = false;
  /// The resolver answers reverse lookups of private addresses itself. Source: Route 53 API
  /// Reference, ResolverConfig.AutodefinedReverse.
  bool autodefined_reverse = true;
};

/// A subnet, in one Availability Zone. Source: EC2 API Reference, Subnet.
struct Subnet {
  std::string name;
  std::string id;
  std::string vpc;
  std::string availability_zone;  // its name, eu-west-1a
  Cidr cidr_block;
  std::optional<Cidr> ipv6_cidr_block;
};

/// An EC2 instance, for its names. Source: EC2 API Reference, Instance.
struct Instance {
  std::string name;
  std::string id;  // i-…
  std::string subnet;
  IpAddress address;  // private, IPv4
  std::optional<IpAddress> ipv6_address;
  std::optional<IpAddress> public_address;  // IPv4
};

struct PrefixListEntry {
  Cidr cidr;
  std::string description;
};

/// A managed prefix list. Source: Amazon VPC User Guide, "Managed prefix lists".
struct PrefixList {
  std::string name;
  std::string id;
  IpFamily address_family = IpFamily::V4;
  uint32_t max_entries = 10;
  std::vector<PrefixListEntry> entries;
};

enum class IpProtocol : uint8_t { All, Tcp, Udp };

/// One inbound rule. A source is a block of addresses or a prefix list's id.
struct SecurityGroupRule {
  IpProtocol protocol = IpProtocol::All;
  uint16_t from_port = 0;
  uint16_t to_port = 65535;  // the last port that is let in
  std::variant<Cidr, std::string> source;
  std::string description;
};

/// A security group: what it does not allow, it drops.
struct SecurityGroup {
  std::string name;
  std::string id;
  std::string vpc;
  std::vector<SecurityGroupRule> ingress;
};

/// Source: Route 53 API Reference, ResolverEndpoint.Direction.
enum class Direction : uint8_t { Inbound, Outbound, InboundDelegation };

/// How a resolver endpoint can be asked: over UDP and TCP, over HTTPS (RFC 8484), over TLS
/// (RFC 7858). Source: Route 53 API Reference, ResolverEndpoint.Protocols; DoT is ours.
enum class EndpointProtocol : uint8_t { Do53, DoH, DoT };

/// As AWS spells it: `Do53`.
[[nodiscard]] std::string_view to_text(EndpointProtocol protocol) noexcept;

/// The port of the service, which security groups go by: 53, 443 or 853.
[[nodiscard]] uint16_t service_port(EndpointProtocol protocol) noexcept;

/// One IP address of a resolver endpoint: a network interface in one subnet.
struct ResolverEndpointIp {
  std::string id;  // rni-…, as the query log names it
  std::string subnet;
  IpAddress address;
  /// Where it is served; the address itself and port 53 when absent. Not of an outbound endpoint.
  std::optional<SocketAddress> listen;
  /// Of an outbound endpoint: the machine's address that forwarded queries are sent from; whichever
  /// the kernel takes when absent.
  std::optional<IpAddress> send_from;
  bool enabled = true;
  /// As `listen`, of the other protocols where the endpoint has them: ports 853 and 443.
  std::optional<SocketAddress> listen_dot = {};
  std::optional<SocketAddress> listen_doh = {};
};

/// A Route 53 Resolver endpoint. Source: Route 53 API Reference, ResolverEndpoint.
struct ResolverEndpoint {
  std::string name;
  std::string id;
  Direction direction = Direction::Inbound;
  std::string vpc;
  std::vector<std::string> security_groups;
  std::vector<ResolverEndpointIp> ip_addresses;
  std::vector<EndpointProtocol> protocols = {EndpointProtocol::Do53};
};

/// A VPC endpoint's network interface in one subnet. It has an address of either family, or both.
struct NetworkInterface {
  std::string id;  // eni-…
  std::string subnet;
  std::optional<IpAddress> address;
  std::optional<IpAddress> ipv6_address;
  /// Where the gateway serves it; the address itself and port 443 when absent.
  std::optional<SocketAddress> listen;
};

/// Which names of an endpoint's service its VPC answers with the endpoint's addresses.
enum class PrivateDns : uint8_t {
  Disabled,
  /// AWS's PrivateDnsEnabled: all private DNS names of the service.
  Enabled,
  /// Ours: only the REST APIs that the topology names; public APIs stay reachable.
  Listed,
};

/// Which address records an endpoint's names have. ServiceDefined: A for all of them, AAAA for the
/// regional and zonal names only. Source: EC2 API Reference, DnsOptions.DnsRecordIpType.
enum class DnsRecordIpType : uint8_t { Ipv4, Dualstack, Ipv6, ServiceDefined };

/// An interface VPC endpoint.
struct VpcEndpoint {
  std::string name;
  std::string id;
  std::string vpc;
  std::string service_name;  // com.amazonaws.eu-west-1.execute-api
  /// The random part of its DNS names, `vpce-ID-RRRRRRRR`: 8 of a-z0-9.
  std::string dns_suffix;
  PrivateDns private_dns = PrivateDns::Disabled;
  /// Private DNS names and domains of the endpoint's own names, instead of those that follow from
  /// `service_name` (`service_names.h`). EC2 API Reference, ServiceDetail: PrivateDnsNames,
  /// BaseEndpointDnsNames.
  std::vector<std::string> private_dns_names;
  std::vector<std::string> base_endpoint_dns_names;
  DnsRecordIpType dns_record_ip_type = DnsRecordIpType::Ipv4;
  std::vector<std::string> security_groups;
  std::string policy;       // the endpoint policy's JSON; empty: everything is allowed
  std::string policy_file;  // where it was read from; empty: in the configuration
  std::vector<NetworkInterface> network_interfaces;
};

/// Where a REST API can be called. Only a private one is reached by way of a VPC endpoint.
/// Source: API Gateway API Reference, EndpointConfiguration.
enum class ApiEndpointType : uint8_t { Private, Regional, Edge };

/// A name and its text: a stage variable, an environment variable, a header.
struct NamedText {
  std::string name;
  std::string value;

  friend bool operator==(const NamedText&, const NamedText&) = default;
};

enum class IntegrationType : uint8_t {
  AwsProxy,   // a Lambda function gets the request as an event
  HttpProxy,  // a URL gets the request
  Mock,       // the gateway answers
};

/// What a mock integration answers when its request template yields `status_code`.
struct IntegrationResponse {
  uint16_t status_code = 200;
  std::vector<NamedText> headers;
  /// `$context.…` and `$stageVariables.…` are replaced; no other template language.
  std::string template_text;
};

/// What serves a method. Source: API Gateway API Reference, Integration.
struct Integration {
  IntegrationType type = IntegrationType::Mock;
  std::string function;         // AwsProxy: a function's id
  std::string uri;              // HttpProxy: `https://host/{proxy}`, with `${stageVariables.x}`
  std::string http_method;      // HttpProxy: of the call; empty: the request's own
  uint32_t timeout_ms = 29000;  // 50-29000
  std::string request_template = R"({"statusCode": 200})";  // Mock: JSON with an integer statusCode
  std::vector<IntegrationResponse> responses;               // Mock
};

/// A method of a resource; `ANY` stands for those that the resource does not name.
struct Method {
  std::string http_method;  // upper case
  Integration integration;
};

/// A resource: a path with its methods. Source: API Gateway API Reference, Resource.
struct Resource {
  std::string id;    // 6 of a-z0-9
  std::string path;  // `/`, `/hello`, `/pets/{petId}`, `/{proxy+}`
  std::vector<Method> methods;
};

/// Limits of a stage's methods; `resource_path` and `http_method` may be `*`.
/// Source: API Gateway API Reference, MethodSetting.
struct MethodSettings {
  std::string resource_path = "*";
  std::string http_method = "*";
  std::optional<double> throttling_rate_limit;     // requests a second
  std::optional<uint32_t> throttling_burst_limit;  // requests at once
};

/// Source: API Gateway API Reference, AccessLogSettings; the destination is a file here.
struct AccessLogSettings {
  std::string file;    // absolute; empty: no log
  std::string format;  // with `$context.…`
};

/// Source: API Gateway API Reference, Stage.
struct Stage {
  std::string name;
  std::string deployment_id;  // 6 of a-z0-9
  std::vector<NamedText> variables;
  std::vector<MethodSettings> method_settings;
  AccessLogSettings access_log;
  std::string execution_log;  // a file, absolute; empty: none
};

/// What the gateway answers itself, where it differs from AWS's default.
/// Source: API Gateway Developer Guide, "Gateway responses in API Gateway".
struct GatewayResponse {
  std::string response_type;            // ACCESS_DENIED, DEFAULT_4XX, …
  std::optional<uint16_t> status_code;  // absent: the type's own
  std::vector<NamedText> headers;
  std::optional<std::string> template_text;  // absent: AWS's default
};

/// A REST API.
struct RestApi {
  std::string name;
  std::string id;  // 10 of a-z0-9
  std::string region;
  std::string account_id;
  ApiEndpointType endpoint_type = ApiEndpointType::Private;
  /// The VPC endpoints that it is associated with (endpointConfiguration.vpcEndpointIds).
  std::vector<std::string> vpc_endpoints;
  std::string policy;       // the resource policy's JSON; empty: none, and every call is refused
  std::string policy_file;  // where it was read from, for messages; empty: in the configuration
  std::vector<std::string> binary_media_types;
  std::vector<Stage> stages;
  std::vector<Resource> resources;
  std::vector<GatewayResponse> gateway_responses;
};

/// A Lambda function. Source: Lambda API Reference, FunctionConfiguration.
struct Function {
  std::string name;  // FunctionName, 1 to 64 of letters, digits, `-` and `_`
  std::string id;    // its ARN, arn:aws:lambda:eu-west-1:123456789012:function:hello
  std::string region;
  std::string account_id;
  std::string runtime;           // python3.11, nodejs20.x, provided.al2023
  std::string handler;           // app.handler; of a provided runtime anything
  std::string code;              // the folder, absolute (LAMBDA_TASK_ROOT)
  uint32_t timeout_seconds = 3;  // 1-900
  uint32_t memory_size = 128;    // MiB, 128-10240; reported, not enforced
  /// Environments at once; 0 refuses every call, absent: as many as there may be.
  std::optional<uint32_t> reserved_concurrency;
  std::vector<NamedText> environment;

  friend bool operator==(const Function&, const Function&) = default;
};

/// A Route 53 private hosted zone, associated with VPCs.
struct HostedZone {
  std::string name;
  std::string id;           // Z…
  std::string domain_name;  // letters, digits, `-`, `_`, `/`; with or without a dot at the end
  std::string file;         // its master file, absolute
  std::vector<std::string> vpcs;
  /// Where the configuration names the file, from 1; 0: nowhere.
  uint32_t file_line = 0;
  uint32_t file_column = 0;
};

/// Source: Route 53 API Reference, ResolverRule.RuleType; the others are of the service's making.
enum class RuleType : uint8_t {
  Forward,  // queries go to the targets
  System,   // queries are answered as without rules: an exception from a less specific one
};

/// Source: Route 53 API Reference, TargetAddress.Protocol, which has DoH too; DoT is ours.
enum class TargetProtocol : uint8_t { Do53, DoT };

/// One of the DNS servers that a rule forwards to.
struct TargetAddress {
  SocketAddress address;
  TargetProtocol protocol = TargetProtocol::Do53;
  /// Of DoT: the name that the target's certificate must be for; empty: any, if trusted.
  std::string server_name_indication;

  friend bool operator==(const TargetAddress&, const TargetAddress&) = default;
};

/// A resolver rule, associated with VPCs. Source: Route 53 API Reference, ResolverRule.
struct ResolverRule {
  std::string name;
  std::string id;  // rslvr-rr-…
  RuleType rule_type = RuleType::Forward;
  std::string domain_name;                // `.` for all names
  std::string resolver_endpoint;          // of Forward: the outbound endpoint's id
  std::vector<TargetAddress> target_ips;  // of Forward: 1 to 6
  std::vector<std::string> vpcs;
};

/// All objects of a deployment: any number of regions, accounts and VPCs.
struct Topology {
  std::vector<Vpc> vpcs;
  std::vector<Subnet> subnets;
  std::vector<PrefixList> prefix_lists;
  std::vector<SecurityGroup> security_groups;
  std::vector<ResolverEndpoint> resolver_endpoints;
  std::vector<VpcEndpoint> vpc_endpoints;
  std::vector<RestApi> rest_apis;
  std::vector<Function> functions;
  std::vector<HostedZone> hosted_zones;
  std::vector<ResolverRule> resolver_rules;
  std::vector<Instance> instances;
  std::vector<FirewallDomainList> firewall_domain_lists;
  std::vector<FirewallRuleGroup> firewall_rule_groups;

  /// Each finds an object by id; null when there is none.
  /// Lifetime: this topology's. Cost: linear; for building and validation, not for queries.
  [[nodiscard]] const Vpc* find_vpc(std::string_view id) const noexcept;
  [[nodiscard]] const Subnet* find_subnet(std::string_view id) const noexcept;
  [[nodiscard]] const PrefixList* find_prefix_list(std::string_view id) const noexcept;
  [[nodiscard]] const SecurityGroup* find_security_group(std::string_view id) const noexcept;
  [[nodiscard]] const ResolverEndpoint* find_resolver_endpoint(std::string_view id) const noexcept;
  [[nodiscard]] const VpcEndpoint* find_vpc_endpoint(std::string_view id) const noexcept;
  [[nodiscard]] const Function* find_function(std::string_view id) const noexcept;
  [[nodiscard]] const FirewallDomainList* find_firewall_domain_list(
      std::string_view id) const noexcept;
  [[nodiscard]] const FirewallRuleGroup* find_firewall_rule_group(
      std::string_view id) const noexcept;
};

/// The ARN of a function, which is its id.
[[nodiscard]] std::string function_arn(std::string_view region, std::string_view account_id,
                                       std::string_view name);

/// Whether some inbound (or delegation) endpoint has an enabled IP address: a DNS daemon is called
/// for.
[[nodiscard]] bool calls_for_dns(const Topology& topology) noexcept;

/// Whether some REST API has a stage, so that calls can get to it: an HTTPS daemon is called for.
[[nodiscard]] bool calls_for_gateway(const Topology& topology) noexcept;

/// The address and port that a protocol has for itself; none: the service's own place is meant.
[[nodiscard]] const std::optional<SocketAddress>& listen_of(const ResolverEndpointIp& ip,
                                                            EndpointProtocol protocol) noexcept;

/// The address and port at which an endpoint IP address is served by a protocol.
[[nodiscard]] SocketAddress serving_address(const ResolverEndpointIp& ip,
                                            EndpointProtocol protocol = EndpointProtocol::Do53);

/// The addresses and ports at which a VPC endpoint's network interface is served, by HTTPS: one for
/// each of its addresses, or its `listen` alone.
[[nodiscard]] std::vector<SocketAddress> serving_addresses(const NetworkInterface& interface);

}  // namespace inlet53::topology
