// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/router.h"

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

using topology::Resource;

/// Parses `"/pets GET POST"` to a resource with two methods.
std::vector<Resource> resources(const std::vector<std::string_view>& lines) {
  std::vector<Resource> all;
  for (std::string_view line : lines) {
    Resource& resource = all.emplace_back();
    resource.path = line.substr(0, line.find(' '));
    line.remove_prefix(resource.path.size());
    while (!line.empty()) {
      line.remove_prefix(1);
      const std::string_view method = line.substr(0, line.find(' '));
      line.remove_prefix(method.size());
      resource.methods.push_back({std::string(method), {}});
    }
  }
  return all;
}

/// Formats `/pets/{id} GET id=7`; empty when no method serves the call.
std::string route_text(const Router& router, std::string_view method, std::string_view path) {
  Route route;
  if (!router.find(method, path, route)) return "";
  std::string text = route.resource->path + " " + route.method->http_method;
  for (const PathParameter& each : route.parameters) {
    text += " " + std::string(each.name) + "=" + std::string(each.value);
  }
  return text;
}

struct Case {
  std::string_view method;
  std::string_view path;
  std::string_view route;
};

void expect(const std::vector<std::string_view>& declared, const std::vector<Case>& cases) {
  const auto all = resources(declared);
  const Router router(all);
  for (const Case& each : cases) {
    EXPECT_EQ(route_text(router, each.method, each.path), each.route)
        << each.method << ' ' << each.path;
  }
}

TEST(Router, FindsStaticPaths) {
  expect({"/ GET", "/hello GET POST", "/hello/world PUT", "/a.b-c_d:e,f GET"},
         {
             {"GET", "/", "/ GET"},
             {"GET", "", "/ GET"},
             {"POST", "/", ""},
             {"GET", "/hello", "/hello GET"},
             {"POST", "/hello", "/hello POST"},
             {"PUT", "/hello", ""},
             {"HEAD", "/hello", ""},
             {"OPTIONS", "/hello", ""},
             {"PUT", "/hello/world", "/hello/world PUT"},
             {"GET", "/Hello", ""},
             {"GET", "/hell", ""},
             {"GET", "/hello/", "/hello GET"},
             {"GET", "/hello//", ""},
             {"GET", "//hello", ""},
             {"PUT", "/hello//world", ""},
             {"GET", "/hell%6f", ""},
             {"GET", "/a.b-c_d:e,f", "/a.b-c_d:e,f GET"},
         });
}

TEST(Router, SetsVariablesFromThePath) {
  expect(
      {"/pets/{petId} GET", "/pets/{petId}/toys/{toy.id} GET", "/pets/all GET"},
      {
          {"GET", "/pets/7", "/pets/{petId} GET petId=7"},
          {"GET", "/pets/7/", "/pets/{petId} GET petId=7"},
          {"GET", "/pets/", ""},
          {"GET", "/pets//", ""},
          {"GET", "/pets/test%2Balias@gmail.com", "/pets/{petId} GET petId=test%2Balias@gmail.com"},
          {"GET", "/pets/a+b", "/pets/{petId} GET petId=a+b"},
          {"GET", "/pets/a%2Fb", "/pets/{petId} GET petId=a%2Fb"},
          {"GET", "/pets/7/toys/x", "/pets/{petId}/toys/{toy.id} GET petId=7 toy.id=x"},
          {"GET", "/pets/all", "/pets/all GET"},
          {"GET", "/pets/all/toys/1", "/pets/{petId}/toys/{toy.id} GET petId=all toy.id=1"},
          {"GET", "/pets//toys/1", ""},
      });
}

