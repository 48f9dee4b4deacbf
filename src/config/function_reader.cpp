#include <filesystem>

#include "object_keys.h"
#include "topology_reader.h"

namespace inlet53::config {

namespace {

/// Above AWS's own limits, which topology::validate knows.
constexpr Range kAnyNumber{0, UINT32_MAX};

/// A folder that is there: without one no call of the function could succeed.
auto parse_code(const std::filesystem::path& folder) {
  return [&folder](const toml::node& node) -> Value<std::string> {
    Value<std::string> path = path_below(folder)(node);
    if (!path) return path;
    std::error_code error;
    if (!std::filesystem::is_directory(*path, error)) {
      return Unexpected(concat(*path, " is no folder"));
    }
    return path;
  };
}

/// Keys of AWS::Lambda::Function and AWS::Serverless::Function.
void refuse_other_keys(TableReader& in) {
  in.refuse_for_now("layers", {"layers"});
  in.refuse_for_now("container images", {"image_uri", "image_config", "package_type"});
  in.refuse_for_now("provisioned concurrency",
                    {"provisioned_concurrency", "provisioned_concurrency_config"});
  in.refuse_for_now("roles", {"role", "policies", "permissions_boundary"});
  in.refuse_for_now("architectures", {"architectures"});
  in.refuse_for_now("storage of a size", {"ephemeral_storage"});
  in.refuse_for_now("file systems", {"file_system_config", "file_system_configs"});
  in.refuse_for_now("VPCs of functions", {"vpc_config"});
  in.refuse_for_now("tracing", {"tracing", "tracing_config"});
  in.refuse_for_now("versions and aliases", {"alias", "auto_publish_alias", "publish", "version"});
  in.refuse_for_now("deployments", {"deployment_preference"});
  in.refuse_for_now("asynchronous invocations",
                    {"dead_letter_config", "dead_letter_queue", "event_invoke_config"});
  in.refuse_for_now("event sources", {"events"});
  in.refuse_for_now("function URLs", {"function_url_config", "function_url"});
  in.refuse_for_now("log settings of a function", {"logging_config"});
  in.refuse_for_now("runtime management", {"runtime_management_config"});
  in.refuse_for_now("SnapStart", {"snap_start"});
  in.refuse_for_now("code signing", {"code_signing_config_arn"});
  in.refuse_for_now("KMS keys", {"kms_key_arn"});
  in.refuse_for_now("code in S3", {"s3_bucket", "s3_key", "s3_object_version"});
  in.refuse_for_now("code in the configuration", {"inline_code", "zip_file"});
  in.refuse_for_now("recursion control", {"recursive_loop"});
  in.refuse_for_now("tenants", {"tenancy_config"});
  in.refuse_for_now("durable functions", {"durable_config"});
  in.refuse_for_now("capacity providers", {"capacity_provider_config"});
  in.refuse_for_now("descriptions", {"description"});
  in.refuse_for_now("tags", {"tags"});
}

void read_function(TableReader& in, const Owner& owner, topology::Function& function) {
  function.name = in.name();
  read_owner(in, owner, function.region, function.account_id);
  function.id = topology::function_arn(function.region, function.account_id, function.name);
  in.read("runtime", Need::Required, function.runtime, parse_text);
  in.read("handler", Need::Optional, function.handler, parse_text);
  in.read("code", Need::Required, function.code, parse_code(in.reading().folder));
  in.read("timeout", Need::Optional, function.timeout_seconds,
          in_range<uint32_t>(parse_seconds, kAnyNumber));
  in.read("memory_size", Need::Optional, function.memory_size,
          in_range<uint32_t>(parse_number, kAnyNumber));
  in.read("reserved_concurrency", Need::Optional, function.reserved_concurrency,
          in_range<uint32_t>(parse_number, kAnyNumber));
  in.read_texts("environment", function.environment);
  refuse_other_keys(in);
}

}  // namespace

void read_functions(TableReader& root, const Owner& owner, topology::Topology& topology) {
  root.each_named("function", [&](TableReader& in) {
    read_function(in, owner, topology.functions.emplace_back());
  });
  root.refuse_for_now("layers", {"layer"});
  root.refuse_for_now("roles", {"role"});
  root.refuse_for_now("versions and aliases", {"alias"});
  root.refuse_for_now("event sources", {"event_source_mapping"});
  root.refuse_for_now("function URLs", {"function_url"});
}

}  // namespace inlet53::config
