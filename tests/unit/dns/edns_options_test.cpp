// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/edns_options.h"

#include "prepared_rrset.h"
#include <gtest/gtest.h>

#include "inlet53/dns/response_view.h"
#include "inlet53/dns/response_writer.h"

namespace inlet53::dns {
namespace {

Bytes octets(std::string_view text) { return as_bytes(text); }

TEST(FindOptions, FindsTheFirstOfEachKind) {
  WireBytes options;
  options.u16(65001).u16(3).raw(octets("abc"));
  options.u16(10).u16(8).raw(octets("12345678"));
  options.u16(3).u16(0);
  options.u16(10).u16(2).raw(octets("no"));
  options.u16(11).u16(0);
  options.u16(8).u16(4).raw(octets(std::string_view("\0\1\0\0", 4)));
  const QueryOptions found = find_options(options.bytes());
  EXPECT_TRUE(found.nsid.present);
  EXPECT_EQ(as_text(found.cookie.data), "12345678");
  EXPECT_TRUE(found.tcp_keepalive.present && found.tcp_keepalive.data.empty());
  EXPECT_EQ(found.client_subnet.data.size(), 4U);
}

TEST(FindOptions, FindsNothingWithoutOptions) {
  const QueryOptions found = find_options({});
  EXPECT_FALSE(found.nsid.present || found.cookie.present || found.client_subnet.present ||
               found.tcp_keepalive.present);
}

TEST(Cookie, HasAValidSize) {
  const std::string data(50, 'c');
  for (size_t size = 0; size < data.size(); ++size) {
    EXPECT_EQ(is_valid_cookie(octets(data).first(size)), size == 8 || (size >= 16 && size <= 40))
        << size;
  }
}

TEST(ClientSubnet, IsValidAsInTheRfc) {
  struct Case {
    std::string_view data;
    bool sound;
    const char* what;
  };
  using std::operator""sv;
  const Case cases[] = {
      {"\0\1\0\0"sv, true, "IPv4 /0"},
      {"\0\1\x18\0\xC0\0\2"sv, true, "192.0.2.0/24"},
      {"\0\1\x20\0\xC0\0\2\1"sv, true, "an address"},
      {"\0\1\x19\0\xC0\0\2\x80"sv, true, "/25"},
      {"\0\2\x38\0\x20\1\x0D\xB8\0\0\0"sv, true, "2001:db8::/56"},
      {""sv, false, "nothing"},
      {"\0\1\0"sv, false, "cut off"},
      {"\0\0\0\0"sv, false, "family 0"},
      {"\0\3\0\0"sv, false, "family 3"},
      {"\0\1\x21\0\xC0\0\2\1\0"sv, false, "IPv4 /33"},
      {"\0\2\x81\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv, false, "IPv6 /129"},
      {"\0\1\x18\x18\xC0\0\2"sv, false, "a scope"},
      {"\0\1\x18\0\xC0\0"sv, false, "too few octets"},
      {"\0\1\x18\0\xC0\0\2\0"sv, false, "too many octets"},
      {"\0\1\x19\0\xC0\0\2\x81"sv, false, "a bit beyond the prefix"},
  };
  for (const Case& c : cases) EXPECT_EQ(is_valid_client_subnet(octets(c.data)), c.sound) << c.what;
}

TEST(OptionWriter, ComposesOptionsOneAfterTheOther) {
  OptionWriter writer;
  EXPECT_TRUE(writer.octets().empty());
  writer.add(EdnsOption::Nsid, octets("ab"));
  store_be16(writer.add(EdnsOption::TcpKeepalive, 2), 100);
  writer.add(EdnsOption::Cookie, Bytes{});
  using std::operator""sv;
  EXPECT_EQ(as_text(writer.octets()), "\0\3\0\2ab\0\x0B\0\2\0\x64\0\x0A\0\0"sv);
  writer.clear();
  EXPECT_TRUE(writer.octets().empty());
}

/// Returns the response, of at most `limit` bytes, to a query with an OPT; it has `options`.
std::string composed(size_t limit, Bytes options, std::string_view ede_text, bool with_answer) {
  WireBytes query = plain_query("www.example.com.", RRType::A, 1);
  query.opt(1232);
  Slot slot(query);
  const PreparedRRset address("A", 60, {"10.0.12.179"});
  ResponseWriter writer(slot.buffer(), slot.query(), slot.query().question_end + limit, options);
  if (with_answer) writer.add(Section::Answer, address.view());
  const size_t size =
      writer.finish({}, Rcode::NoError, {.ede = Ede::StaleAnswer, .ede_text = ede_text});
  EXPECT_LE(size, slot.query().question_end + limit);
  EXPECT_TRUE(parse_response(slot.first(size)));
  return std::string(as_text(slot.first(size).subspan(slot.query().question_end)));
}

TEST(OptionRoom, IsReservedForOptionsAndThenUsedForTheExtendedError) {
  using std::operator""sv;
  OptionWriter options;
  options.add(EdnsOption::Nsid, octets("ns1"));
  const std::string nsid = "\0\3\0\3ns1";
  const std::string kAddress("\xC0\x0C\0\1\0\1\0\0\0\x3C\0\4\x0A\0\x0C\xB3"sv);
  const auto opt = [](std::string_view data) {
    return std::string("\0\0\x29\4\xD0\0\0\0\0\0"sv) + static_cast<char>(data.size()) +
           std::string(data);
  };
  const std::string own(as_text(options.octets()));
  const std::string error("\0\x0F\0\2\0\3"sv);
  const std::string error_with_text("\0\x0F\0\x07\0\3stale"sv);
  const size_t all = 16 + 11 + own.size() + error_with_text.size();

  EXPECT_EQ(composed(all, options.octets(), "stale", true), kAddress + opt(own + error_with_text));
  EXPECT_EQ(composed(all - 1, options.octets(), "stale", true), kAddress + opt(own + error));
  EXPECT_EQ(composed(all - 11, options.octets(), "stale", true), kAddress + opt(own));
  // With one byte less, the answer does not fit, because the room for the options is reserved.
  EXPECT_EQ(composed(all - 12, options.octets(), "stale", true), opt(own + error_with_text));
  EXPECT_EQ(composed(11 + own.size() - 1, options.octets(), "stale", false), "");
}

}  // namespace
}  // namespace inlet53::dns
