// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inlet53/base/ip_address.h"
#include "inlet53/topology/firewall.h"

/// Model of a deployment: every AWS object that inlet53 emulates, as a plain value.
///
/// The reader of a configuration (TOML) makes the model, `validate` checks it, and builders read
/// it. It does not change after validation. `name` is the name of an object in the configuration,
/// unique among the objects of its kind. Objects refer to each other by id. The reader replaces
/// names by ids, and keeps a name without an object, so that `validate` reports it.
/// Threads: const access any.
namespace inlet53::topology {

/// A VPC. Source: EC2 API Reference, Vpc; VPC attributes enableDnsSupport and enableDnsHostnames;
/// Route 53 API Reference, FirewallConfig.
struct Vpc {
  std::string name;
  std::string id;
  std::string region;
  std::string account_id;         // 12 digits
  std::vector<Cidr> cidr_blocks;  // IPv4 and IPv6; the first is the primary one, IPv4
  bool enable_dns_support = true;
  bool enable_dns_hostnames = true;
  std::vector<FirewallRuleGroupAssociation> firewall_rule_groups = {};
  /// Permits queries that DNS Firewall cannot evaluate because the file of a domain list is
  /// unreadable.
  bool firewall_fail_open = false;
  /// The resolver itself answers reverse lookups of private addresses. Source: Route 53 API
  /// Reference, ResolverConfig.AutodefinedReverse.
  bool autodefined_reverse = true;
};

/// A subnet, in one Availability Zone. Source: EC2 API Reference, Subnet.
struct Subnet {
  std::string name;
  std::string id;
  std::string vpc;
  std::string availability_zone;  // such as eu-west-1a
  Cidr cidr_block;
  std::optional<Cidr> ipv6_cidr_block;
};

/// EC2 instance. inlet53 serves its DNS names. Source: EC2 API Reference, Instance.
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

/// Inbound rule of a security group. `source` is a CIDR block or the id of a prefix list.
struct SecurityGroupRule {
  IpProtocol protocol = IpProtocol::All;
  uint16_t from_port = 0;
  uint16_t to_port = 65535;  // the last port of the range
  std::variant<Cidr, std::string> source;
  std::string description;
};

/// Security group. It drops traffic that its rules do not allow.
struct SecurityGroup {
  std::string name;
  std::string id;
  std::string vpc;
  std::vector<SecurityGroupRule> ingress;
};

/// Direction of a resolver endpoint. Source: Route 53 API Reference, ResolverEndpoint.Direction.
enum class Direction : uint8_t { Inbound, Outbound, InboundDelegation };

/// Protocol of a resolver endpoint: UDP and TCP, HTTPS (RFC 8484), or TLS (RFC 7858). Source: Route
/// 53 API Reference, ResolverEndpoint.Protocols; DoT is an extension of inlet53.
enum class EndpointProtocol : uint8_t { Do53, DoH, DoT };

/// Returns the protocol as AWS spells it: `Do53`.
[[nodiscard]] std::string_view to_text(EndpointProtocol protocol) noexcept;

/// Returns the protocol's port, which security groups refer to: 53, 443 or 853.
[[nodiscard]] uint16_t service_port(EndpointProtocol protocol) noexcept;

/// IP address of a resolver endpoint: a network interface in one subnet.
struct ResolverEndpointIp {
  std::string id;  // rni-…, as in the query log
  std::string subnet;
  IpAddress address;
  /// Address and port on this machine for Do53; absent: `address` and port 53. Inbound endpoints
  /// only.
  std::optional<SocketAddress> listen;
  /// Outbound endpoints: address of this machine from which queries are forwarded; absent: the
  /// kernel chooses.
  std::optional<IpAddress> send_from;
  bool enabled = true;
  /// The same as `listen` for DoT and DoH; absent: `address` and port 853 or 443.
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

/// Network interface of a VPC endpoint in one subnet. It has an IPv4 address, an IPv6 address, or
/// both.
struct NetworkInterface {
  std::string id;  // eni-…
  std::string subnet;
  std::optional<IpAddress> address;
  std::optional<IpAddress> ipv6_address;
  /// Address and port on this machine for the gateway; absent: the addresses above and port 443.
  std::optional<SocketAddress> listen;
};

/// Names of a service that the endpoint's VPC resolves to the endpoint's addresses.
enum class PrivateDns : uint8_t {
  Disabled,
  /// All private DNS names of the service (PrivateDnsEnabled of AWS).
  Enabled,
  /// Only the REST APIs in the topology, so that public APIs stay reachable (extension of inlet53).
  Listed,
};

/// Address records of the names of an endpoint. ServiceDefined: A records for all names, AAAA
/// records only for the regional and zonal names. Source: EC2 API Reference,
/// DnsOptions.DnsRecordIpType.
enum class DnsRecordIpType : uint8_t { Ipv4, Dualstack, Ipv6, ServiceDefined };

/// An interface VPC endpoint.
struct VpcEndpoint {
  std::string name;
  std::string id;
  std::string vpc;
  std::string service_name;  // com.amazonaws.eu-west-1.execute-api
  /// Random part of the DNS names, `vpce-ID-RRRRRRRR`: 8 of a-z0-9.
  std::string dns_suffix;
  PrivateDns private_dns = PrivateDns::Disabled;
  /// Private DNS names, and the domains of the endpoint's own names, in place of those that
  /// `endpoint_names.h` derives from `service_name`. Source: EC2 API Reference, ServiceDetail:
  /// PrivateDnsNames, BaseEndpointDnsNames.
  std::vector<std::string> private_dns_names;
  std::vector<std::string> base_endpoint_dns_names;
  DnsRecordIpType dns_record_ip_type = DnsRecordIpType::Ipv4;
  std::vector<std::string> security_groups;
  std::string policy;       // JSON of the endpoint policy; empty: every call is allowed
  std::string policy_file;  // file with the policy, for messages; empty: the configuration has it
  std::vector<NetworkInterface> network_interfaces;
};

/// Endpoint type of a REST API. Only a private API is called through a VPC endpoint.
/// Source: API Gateway API Reference, EndpointConfiguration.
enum class ApiEndpointType : uint8_t { Private, Regional, Edge };

/// Name and text: a stage variable, an environment variable, a header.
struct NamedText {
  std::string name;
  std::string value;

