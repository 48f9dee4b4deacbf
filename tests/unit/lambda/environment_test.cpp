// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

#include "lambda_support.h"
#include <gtest/gtest.h>

namespace inlet53::lambda {
namespace {

struct Recorder final : EnvironmentOwner {
  void ready(Environment&) override { events.emplace_back("ready"); }
  void init_failed(Environment& environment) override {
    events.emplace_back("init failed");
    failure = environment.fail({.id = 1, .request_id = "id-1", .invocation = {}});
  }
  void invocation_ended(FunctionService::InvocationId, Outcome&& outcome) override {
    events.push_back("outcome " + outcome.payload);
  }
  void ended(Environment&) override { events.emplace_back("ended"); }

  std::vector<std::string> events;
  Outcome failure;
};

using Events = std::vector<std::string>;

// Environment of a bootstrap, with limits that are short enough for a test.
struct Started {
  explicit Started(const std::string& bootstrap, EnvironmentOptions options = {}) {
    code.bootstrap(bootstrap);
    code.function.timeout_seconds = 1;
    auto log = std::make_shared<FunctionLog>(code.logs, code.settings.log_folder, "hello");
    auto started =
        Environment::start(code.loop, std::make_shared<const topology::Function>(code.function),
                           std::move(log), options, owner);
    EXPECT_TRUE(started) << started.error();
    environment = std::move(*started);
  }
  [[nodiscard]] bool wait_for(const std::string& event) {
    return run_until(code.loop,
                     [&] { return !owner.events.empty() && owner.events.back() == event; });
  }

  OneFunction code{"provided"};
  Recorder owner;
  std::unique_ptr<Environment> environment;
};

TEST(Environment, ThatHangsAtItsStartIsKilled) {
  Started hanging("sleep 1000\n", {.init_ms = 100});
  EXPECT_TRUE(hanging.wait_for("ended"));
  EXPECT_EQ(hanging.owner.events, (Events{"init failed", "ended"}));
  EXPECT_EQ(hanging.owner.failure.payload,
            "{\"errorType\":\"Sandbox.Timedout\",\"errorMessage\":\"RequestId: id-1 Error: Task "
            "timed out after 0.00 seconds\"}");
  EXPECT_TRUE(hanging.code.wait_for_log("\tPhase: init\tStatus: timeout"));
}

TEST(Environment, IsKilledWhenItRequestsNothingAfterItsResponse) {
  Started slow(R"(
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
curl -sS $api/invocation/next
curl -sS $api/invocation/id-1/response -d 1
tail -f /dev/null
)");
  EXPECT_TRUE(slow.wait_for("ready"));
  EXPECT_TRUE(slow.environment->ready());
  slow.environment->assign({.id = 1, .request_id = "id-1", .invocation = {"{}", ""}});
  EXPECT_TRUE(slow.wait_for("outcome 1"));
  EXPECT_TRUE(slow.environment->finishing());
  EXPECT_TRUE(slow.wait_for("ended"));
  EXPECT_EQ(slow.owner.events, (Events{"ready", "outcome 1", "ended"}));
  EXPECT_TRUE(slow.code.wait_for_log("id-1 Task timed out after 1.00 seconds\n"));
}

TEST(Environment, IsHeardOutWhenItsProcessEnds) {
  Started brief(R"(
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
curl -sS $api/invocation/next
exec curl -sS $api/invocation/id-1/response -d 1
)");
  EXPECT_TRUE(brief.wait_for("ready"));
  brief.environment->assign({.id = 1, .request_id = "id-1", .invocation = {"{}", ""}});
  EXPECT_TRUE(brief.wait_for("ended"));
  EXPECT_EQ(brief.owner.events, (Events{"ready", "outcome 1", "ended"}));
}

TEST(Environment, EndsByItselfWhenItIsIdle) {
  Started idle("exec curl -sS http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation/next\n",
               {.idle_ms = 50});
  EXPECT_TRUE(idle.wait_for("ended"));
  EXPECT_EQ(idle.owner.events, (Events{"ready", "ended"}));
}

TEST(Environment, LeavesNothingWhenItIsDestroyed) {
  Started hanging("echo $$ > ../pid; exec sleep 1000\n");
  const auto file = hanging.code.folder.path / "pid";
  EXPECT_TRUE(hanging.code.wait_until([&] { return read_file(file).ends_with('\n'); }));
  const int pid = std::stoi(read_file(file));
  EXPECT_TRUE(is_running(pid));
  hanging.environment.reset();
  EXPECT_FALSE(is_running(pid));
  EXPECT_TRUE(hanging.owner.events.empty());
}

}  // namespace
}  // namespace inlet53::lambda
