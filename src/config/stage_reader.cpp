#include "object_keys.h"
#include "topology_reader.h"

#include "inlet53/base/text.h"

namespace inlet53::config {

namespace {

/// Above our own limits, which topology::validate knows.
constexpr Range kAnyNumber{0, UINT32_MAX};

/// The formats that API Gateway's console offers.
/// Source: API Gateway Developer Guide, "Access logging for REST APIs".
constexpr std::string_view kClf =
    "$context.identity.sourceIp $context.identity.caller $context.identity.user "
    "[$context.requestTime] \"$context.httpMethod $context.resourcePath $context.protocol\" "
    "$context.status $context.responseLength $context.requestId $context.extendedRequestId";
constexpr std::string_view kJson =
    R"({ "requestId":"$context.requestId", "extendedRequestId":"$context.extendedRequestId",)"
    R"("ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", )"
    R"("user":"$context.identity.user", "requestTime":"$context.requestTime", )"
    R"("httpMethod":"$context.httpMethod", "resourcePath":"$context.resourcePath", )"
    R"("status":"$context.status", "protocol":"$context.protocol", )"
    R"("responseLength":"$context.responseLength" })";
constexpr std::string_view kXml =
    R"(<request id="$context.requestId"> )"
    "<extendedRequestId>$context.extendedRequestId</extendedRequestId> "
    "<ip>$context.identity.sourceIp</ip> <caller>$context.identity.caller</caller> "
    "<user>$context.identity.user</user> <requestTime>$context.requestTime</requestTime> "
    "<httpMethod>$context.httpMethod</httpMethod> "
    "<resourcePath>$context.resourcePath</resourcePath> <status>$context.status</status> "
    "<protocol>$context.protocol</protocol> "
    "<responseLength>$context.responseLength</responseLength> </request>";
constexpr std::string_view kCsv =
    "$context.identity.sourceIp,$context.identity.caller,$context.identity.user,"
    "$context.requestTime,$context.httpMethod,$context.resourcePath,$context.protocol,"
    "$context.status,$context.responseLength,$context.requestId,$context.extendedRequestId";

struct Preset {
  std::string_view word;
  std::string_view format;
};
constexpr Preset kPresets[] = {{"clf", kClf}, {"json", kJson}, {"xml", kXml}, {"csv", kCsv}};

/// A preset's name, or a format.
Value<std::string> parse_format(const toml::node& node) {
  const Value<std::string> text = parse_text(node);
  if (!text) return text;
  std::vector<std::string_view> words;
  for (const Preset& preset : kPresets) {
    if (ascii_lower(*text) == preset.word) return std::string(preset.format);
    words.push_back(preset.word);
  }
  if (text->find('$') != std::string::npos) return text;
  return Unexpected(
      concat(unknown_word(*text, words), "; a format of one's own has $context.requestId"));
}

void read_access_log(TableReader& in, topology::AccessLogSettings& log) {
  log.format = kJson;
  in.read("file", Need::Required, log.file, path_below(in.reading().folder));
  in.read("format", Need::Optional, log.format, parse_format);
}

void read_throttling(TableReader& in, topology::MethodSettings& settings) {
  in.read("throttling_rate_limit", Need::Optional, settings.throttling_rate_limit,
          [](const toml::node& node) { return parse_decimal(node, kAnyNumber); });
  in.read("throttling_burst_limit", Need::Optional, settings.throttling_burst_limit,
          in_range<uint32_t>(parse_number, kAnyNumber));
  in.refuse_for_now("caching", {"caching_enabled", "cache_ttl_in_seconds", "cache_data_encrypted",
                                "require_authorization_for_cache_control",
                                "unauthorized_cache_control_header_strategy"});
  in.refuse_for_now("metrics", {"metrics_enabled"});
  in.refuse_for_now("levels of execution logs", {"logging_level", "data_trace_enabled"});
}

/// `GET /hello`: a method and a resource's path.
void read_method_settings(TableReader& in, topology::Stage& stage) {
  topology::MethodSettings settings;
  const std::string& key = in.name();
  const size_t space = key.find(' ');
  if (space == std::string::npos || space + 1 >= key.size() || key[space + 1] != '/') {
    in.report("", "this is no method and path, as in \"GET /hello\"");
  } else {
    settings.http_method = key.substr(0, space);
    settings.resource_path = key.substr(space + 1);
  }
  read_throttling(in, settings);
  stage.method_settings.push_back(std::move(settings));
}

}  // namespace

void read_stage(TableReader& in, topology::Stage& stage) {
  stage.name = in.name();
  read_id(in, "deployment_id", id_shape::kApiDeployment, stage.deployment_id);
  in.read_texts("variables", stage.variables);
  in.section("access_log", [&](TableReader& log) { read_access_log(log, stage.access_log); });
  in.read("execution_log", Need::Optional, stage.execution_log, path_below(in.reading().folder));

  topology::MethodSettings of_all;
  read_throttling(in, of_all);
  if (of_all.throttling_rate_limit || of_all.throttling_burst_limit) {
    stage.method_settings.push_back(of_all);
  }
  in.each_named("method_settings",
                [&](TableReader& method) { read_method_settings(method, stage); });
  in.refuse_for_now("caching", {"cache_cluster_enabled", "cache_cluster_size"});
  in.refuse_for_now("canary releases", {"canary_settings", "canary_setting"});
  in.refuse_for_now("client certificates", {"client_certificate_id"});
  in.refuse_for_now("web ACLs", {"web_acl_arn"});
  in.refuse_for_now("usage plans", {"usage_plan", "usage_plans"});
  in.refuse_for_now("tracing", {"tracing_enabled", "tracing", "xray_tracing_enabled"});
  in.refuse_for_now("documentation", {"documentation_version"});
  in.refuse_for_now("descriptions", {"description"});
  in.refuse_for_now("tags", {"tags"});
}

}  // namespace inlet53::config
