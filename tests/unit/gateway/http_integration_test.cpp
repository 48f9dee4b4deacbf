// SPDX-License-Identifier: Apache-2.0
#include "inlet53/gateway/http_integration.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::gateway {
namespace {

std::string url(std::string_view uri, std::string_view query = {}) {
  const std::vector<PathParameter> parameters = {{"proxy", "a%20b/c"}, {"id", "7"}};
  const std::vector<topology::NamedText> variables = {{"host", "backend.example"}};
  const auto parsed = integration_url(uri, {parameters, variables, query});
  if (!parsed) return "error";
  return (parsed->secure ? "https://" : "http://") + parsed->authority + parsed->target;
}

TEST(HttpIntegration, FillsInItsUrl) {
  EXPECT_EQ(url("http://b.example/{proxy}"), "http://b.example/a%20b/c");
  EXPECT_EQ(url("http://b.example/{proxy+}"), "http://b.example/a%20b/c");
  EXPECT_EQ(url("https://${stageVariables.host}/pets/{id}"), "https://backend.example/pets/7");
  EXPECT_EQ(url("http://b.example/{id}", "x=1&y=2"), "http://b.example/7?x=1&y=2");
  EXPECT_EQ(url("http://b.example/?a=b", "x=1"), "http://b.example/?a=b&x=1");
  EXPECT_EQ(url("http://b.example/{missing}/{id}"), "http://b.example//7");
  EXPECT_EQ(url("http://b.example/${other}x"), "http://b.example/x");
  EXPECT_EQ(url("http://${stageVariables.none}/"), "error");
  EXPECT_EQ(url("http://b.example/{open"), "http://b.example/{open");
  EXPECT_EQ(url("http://b example/"), "error");
}

http::Request client_request() {
  http::Request request;
  request.method = "POST";
  request.body = "{}";
  request.fields = {{"Host", "dligg9dxuk.execute-api.eu-west-1.amazonaws.com"},
                    {"User-Agent", "curl/7.88"},
                    {"Connection", "keep-alive"},
                    {"TE", "trailers"},
                    {"Content-Length", "2"},
                    {"Content-Type", "application/json"},
                    {"X-Forwarded-For", "192.0.2.1"},
                    {"Connection", "close, X-Hop"},
                    {"X-Hop", "this one"},
                    {"x-amzn-vpce-id", "vpce-other"},
                    {"X-Amzn-Apigateway-Api-Id", "another"},
                    {"Authorization", "AWS4-HMAC-SHA256 Credential=…"},
                    {"Proxy-Authorization", "Basic eDp5"},
                    {"X-Custom", "kept"}};
  return request;
}

CallContext context() {
  CallContext context;
  context.api_id = "dligg9dxuk";
  context.source_ip = "172.31.6.137";
  context.ids.trace_id = "Root=1-2";
  return context;
}

std::string value(const http::Fields& fields, std::string_view name) {
  const http::Field* field = http::find_field(fields, name);
  return field == nullptr ? "(none)" : field->value;
}

TEST(HttpIntegration, SendsTheClientsHeadersAndItsOwn) {
  const http::Request out = integration_request(client_request(), {}, context());
  EXPECT_EQ(out.method, "POST");
  EXPECT_EQ(out.body, "{}");
  for (const char* dropped : {"Host", "Connection", "TE", "Content-Length", "X-Hop",
                              "x-amzn-vpce-id", "Authorization", "Proxy-Authorization"}) {
    EXPECT_EQ(value(out.fields, dropped), "(none)") << dropped;
  }
  EXPECT_EQ(value(out.fields, "X-Custom"), "kept");
  EXPECT_EQ(value(out.fields, "User-Agent"), "curl/7.88");
  EXPECT_EQ(value(out.fields, "Accept"), "application/json");
  EXPECT_EQ(value(out.fields, "X-Amzn-Apigateway-Api-Id"), "dligg9dxuk");
  EXPECT_EQ(value(out.fields, "X-Amzn-Trace-Id"), "Root=1-2");
  EXPECT_EQ(value(out.fields, "X-Forwarded-For"), "192.0.2.1, 172.31.6.137");
}

TEST(HttpIntegration, CallsWithTheMethodThatItWasGiven) {
  topology::Integration integration;
  integration.http_method = "PUT";
  EXPECT_EQ(integration_request(client_request(), integration, context()).method, "PUT");
  integration.http_method = "ANY";
  EXPECT_EQ(integration_request(client_request(), integration, context()).method, "POST");
}

TEST(HttpIntegration, RenamesFieldsOfTheGateway) {
  http::Response response;
  response.fields = {{"date", "then"},          {"Server", "backend"},
                     {"Via", "1.1 x"},          {"Content-Encoding", "gzip"},
                     {"x-amzn-RequestId", "7"}, {"X-Own", "kept"}};
  const http::Response out = integration_response(std::move(response));
  EXPECT_EQ(out.fields, (http::Fields{{"x-amzn-Remapped-Date", "then"},
                                      {"x-amzn-Remapped-Server", "backend"},
                                      {"x-amzn-remapped-x-amzn-requestid", "7"},
                                      {"X-Own", "kept"}}));
}

}  // namespace
}  // namespace inlet53::gateway
