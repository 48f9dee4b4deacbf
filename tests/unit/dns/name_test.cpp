// SPDX-License-Identifier: Apache-2.0
#include "inlet53/dns/name.h"

#include <random>

#include "support/ldns.h"
#include "wire_bytes.h"
#include <gtest/gtest.h>

namespace inlet53::dns {
namespace {

Name name(std::string_view text) { return Name::parse_text(text).value(); }

std::vector<uint8_t> wire_of(std::string_view text) {
  const Name parsed = name(text);
  const Bytes octets = parsed.view().bytes();
  return {octets.begin(), octets.end()};
}

// 254 bytes of labels `a` and the root.
std::string name_of_255_octets() {
  std::string text;
  for (int i = 0; i < 127; ++i) text += "a.";
  return text;
}

TEST(NameView, IsTheRootByDefault) {
  const NameView root;
  EXPECT_TRUE(root.is_root());
  EXPECT_EQ(root.size(), 1U);
  EXPECT_EQ(root.label_count(), 0U);
  EXPECT_EQ(root.to_text(), ".");
}

TEST(NameView, CountsLabels) {
  EXPECT_EQ(name("a.bc.def.").view().label_count(), 3U);
  EXPECT_EQ(name(name_of_255_octets()).view().label_count(), 127U);
}

TEST(NameView, ParentLosesTheFirstLabel) {
  const Name child = name("a.bc.def.");
  EXPECT_EQ(child.view().parent().to_text(), "bc.def.");
  EXPECT_TRUE(child.view().parent().parent().parent().is_root());
}

TEST(NameView, ComparesWithoutLetterCase) {
  EXPECT_TRUE(name("Www.EXAMPLE.com").view().equals(name("wWW.example.COM.").view()));
  EXPECT_FALSE(name("www.example.com").view().equals(name("www.example.org").view()));
  EXPECT_FALSE(name("www.example.com").view().equals(name("example.com").view()));
}

TEST(NameView, ComparesOnlyLettersWithoutCase) {
  // Each pair differs by the bit by which `A` and `a` differ.
  EXPECT_FALSE(name("[abcdefgh").view().equals(name("{abcdefgh").view()));
  EXPECT_FALSE(name("@").view().equals(name("`").view()));
  EXPECT_FALSE(name("\\193abcdefghi").view().equals(name("\\225abcdefghi").view()));
}

TEST(NameView, KnowsWhatIsAtOrBelow) {
  const Name apex = name("Example.com.");
  EXPECT_TRUE(name("example.COM").view().is_at_or_below(apex.view()));
  EXPECT_TRUE(name("a.b.example.com").view().is_at_or_below(apex.view()));
  EXPECT_TRUE(name("a.").view().is_at_or_below(NameView()));
  EXPECT_TRUE(NameView().is_at_or_below(NameView()));
  EXPECT_FALSE(name("com").view().is_at_or_below(apex.view()));
  EXPECT_FALSE(name("notexample.com").view().is_at_or_below(apex.view()));
  EXPECT_FALSE(NameView().is_at_or_below(apex.view()));
}

TEST(NameView, DoesNotTreatTheEndOfALabelAsASuffix) {
  // The last 13 bytes of the first name read `\007example\003com\000` but begin within a label.
  const Name inner = name("x\\007example.com.");
  EXPECT_FALSE(inner.view().is_at_or_below(name("example.com.").view()));
}

TEST(Name, ParsesPresentationForm) {
  EXPECT_EQ(wire_of("a.bc"), (std::vector<uint8_t>{1, 'a', 2, 'b', 'c', 0}));
  EXPECT_EQ(wire_of("a.bc."), wire_of("a.bc"));
  EXPECT_EQ(wire_of("."), std::vector<uint8_t>{0});
  EXPECT_EQ(wire_of("\\000\\255\\..\\a"), (std::vector<uint8_t>{3, 0, 255, '.', 1, 'a', 0}));
  EXPECT_EQ(wire_of("*.@.$"), (std::vector<uint8_t>{1, '*', 1, '@', 1, '$', 0}));
}

TEST(Name, RejectsMalformedText) {
  const std::string label_of_64(64, 'a');
  for (const std::string& text :
       {std::string(), std::string(".."), std::string(".a"), std::string("a..b"),
        std::string("a.."), std::string("\\"), std::string("a\\"), std::string("\\25"),
        std::string("\\256"), std::string("\\2x5"), std::string("\\1"), label_of_64,
        "a." + label_of_64 + ".b"}) {
    EXPECT_FALSE(Name::parse_text(text)) << text;
  }
}

TEST(Name, HoldsAtMost255OctetsAndLabelsOf63) {
  EXPECT_EQ(name(name_of_255_octets()).view().size(), 255U);
  EXPECT_FALSE(Name::parse_text(name_of_255_octets() + "a"));
  EXPECT_FALSE(Name::parse_text("a" + name_of_255_octets()));
  const std::string label(63, 'a');
  const std::string three = label + '.' + label + '.' + label + '.';
  EXPECT_EQ(name(three + std::string(61, 'b')).view().size(), 255U);
  EXPECT_FALSE(Name::parse_text(three + std::string(62, 'b')));
}

TEST(Name, JoinsALabel) {
  EXPECT_EQ(Name::join("api", name("example.com").view()).value().view().to_text(),
            "api.example.com.");
  EXPECT_EQ(Name::join("a.b", NameView()).value().view().to_text(), "a\\.b.");
  EXPECT_FALSE(Name::join("", NameView()));
  EXPECT_FALSE(Name::join(std::string(64, 'a'), NameView()));
  EXPECT_FALSE(Name::join("a", name(name_of_255_octets()).view()));
  const std::string label(63, 'a');
  const Name three = name(label + '.' + label + '.' + label);
  EXPECT_EQ(Name::join(std::string(61, 'b'), three.view()).value().view().size(), 255U);
  EXPECT_FALSE(Name::join(std::string(62, 'b'), three.view()));
}

TEST(Name, FoldsOnlyLetters) {
  Name folded = name("ABYZ\\064\\091\\195\\219.aZ09.example-LONGER-than-A-word.");
  folded.fold();
  EXPECT_EQ(folded.view().to_text(), "abyz@[\\195\\219.az09.example-longer-than-a-word.");
}

TEST(FoldedName, GivesLabelsAndSuffixes) {
  const Name source = name("WwW.Example.COM.");
  FoldedName folded;
  folded.assign(source.view());
  ASSERT_EQ(folded.label_count(), 3U);
  EXPECT_EQ(folded.view().to_text(), "www.example.com.");
  EXPECT_EQ(folded.suffix(1).to_text(), "example.com.");
  EXPECT_TRUE(folded.suffix(3).is_root());
  EXPECT_EQ(as_text(folded.label(0)), "www");
  EXPECT_EQ(as_text(folded.label(2)), "com");
}

TEST(FoldedName, FoldsTheRootAndTheLongestName) {
  FoldedName folded;
  folded.assign(NameView());
  EXPECT_EQ(folded.label_count(), 0U);
  EXPECT_TRUE(folded.view().is_root());
  folded.assign(name(name_of_255_octets()).view());
  EXPECT_EQ(folded.label_count(), 127U);
  EXPECT_EQ(folded.view().size(), 255U);
  EXPECT_TRUE(folded.suffix(127).is_root());
}

TEST(FoldedName, FoldsEveryLengthLikeSingleBytes) {
  std::mt19937 random(53);
  for (size_t length = 1; length <= kMaxLabel; ++length) {
    std::string label(length, ' ');
    for (char& c : label) c = static_cast<char>(random());
    const Name source = Name::join(label, NameView()).value();
    FoldedName folded;
    folded.assign(source.view());
    for (char& c : label) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    EXPECT_EQ(as_text(folded.label(0)), label);
  }
}

TEST(ParseName, FollowsPointersBackwards) {
  WireBytes message;
  message.name("example.com.").raw(as_bytes("\3www")).u16(0xC000).u8('!');
  const auto parsed = parse_name(message.bytes(), 13);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->name.view().to_text(), "www.example.com.");
  EXPECT_EQ(parsed->end, 19U);
  EXPECT_EQ(skip_name(message.bytes(), 13), 19U);
  EXPECT_FALSE(parse_flat_name(message.bytes(), 13));
}

TEST(ParseName, EndsAfterTheFirstOfSeveralPointers) {
  WireBytes message;
  message.name("com.").raw(as_bytes("\1b")).u16(0xC000).raw(as_bytes("\1a")).u16(0xC005);
  const auto parsed = parse_name(message.bytes(), 9);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->name.view().to_text(), "a.b.com.");
  EXPECT_EQ(parsed->end, message.bytes().size());
}

