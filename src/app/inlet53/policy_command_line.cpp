#include "policy_command_line.h"

#include <CLI/CLI.hpp>

namespace inlet53::app {

namespace {

constexpr const char* kDetails =
    "The caller is anonymous. By way of a VPC endpoint (--vpce) its address is aws:VpcSourceIp,\n"
    "without one it is aws:SourceIp. With --config the API and the endpoint may be named, and\n"
    "policy, region, account and VPC come from the file.\n"
    "Exit code 0: the call is let through; 1: it is refused; 2: usage; 3: the policy can't be "
    "read.";

void add_api(CLI::App& explain, PolicyExplainOptions& options) {
  explain
      .add_option("--policy", options.policy,
                  "the resource policy (JSON; default: the API's in --config)")
      ->type_name("FILE");
  explain.add_option("--config", options.config, "a configuration file that has the API")
      ->type_name("FILE");
  explain.add_option("--api", options.api, "the REST API's id")->type_name("ID")->required();
  explain.add_option("--region", options.region, "its region (default: eu-west-1)")
      ->type_name("REGION");
  explain.add_option("--account", options.account, "its account (default: 123456789012)")
      ->type_name("ID");
}

void add_caller(CLI::App& explain, PolicyExplainOptions& options) {
  explain.add_option("--source-ip", options.source, "the caller's address")
      ->type_name("ADDRESS")
      ->required();
  explain.add_option("--vpce", options.vpce, "the VPC endpoint that the call comes by")
      ->type_name("ID");
  explain.add_option("--vpc", options.vpc, "the endpoint's VPC")->type_name("ID");
  explain.add_option("--time", options.time, "when the call comes (default: now)")
      ->type_name("TIME");
  explain.add_option("--user-agent", options.user_agent, "its header User-Agent")
      ->type_name("TEXT");
  explain.add_option("--referer", options.referer, "its header Referer")->type_name("TEXT");
}

}  // namespace

CLI::App* add_policy(CLI::App& app, PolicyExplainOptions& options, std::string& output) {
  CLI::App* policy = app.add_subcommand("policy", "looks at resource policies");
  policy->require_subcommand(1);
  CLI::App* explain =
      policy->add_subcommand("explain", "says what a policy makes of a call, and why");
  explain->footer(kDetails);
  add_api(*explain, options);
  add_caller(*explain, options);
  explain->add_flag_callback(
      "--former-wording", [&options] { options.wording = policy::RefusalWording::Former; },
      "word a refusal as API Gateway did until 2025");
  explain->add_option("-o,--output", output, "for people, or one object for programs")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""));
  explain->add_option("METHOD", options.method, "the call's method")->required();
  explain->add_option("PATH", options.path, "its path with the stage: /DemoStage/hello")
      ->required();
  return policy;
}

}  // namespace inlet53::app
