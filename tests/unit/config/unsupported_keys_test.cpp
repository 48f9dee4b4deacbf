// SPDX-License-Identifier: Apache-2.0

// Keys that AWS has and that are not supported yet: each error says so, none says "unknown key".
#include <sstream>

#include <gtest/gtest.h>

#include "inlet53/base/text.h"
#include "inlet53/config/config.h"

namespace inlet53::config {
namespace {

/// Expects that the last table of `text` refuses each of `keys`.
void expect_refused(const std::string& text, const std::string& keys) {
  std::istringstream words(keys);
  for (std::string key; words >> key;) {
    const auto config = parse_config(concat(text, key, " = {}\n"), "/nowhere/test.toml");
    ASSERT_FALSE(config) << key;
    size_t refused = 0;
    for (const ConfigError& error : config.error()) {
      const bool names_key = error.key == key || error.key.ends_with(concat('.', key));
      if (!names_key) continue;
      ++refused;
      EXPECT_TRUE(error.message.starts_with("not supported yet: ")) << error.to_text();
    }
    EXPECT_EQ(refused, 1U) << key;
  }
}

TEST(UnsupportedKeys, OfAFunction) {
  expect_refused(
      "[function.f]\n",
      "alias architectures auto_publish_alias capacity_provider_config code_signing_config_arn "
      "dead_letter_config dead_letter_queue deployment_preference description durable_config "
      "ephemeral_storage event_invoke_config events file_system_config file_system_configs "
      "function_url function_url_config image_config image_uri inline_code kms_key_arn layers "
      "logging_config package_type permissions_boundary policies provisioned_concurrency "
      "provisioned_concurrency_config publish recursive_loop role runtime_management_config "
      "s3_bucket s3_key s3_object_version snap_start tags tenancy_config tracing tracing_config "
      "version vpc_config zip_file");
}

TEST(UnsupportedKeys, OfAnApi) {
  expect_refused("[rest_api.a]\n",
                 "api_key api_key_source api_key_source_type auth authorizer authorizers body "
                 "body_s3_location clone_from cors definition_body definition_uri description "
                 "disable_execute_api_endpoint documentation documentation_part domain "
                 "endpoint_access_mode fail_on_warnings merge_definitions "
                 "minimum_compression_size mode model models open_api_version openapi parameters "
                 "request_validator request_validators security_policy tags tracing "
                 "tracing_enabled usage_plan");
}

TEST(UnsupportedKeys, OfAStage) {
  expect_refused("[rest_api.a.stage.s]\n",
                 "cache_cluster_enabled cache_cluster_size canary_setting canary_settings "
                 "client_certificate_id data_trace_enabled description documentation_version "
                 "logging_level metrics_enabled tags tracing tracing_enabled usage_plan "
                 "usage_plans web_acl_arn xray_tracing_enabled");
  expect_refused("[rest_api.a.stage.s.method_settings.'GET /']\n",
                 "cache_data_encrypted cache_ttl_in_seconds caching_enabled data_trace_enabled "
                 "logging_level metrics_enabled require_authorization_for_cache_control "
                 "unauthorized_cache_control_header_strategy");
}

TEST(UnsupportedKeys, OfAMethodAndItsIntegration) {
  expect_refused("[rest_api.a.resource.'/']\n", "cors tags");
  expect_refused("[rest_api.a.resource.'/'.GET]\n",
                 "auth authorization_scopes authorizer authorizer_id method_responses model "
                 "operation_name request_models request_parameters request_validator "
                 "request_validator_id responses");
  expect_refused("[rest_api.a.resource.'/'.GET.integration]\ntype = 'MOCK'\n",
                 "cache_key_parameters cache_namespace connection_id content_handling credentials "
                 "integration_target passthrough_behavior request_parameters request_templates "
                 "response_transfer_mode tls_config vpc_link");
  expect_refused(
      "[rest_api.a.resource.'/'.GET.integration]\ntype = 'MOCK'\n"
      "[[rest_api.a.resource.'/'.GET.integration.responses]]\nstatus_code = 200\n",
      "content_handling response_parameters response_templates selection_pattern");
  expect_refused("[rest_api.a.gateway_response.THROTTLED]\n",
                 "response_parameters response_templates");
}

TEST(UnsupportedKeys, OfNetworks) {
  expect_refused("[vpc.v]\n",
                 "dhcp_options dhcp_options_id instance_tenancy ipv4_ipam_pool_id "
                 "ipv4_netmask_length ipv6_ipam_pool_id ipv6_netmask_length ipv6_pool");
  expect_refused("[[vpc.v.firewall_rule_group]]\n", "mutation_protection");
  expect_refused("[subnet.s]\n",
                 "assign_ipv6_address_on_creation availability_zone_id enable_dns64 "
                 "enable_lni_at_device_index ipv4_ipam_pool_id ipv4_netmask_length "
                 "ipv6_cidr_blocks ipv6_ipam_pool_id ipv6_native ipv6_netmask_length "
                 "map_public_ip_on_launch outpost_arn private_dns_name_options_on_launch");
  expect_refused("[instance.i]\n",
                 "iam_instance_profile image_id instance_type key_name launch_template "
                 "network_interfaces private_dns_name_options security_group_ids security_groups "
                 "user_data");
  expect_refused("[security_group.g]\n", "description egress group_description");
  expect_refused("[[security_group.g.ingress]]\n",
                 "source_security_group source_security_group_id source_security_group_name "
                 "source_security_group_owner_id");
}

TEST(UnsupportedKeys, OfEndpointsRulesAndZones) {
  expect_refused("[resolver_endpoint.r]\n",
                 "dns64_enabled ipv6_internet_access_enabled outpost_arn preferred_instance_type "
                 "resolver_endpoint_type rni_enhanced_metrics_enabled "
                 "target_name_server_metrics_enabled");
  expect_refused("[[resolver_endpoint.r.ip_address]]\n", "ipv6");
  expect_refused("[vpc_endpoint.e]\n",
                 "dns_options ip_address_type private_dns_only_for_inbound_resolver_endpoint "
                 "private_dns_preference private_dns_specified_domains "
                 "resource_configuration_arn route_table_ids service_network_arn service_region "
                 "vpc_endpoint_type");
  expect_refused("[resolver_rule.r]\n", "delegation_record");
  expect_refused("[hosted_zone.z]\n",
                 "comment hosted_zone_config hosted_zone_features query_logging_config");
  expect_refused("[firewall_domain_list.l]\n", "domain_file_url");
  expect_refused("[[firewall_rule_group.g.rule]]\n",
                 "block_override_dns_type confidence_threshold dns_threat_protection "
                 "firewall_threat_protection_id");
}

TEST(UnsupportedKeys, OfTheWholeFile) {
  expect_refused("region = 'eu-west-1'\n",
                 "alias api_key authorizer authorizers client_certificate dhcp_options domain_name "
                 "event_source_mapping function_url internet_gateway layer model nat_gateway "
                 "network_acl request_validator role route_table transit_gateway usage_plan "
                 "vpc_link vpc_peering_connection");
}

TEST(UnsupportedKeys, AreTagsOfAnyObject) {
  for (const char* object : {"vpc", "subnet", "security_group", "vpc_endpoint", "resolver_endpoint",
                             "resolver_rule", "hosted_zone"}) {
    expect_refused(concat('[', object, ".x]\n"), "tags");
  }
}

}  // namespace
}  // namespace inlet53::config