TEST(ParseName, AcceptsAPointerToTheRoot) {
  const uint8_t message[] = {0, 1, 'a', 0xC0, 0x00};
  EXPECT_EQ(parse_name(message, 1).value().name.view().to_text(), "a.");
}

TEST(ParseName, RejectsPointersThatDoNotLeadBack) {
  const uint8_t to_itself[] = {0xC0, 0x00};
  EXPECT_FALSE(parse_name(to_itself, 0));
  const uint8_t forwards[] = {0xC0, 0x02, 0};
  EXPECT_FALSE(parse_name(forwards, 0));
  const uint8_t to_own_label[] = {1, 'a', 0xC0, 0x00};
  EXPECT_FALSE(parse_name(to_own_label, 0));
  const uint8_t to_each_other[] = {0xC0, 0x02, 0xC0, 0x00};
  EXPECT_FALSE(parse_name(to_each_other, 0));
  EXPECT_FALSE(parse_name(to_each_other, 2));
  const uint8_t beyond_the_end[] = {0, 0xFF, 0xFF};
  EXPECT_FALSE(parse_name(beyond_the_end, 1));
}

TEST(ParseName, BoundsTheNumberOfPointers) {
  WireBytes message;
  message.u8(0).u16(0xC000);
  for (unsigned at = 1; at < 4000; at += 2) message.u16(0xC000 | at);
  EXPECT_TRUE(parse_name(message.bytes(), 1 + 2 * 10));
  EXPECT_FALSE(parse_name(message.bytes(), message.bytes().size() - 2));
}

