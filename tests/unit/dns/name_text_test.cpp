// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "support/ldns.h"
#include <gtest/gtest.h>

#include "inlet53/dns/name.h"

namespace inlet53::dns {
namespace {

std::string ldns_text(NameView name) {
  const test::Ldns<ldns_rdf> rdf(
      ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, name.size(), name.data()));
  return test::take_text(ldns_rdf2str(rdf.get()));
}

std::vector<uint8_t> ldns_wire(const std::string& text) {
  const auto rdf = test::name_from_text(text);
  if (!rdf) return {};
  const uint8_t* octets = ldns_rdf_data(rdf.get());
  return {octets, octets + ldns_rdf_size(rdf.get())};
}

Name random_name(std::mt19937& random) {
  Name name;
  while (name.view().size() < 200 && random() % 6 != 0) {
    std::string label(1 + random() % 20, ' ');
    for (char& c : label) c = static_cast<char>(random());
    name = Name::join(label, name.view()).value();
  }
  return name;
}

TEST(NameText, AgreesWithLdnsOnEveryOctetButTheQuotationMark) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const char label[] = {'x', static_cast<char>(octet), 'y'};
    const Name name = Name::join({label, sizeof label}, NameView()).value();
    // ldns does not escape it, and cannot read its own text back where a quoted token is allowed.
    const std::string expected = octet == '"' ? "x\\\"y." : ldns_text(name.view());
    EXPECT_EQ(name.view().to_text(), expected) << octet;
  }
}

TEST(NameText, IsReadBackByLdnsAndByUs) {
  std::mt19937 random(53);
  for (int i = 0; i < 2000; ++i) {
    const Name name = random_name(random);
    const std::string text = name.view().to_text();
    const Bytes octets = name.view().bytes();
    EXPECT_EQ(ldns_wire(text), std::vector<uint8_t>(octets.begin(), octets.end())) << text;
    const auto ours = Name::parse_text(text);
    ASSERT_TRUE(ours) << text;
    const Bytes again = ours->view().bytes();
    EXPECT_TRUE(std::equal(again.begin(), again.end(), octets.begin(), octets.end())) << text;
  }
}

TEST(NameText, FitsItsBoundWhenEveryOctetIsEscaped) {
  const std::string label(63, '\0');
  Name name;
  for (int i = 0; i < 3; ++i) name = Name::join(label, name.view()).value();
  name = Name::join(std::string(61, '\0'), name.view()).value();
  ASSERT_EQ(name.view().size(), kMaxName);
  EXPECT_LE(name.view().to_text().size(), kMaxNameText);
}

}  // namespace
}  // namespace inlet53::dns