TEST(Router, GivesGreedyVariablesAllThatIsLeft) {
  expect({"/{proxy+} ANY", "/files/{path+} GET"},
         {
             {"GET", "/a", "/{proxy+} ANY proxy=a"},
             {"GET", "/a/b/c", "/{proxy+} ANY proxy=a/b/c"},
             {"GET", "/a//b", "/{proxy+} ANY proxy=a//b"},
             {"GET", "/proxy-value/", "/{proxy+} ANY proxy=proxy-value"},
             {"GET", "/a%20b/%2F", "/{proxy+} ANY proxy=a%20b/%2F"},
             {"GET", "/", ""},
             {"GET", "//", ""},
             {"GET", "/files", "/{proxy+} ANY proxy=files"},
             {"GET", "/files/", "/{proxy+} ANY proxy=files"},
             {"GET", "/files/x/y", "/files/{path+} GET path=x/y"},
             {"POST", "/files/x/y", "/{proxy+} ANY proxy=files/x/y"},
         });
}

TEST(Router, PrefersStaticOverVariableOverGreedy) {
  expect({"/{proxy+} GET", "/{id} GET", "/x GET", "/{id}/y GET"},
         {
             {"GET", "/x", "/x GET"},
             {"GET", "/z", "/{id} GET id=z"},
             {"GET", "/x/y", "/{id}/y GET id=x"},
             {"GET", "/x/z", "/{proxy+} GET proxy=x/z"},
             {"GET", "/z/y/w", "/{proxy+} GET proxy=z/y/w"},
         });
}

TEST(Router, FallsBackWhereAPathLeadsNowhere) {
  expect({"/part1 ANY", "/part1/hardcoded ANY", "/{param+} ANY", "/a/b/c GET", "/a/{v}/d GET",
          "/a/{rest+} GET"},
         {
             {"GET", "/part1", "/part1 ANY"},
             {"GET", "/part1/hardcoded", "/part1/hardcoded ANY"},
             {"GET", "/part1/x", "/{param+} ANY param=part1/x"},
             {"GET", "/part1/hardcoded/x", "/{param+} ANY param=part1/hardcoded/x"},
             {"GET", "/a/b/c", "/a/b/c GET"},
             {"GET", "/a/b/d", "/a/{v}/d GET v=b"},
             {"GET", "/a/b/e", "/a/{rest+} GET rest=b/e"},
             {"POST", "/a/b/c", "/{param+} ANY param=a/b/c"},
         });
}

TEST(Router, FallsBackWhereAResourceLacksTheMethod) {
  expect({"/test POST", "/{proxy+} OPTIONS", "/items/{id} GET", "/items/new POST"},
         {
             {"POST", "/test", "/test POST"},
             {"OPTIONS", "/test", "/{proxy+} OPTIONS proxy=test"},
             {"GET", "/test", ""},
             {"GET", "/items/new", "/items/{id} GET id=new"},
             {"OPTIONS", "/items/new", "/{proxy+} OPTIONS proxy=items/new"},
         });
}

TEST(Router, PrefersAMethodToAny) {
  expect({"/x ANY GET"}, {
                             {"GET", "/x", "/x GET"},
                             {"HEAD", "/x", "/x ANY"},
                             {"OPTIONS", "/x", "/x ANY"},
                             {"DELETE", "/x", "/x ANY"},
                             {"PATCH", "/x", "/x ANY"},
                             {"ANY", "/x", ""},
                             {"TRACE", "/x", ""},
                             {"CONNECT", "/x", ""},
                             {"get", "/x", ""},
                         });
}

TEST(Router, FindsNothingInAnApiWithoutResources) {
  expect({}, {{"GET", "/", ""}, {"GET", "/x/y", ""}});
}

TEST(Router, LetsARouteBeUsedAgain) {
  const auto all = resources({"/a/{x} GET", "/b GET"});
  const Router router(all);
  Route route;
  ASSERT_TRUE(router.find("GET", "/a/1", route));
  ASSERT_TRUE(router.find("GET", "/b", route));
  EXPECT_TRUE(route.parameters.empty());
}

TEST(Router, HandlesALongPathInLinearTime) {
  const auto all = resources({"/{a}/{b}/{c}/{d}/end GET", "/{proxy+} GET"});
  const Router router(all);
  std::string path;
  for (int i = 0; i < 5000; ++i) path += "/x";
  EXPECT_EQ(route_text(router, "GET", path), "/{proxy+} GET proxy=" + path.substr(1));
}

}  // namespace
}  // namespace inlet53::gateway
