// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/request_path.h"

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

TEST(RequestPath, HasAStageAPathAndAQuery) {
  struct Case {
    std::string_view target, stage, path, context_path, query;
  };
  for (const Case& each : {
           Case{"/S/hello", "S", "/hello", "/S/hello", ""},
           {"/S/hello?a=b", "S", "/hello", "/S/hello", "a=b"},
           {"/S/hello/", "S", "/hello/", "/S/hello/", ""},
           {"/S", "S", "/", "/S", ""},
           {"/S/", "S", "/", "/S/", ""},
           {"/S?a", "S", "/", "/S", "a"},
           {"/S/?a?b", "S", "/", "/S/", "a?b"},
           {"/S//x", "S", "/x", "/S//x", ""},
           {"/S///x//y", "S", "/x//y", "/S///x//y", ""},
           {"/S//", "S", "/", "/S//", ""},
           {"//S/x", "S", "/x", "/S/x", ""},
           {"///S//x/", "S", "/x/", "/S//x/", ""},
           {"/S/a%2Fb/c+d", "S", "/a%2Fb/c+d", "/S/a%2Fb/c+d", ""},
           {"/%53/x", "%53", "/x", "/%53/x", ""},
           {"/", "", "/", "/", ""},
           {"//", "", "/", "/", ""},
           {"/?a", "", "/", "/", "a"},
           {"*", "", "/", "/", ""},
           {"", "", "/", "/", ""},
       }) {
    const RequestPath parts = split_target(each.target);
    EXPECT_EQ(parts.stage, each.stage) << each.target;
    EXPECT_EQ(parts.path, each.path) << each.target;
    EXPECT_EQ(parts.context_path, each.context_path) << each.target;
    EXPECT_EQ(parts.query, each.query) << each.target;
  }
}

}  // namespace
}  // namespace inlet53::gateway
