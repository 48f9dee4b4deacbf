// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "inlet53/base/bytes.h"
#include "inlet53/dns/name.h"
#include "inlet53/record/query_record.h"

namespace inlet53::record::test {

inline topology::Vpc blog_vpc() {
  topology::Vpc vpc;
  vpc.id = "vpc-0c00ca6aa29c8472f";
  vpc.region = "eu-west-1";
  vpc.account_id = "123456789012";
  return vpc;
}

inline EndpointFragments blog_fragments() {
  topology::ResolverEndpoint endpoint;
  endpoint.id = "rslvr-in-a7dd746257784e148";
  topology::ResolverEndpointIp ip;
  ip.id = "rni-3a4a0caca1d0412ab";
  return render_endpoint_fragments(blog_vpc(), endpoint, ip);
}

/// An RRset in prepared wire form that owns its bytes.
class PreparedRRset {
 public:
  /// Makes one record for each RDATA, all of one type.
  PreparedRRset(uint16_t type, const std::vector<std::vector<uint8_t>>& rdatas) : type_(type) {
    for (const auto& rdata : rdatas) append(rdata);
  }

  /// Makes records from presentation form with ldns.
  PreparedRRset(std::initializer_list<const char*> records);

  [[nodiscard]] dns::RRsetView view() const { return {type_, count_, octets_}; }

 private:
  void append(const std::vector<uint8_t>& rdata) {
    const uint8_t head[dns::PreparedRecord::kHead] = {0xC0,
                                                      0x0C,
                                                      static_cast<uint8_t>(type_ >> 8),
                                                      static_cast<uint8_t>(type_),
                                                      0,
                                                      1,
                                                      0,
                                                      0,
                                                      0,
                                                      60,
                                                      static_cast<uint8_t>(rdata.size() >> 8),
                                                      static_cast<uint8_t>(rdata.size())};
    octets_.insert(octets_.end(), std::begin(head), std::end(head));
    octets_.insert(octets_.end(), rdata.begin(), rdata.end());
    ++count_;
  }

  uint16_t type_ = 0;
  uint16_t count_ = 0;
  std::vector<uint8_t> octets_;
};

/// Returns the record's line in the endpoint and second of the AWS blog. The buffer has exactly the
/// promised size, so that a sanitizer detects a write past it.
inline std::string line_of(const QueryRecord& record, RecordWriter& writer) {
  static const EndpointFragments kFragments = blog_fragments();
  writer.set_origin(kFragments, 1619354254);  // 2021-04-25T12:37:34Z
  const size_t room = writer.max_size(record);
  const auto buffer = std::make_unique<char[]>(room);
  const size_t size = writer.write(record, buffer.get());
  if (size > room) throw std::length_error("record is longer than max_size");
  return {buffer.get(), size};
}

inline std::string line_of(const QueryRecord& record) {
  RecordWriter writer;
  return line_of(record, writer);
}

inline dns::Name name_of(std::string_view text) { return dns::Name::parse_text(text).value(); }

}  // namespace inlet53::record::test