  friend bool operator==(const NamedText&, const NamedText&) = default;
};

enum class IntegrationType : uint8_t {
  AwsProxy,   // a Lambda function receives the request as an event
  HttpProxy,  // the server of a URL receives the request
  Mock,       // the gateway responds itself
};

/// Response of a mock integration. It is used if the request template results in `status_code`.
struct IntegrationResponse {
  uint16_t status_code = 200;
  std::vector<NamedText> headers;
  /// Body. `$context.…` and `$stageVariables.…` are replaced by their values; other template syntax
  /// is not supported.
  std::string template_text;
};

/// Backend of a method. Source: API Gateway API Reference, Integration.
struct Integration {
  IntegrationType type = IntegrationType::Mock;
  std::string function;         // AwsProxy: a function's id
  std::string uri;              // HttpProxy: `https://host/{proxy}`, with `${stageVariables.x}`
  std::string http_method;      // HttpProxy: method of the call; empty: that of the request
  uint32_t timeout_ms = 29000;  // 50-29000
  std::string request_template = R"({"statusCode": 200})";  // Mock: JSON with an integer statusCode
  std::vector<IntegrationResponse> responses;               // Mock
};

/// Method of a resource. `ANY` matches every method that the resource does not define.
struct Method {
  std::string http_method;  // upper case
  Integration integration;
};

/// Resource: a path with its methods. Source: API Gateway API Reference, Resource.
struct Resource {
  std::string id;    // 6 of a-z0-9
  std::string path;  // `/`, `/hello`, `/pets/{petId}`, `/{proxy+}`
  std::vector<Method> methods;
};

/// Throttling of methods in a stage; `*` stands for all paths or methods. Source: API Gateway API
/// Reference, MethodSetting.
struct MethodSettings {
  std::string resource_path = "*";
  std::string http_method = "*";
  std::optional<double> throttling_rate_limit;     // requests per second
  std::optional<uint32_t> throttling_burst_limit;  // requests at once
};

/// Access log of a stage. Source: API Gateway API Reference, AccessLogSettings; the destination is
/// a file here.
struct AccessLogSettings {
  std::string file;    // absolute; empty: no log
  std::string format;  // text with `$context.…`
};

/// Stage of a REST API. Source: API Gateway API Reference, Stage.
struct Stage {
  std::string name;
  std::string deployment_id;  // 6 of a-z0-9
  std::vector<NamedText> variables;
  std::vector<MethodSettings> method_settings;
  AccessLogSettings access_log;
  std::string execution_log;  // absolute path of a file; empty: none
};

/// Gateway response, which the gateway generates itself, where it differs from the default of AWS.
/// Source: API Gateway Developer Guide, "Gateway responses in API Gateway".
struct GatewayResponse {
  std::string response_type;            // ACCESS_DENIED, DEFAULT_4XX, …
  std::optional<uint16_t> status_code;  // absent: the default of the type
  std::vector<NamedText> headers;
  std::optional<std::string> template_text;  // absent: the default of AWS
};

/// REST API. Source: API Gateway API Reference, RestApi.
struct RestApi {
  std::string name;
  std::string id;  // 10 of a-z0-9
  std::string region;
  std::string account_id;
  ApiEndpointType endpoint_type = ApiEndpointType::Private;
  /// Ids of the associated VPC endpoints (endpointConfiguration.vpcEndpointIds).
  std::vector<std::string> vpc_endpoints;
  std::string policy;       // JSON of the resource policy; empty: there is none, no call is allowed
  std::string policy_file;  // file with the policy, for messages; empty: the configuration has it
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
  std::string handler;           // app.handler; any text for a provided runtime
  std::string code;              // absolute path of the directory (LAMBDA_TASK_ROOT)
  uint32_t timeout_seconds = 3;  // 1-900
  uint32_t memory_size = 128;    // MiB, 128-10240; reported, not enforced
  /// Maximum number of concurrent environments; 0: every call is refused; absent: no limit of its
  /// own.
  std::optional<uint32_t> reserved_concurrency;
  std::vector<NamedText> environment;

