// SPDX-License-Identifier: Apache-2.0
#include "server/doh_service.h"

#include <memory>

#include <gtest/gtest.h>

namespace inlet53::server {
namespace {

http::Request get(std::string target) {
  http::Request request;
  request.method = "GET";
  request.target = std::move(target);
  return request;
}

http::Request post(std::string body, std::string type = "application/dns-message") {
  http::Request request;
  request.method = "POST";
  request.target = "/dns-query";
  request.fields = {{"Content-Type", std::move(type)}};
  request.body = std::move(body);
  return request;
}

/// Returns the message, or the status of the fault.
std::string read(const http::Request& request) {
  const auto out = std::make_unique<uint8_t[]>(65535);
  const auto size = read_doh_request(request, {out.get(), 65535});
  if (!size) return std::to_string(static_cast<unsigned>(size.error()));
  return std::string(as_text({out.get(), *size}));
}

TEST(DohRequest, TakesTheBodyOfAPost) {
  EXPECT_EQ(read(post("octets")), "octets");
  EXPECT_EQ(read(post("")), "");
  EXPECT_EQ(read(post("octets", "Application/DNS-Message")), "octets");
  EXPECT_EQ(read(post("octets", "application/dns-message ; charset=utf-8")), "octets");
  EXPECT_EQ(read(post(std::string(65535, 'x'))).size(), 65535U);
}

TEST(DohRequest, RefusesOtherBodies) {
  EXPECT_EQ(read(post("octets", "application/dns-json")), "415");
  EXPECT_EQ(read(post("octets", "application/dns-message2")), "415");
  EXPECT_EQ(read(post("octets", "")), "415");
  http::Request without = post("octets");
  without.fields.clear();
  EXPECT_EQ(read(without), "415");
  EXPECT_EQ(read(post(std::string(65536, 'x'))), "413");
}

// An example of RFC 4648 §10 without padding, and characters that only base64url has.
TEST(DohRequest, DecodesTheQueryOfAGet) {
  EXPECT_EQ(read(get("/dns-query?dns=Zm9vYmE")), "fooba");
  EXPECT_EQ(read(get("/dns-query?dns=Zm9vYmFy")), "foobar");
  EXPECT_EQ(read(get("/dns-query?dns=Zg")), "f");
  EXPECT_EQ(read(get("/dns-query?dns=-_-_")), "\xfb\xff\xbf");
  EXPECT_EQ(read(get("/dns-query?ct=x&dns=Zm9v&more")), "foo");
  EXPECT_EQ(read(get("/dns-query?dns=")), "");
  http::Request head = get("/dns-query?dns=Zm9v");
  head.method = "HEAD";
  EXPECT_EQ(read(head), "foo");
}

TEST(DohRequest, RefusesOtherQueries) {
  for (const char* query : {"", "?", "?dn=Zm9v", "?DNS=Zm9v", "?dns", "?dns=Zm9v&dns=Zm9v",
                            "?dns=Zg==", "?dns=Z", "?dns=Zm9vZ", "?dns=+/+/", "?dns=Zm%39v",
                            "?dns=Zh",  // unused bits are not 0
                            "?dns=Zm9v "}) {
    EXPECT_EQ(read(get(std::string("/dns-query") + query)), "400") << query;
  }
  EXPECT_EQ(read(get("/dns-query?dns=" + std::string(87380, 'A'))).size(), 65535U);
  EXPECT_EQ(read(get("/dns-query?dns=" + std::string(87382, 'A'))), "413");
}

TEST(DohRequest, HasOnePathAndThreeMethods) {
  EXPECT_EQ(read(get("/?dns=Zm9v")), "404");
  EXPECT_EQ(read(get("/dns-query/?dns=Zm9v")), "404");
  EXPECT_EQ(read(get("")), "404");
  EXPECT_EQ(read(get("*")), "404");
  http::Request put = post("octets");
  put.method = "PUT";
  EXPECT_EQ(read(put), "405");
}

}  // namespace
}  // namespace inlet53::server
