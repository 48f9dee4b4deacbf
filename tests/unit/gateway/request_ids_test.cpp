// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/request_ids.h"

#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

TEST(RequestIds, HaveTheShapesOfApiGateway) {
  RequestIdSource source;
  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const std::regex extended("[A-Za-z0-9_-]{15}=");
  const std::regex trace("Root=1-60856233-[0-9a-f]{24}");
  for (int i = 0; i < 1000; ++i) {
    const RequestIds ids = source.next(0x60856233);
    EXPECT_TRUE(std::regex_match(ids.request_id, uuid)) << ids.request_id;
    EXPECT_TRUE(std::regex_match(ids.extended_request_id, extended)) << ids.extended_request_id;
    EXPECT_TRUE(std::regex_match(ids.trace_id, trace)) << ids.trace_id;
  }
}

TEST(RequestIds, DoNotComeTwice) {
  RequestIdSource one;
  RequestIdSource other;
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) {
    for (RequestIdSource* source : {&one, &other}) {
      const RequestIds ids = source->next(0);
      EXPECT_TRUE(seen.insert(ids.request_id).second);
      EXPECT_TRUE(seen.insert(ids.extended_request_id).second);
      EXPECT_TRUE(seen.insert(ids.trace_id).second);
    }
  }
}

}  // namespace
}  // namespace inlet53::gateway