  friend bool operator==(const Function&, const Function&) = default;
};

/// A Route 53 private hosted zone, associated with VPCs.
struct HostedZone {
  std::string name;
  std::string id;           // Z…
  std::string domain_name;  // letters, digits, `-`, `_`, `/`; with or without the final dot
  std::string file;         // absolute path of the master file
  std::vector<std::string> vpcs;
  /// Line of `file` in the configuration, from 1; 0: unknown.
  uint32_t file_line = 0;
  uint32_t file_column = 0;
};

/// Type of a resolver rule. Source: Route 53 API Reference, ResolverRule.RuleType. AWS creates the
/// rules of other types.
enum class RuleType : uint8_t {
  Forward,  // forwards queries to the targets
  System,   // answers queries as if there were no rule: an exception to a less specific rule
};

/// Protocol of a target. Source: Route 53 API Reference, TargetAddress.Protocol, which also has
/// DoH; DoT is an extension of inlet53.
enum class TargetProtocol : uint8_t { Do53, DoT };

/// DNS server to which a rule forwards queries.
struct TargetAddress {
  SocketAddress address;
  TargetProtocol protocol = TargetProtocol::Do53;
  /// DoT: the name in the certificate of the target; empty: any name, if a trusted authority signed
  /// it.
  std::string server_name_indication;

  friend bool operator==(const TargetAddress&, const TargetAddress&) = default;
};

/// A resolver rule, associated with VPCs. Source: Route 53 API Reference, ResolverRule.
struct ResolverRule {
  std::string name;
  std::string id;  // rslvr-rr-…
  RuleType rule_type = RuleType::Forward;
  std::string domain_name;                // `.` for all names
  std::string resolver_endpoint;          // Forward: the outbound endpoint's id
  std::vector<TargetAddress> target_ips;  // Forward: 1 to 6
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

  /// Return the object with an id; null: there is none.
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

/// Returns the ARN of a function, which is its id.
[[nodiscard]] std::string function_arn(std::string_view region, std::string_view account_id,
                                       std::string_view name);

/// Returns whether the topology needs a DNS daemon: an inbound or delegation endpoint has an
/// enabled IP address.
[[nodiscard]] bool calls_for_dns(const Topology& topology) noexcept;

/// Returns whether the topology needs an HTTPS daemon: a REST API has a stage, so it can be called.
[[nodiscard]] bool calls_for_gateway(const Topology& topology) noexcept;

/// Returns the `listen` of a protocol; absent: the address itself and the port of the service.
[[nodiscard]] const std::optional<SocketAddress>& listen_of(const ResolverEndpointIp& ip,
                                                            EndpointProtocol protocol) noexcept;

/// Returns the address and port on this machine at which an endpoint IP address serves a protocol.
[[nodiscard]] SocketAddress serving_address(const ResolverEndpointIp& ip,
                                            EndpointProtocol protocol = EndpointProtocol::Do53);

/// Returns the addresses and ports on this machine at which a network interface serves HTTPS: its
/// `listen`, or else one for each of its addresses.
[[nodiscard]] std::vector<SocketAddress> serving_addresses(const NetworkInterface& interface);

}  // namespace inlet53::topology
