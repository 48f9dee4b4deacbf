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
  in.refuse_for_now("layers", {"layers"});
  in.refuse_for_now("container images", {"image_uri", "package_type"});
  in.refuse_for_now("provisioned concurrency", {"provisioned_concurrency"});
}

}  // namespace

void read_functions(TableReader& root, const Owner& owner, topology::Topology& topology) {
  root.each_named("function", [&](TableReader& in) {
    read_function(in, owner, topology.functions.emplace_back());
  });
}

}  // namespace inlet53::config