TEST(ParseName, RejectsNamesThatLeaveTheMessage) {
  for (const std::string_view octets :
       {std::string_view("\3ab"), std::string_view("\1a"), std::string_view("\3abc"),
        std::string_view("\xC0"), std::string_view("\1a\xC0"), std::string_view()}) {
    EXPECT_FALSE(parse_name(as_bytes(octets), 0));
    EXPECT_FALSE(parse_flat_name(as_bytes(octets), 0));
    EXPECT_FALSE(skip_name(as_bytes(octets), 0));
  }
  EXPECT_FALSE(parse_name(as_bytes("a"), 7));
  EXPECT_FALSE(parse_flat_name(as_bytes("a"), 7));
  EXPECT_FALSE(skip_name(as_bytes("a"), 7));
}

TEST(ParseName, RejectsLabelTypes01And10) {
  for (const unsigned type : {0x40U, 0x41U, 0x80U, 0xBFU}) {
    WireBytes message;
    message.u8(type).raw(std::vector<uint8_t>(300, 0));
    EXPECT_FALSE(parse_name(message.bytes(), 0));
    EXPECT_FALSE(parse_flat_name(message.bytes(), 0));
    EXPECT_FALSE(skip_name(message.bytes(), 0));
  }
}

TEST(ParseName, AcceptsEveryByteInALabel) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    WireBytes message;
    message.u8(2).u8('x').u8(octet).u8(0);
    EXPECT_TRUE(parse_flat_name(message.bytes(), 0)) << octet;
    EXPECT_TRUE(parse_name(message.bytes(), 0)) << octet;
  }
}

TEST(ParseName, RejectsNamesOver255Octets) {
  WireBytes message;
  message.name(name_of_255_octets());
  EXPECT_TRUE(parse_flat_name(message.bytes(), 0));
  EXPECT_TRUE(skip_name(message.bytes(), 0));
  const size_t end = message.bytes().size();
  message.raw(as_bytes("\1b")).u16(0xC000);
  EXPECT_FALSE(parse_name(message.bytes(), end));

  WireBytes longer;
  for (int i = 0; i < 128; ++i) longer.raw(as_bytes("\1a"));
  longer.u8(0);
  EXPECT_FALSE(parse_name(longer.bytes(), 0));
  EXPECT_FALSE(parse_flat_name(longer.bytes(), 0));
  EXPECT_FALSE(skip_name(longer.bytes(), 0));
}

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

TEST(NameText, IsParsedBackByLdnsAndByName) {
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
