// SPDX-License-Identifier: Apache-2.0

// Compares lookups of all names in random zones with RFC 1034 §4.3.2, implemented step by step.

#include <map>
#include <random>
#include <set>

#include "test_zone.h"

#include "inlet53/zone/zone_table.h"

namespace inlet53::zone {
namespace {

using dns::RRType;
using Labels = std::vector<std::string>;  // from the apex downwards

constexpr std::string_view kApexText = "example.";
const std::vector<std::string> kLabels = {"a", "b", "c", "*"};
constexpr size_t kMaxDepth = 4;
const std::vector<RRType> kTypes = {RRType::A,     RRType::AAAA, RRType::TXT,  RRType::NS,
                                    RRType::CNAME, RRType::DS,   RRType::DNAME};

std::string text_of(const Labels& labels, size_t count) {
  std::string text(kApexText);
  for (size_t i = 0; i < count; ++i) text = labels[i] + "." + text;
  return text;
}

struct Expected {
  Found found = Found::NXDomain;
  std::string owner;
  std::set<Octets> rdata;
};

class Model {
 public:
  void add(const Labels& owner, RRType type, const Octets& rdata) {
    for (size_t count = 0; count <= owner.size(); ++count) nodes_[first(owner, count)];
    nodes_[owner][type].insert(rdata);
  }

  [[nodiscard]] Expected ask(const Labels& qname, RRType qtype, bool refer) const {
    for (size_t matched = 0;; ++matched) {
      const auto node = nodes_.find(first(qname, matched));
      if (node == nodes_.end()) return ask_wildcard(first(qname, matched - 1), qname, qtype);
      const bool whole = matched == qname.size();
      const bool is_cut = refer && matched > 0 && node->second.contains(RRType::NS);
      if (is_cut && !(whole && qtype == RRType::DS)) {
        return {Found::Referral, text_of(qname, matched), node->second.at(RRType::NS)};
      }
      if (whole) return match(node->second, qname, qtype);
      if (node->second.contains(RRType::DNAME)) {
        return {Found::SubtreeAlias, text_of(qname, matched), node->second.at(RRType::DNAME)};
      }
    }
  }

 private:
  using Node = std::map<RRType, std::set<Octets>>;

  static Labels first(const Labels& labels, size_t count) {
    return {labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(count)};
  }

  [[nodiscard]] Expected ask_wildcard(Labels encloser, const Labels& qname, RRType qtype) const {
    encloser.emplace_back("*");
    const auto source = nodes_.find(encloser);
    return source == nodes_.end() ? Expected{} : match(source->second, qname, qtype);
  }

  static Expected match(const Node& node, const Labels& qname, RRType qtype) {
    const std::string owner = text_of(qname, qname.size());
    for (const RRType type : {RRType::CNAME, RRType::A, RRType::AAAA, RRType::NS, RRType::SOA,
                              RRType::TXT, RRType::DNAME, RRType::DS}) {
      if (qtype == RRType::ANY && node.contains(type)) {
        return {Found::Answer, owner, node.at(type)};
      }
    }
    if (node.contains(qtype)) return {Found::Answer, owner, node.at(qtype)};
    if (node.contains(RRType::CNAME)) return {Found::Alias, owner, node.at(RRType::CNAME)};
    return {Found::NoData, "", {}};
  }

  std::map<Labels, Node> nodes_;
};

class RandomZone {
 public:
  explicit RandomZone(unsigned seed) : random_(seed), zone_(kApexText) {
    zone_.soa();
    model_.add({}, RRType::SOA, octets(zone_.data().record(0).rdata));
    const size_t records = random(25);
    for (size_t i = 0; i < records; ++i) {
      // Redirections are rare, because they hide the names below them.
      const RRType type = kTypes[random(4) == 0 ? random(kTypes.size()) : random(3)];
      add(random_labels(), type);
    }
    table_ = zone_.build({.rotate = seed % 2 == 0});
  }

  void check(const Labels& qname, RRType qtype, bool refer) {
    const auto rotation = static_cast<uint16_t>(random(65536));
    const Outcome outcome =
        find(*table_, text_of(qname, qname.size()), qtype, {.rotation = rotation, .refer = refer});
    const Expected expected = model_.ask(qname, qtype, refer);
    const std::string what = text_of(qname, qname.size()) + " " +
                             dns::type_text(static_cast<uint16_t>(qtype)) + (refer ? " +" : " -");
    ASSERT_EQ(outcome.found, expected.found) << what;
    ASSERT_EQ(outcome.owner, expected.owner) << what;
    ASSERT_EQ(outcome.rdata.size(), expected.rdata.size()) << what;
    ASSERT_EQ(std::set<Octets>(outcome.rdata.begin(), outcome.rdata.end()), expected.rdata) << what;
    const bool negative = outcome.found == Found::NoData || outcome.found == Found::NXDomain;
    ASSERT_EQ(outcome.soa_ttl, negative ? 900U : 0U) << what;
  }

  Labels random_labels() {
    Labels labels(random(kMaxDepth + 1));
    for (std::string& label : labels) label = kLabels[random(kLabels.size())];
    return labels;
  }

 private:
  size_t random(size_t bound) { return random_() % bound; }

  void add(const Labels& owner, RRType type) {
    const Octets rdata = type == RRType::A || type == RRType::AAAA
                             ? Octets(type == RRType::A ? 4 : 16, static_cast<uint8_t>(random(4)))
                             : Octets{1, static_cast<uint8_t>('a' + random(3)), 0};
    zone_.add(text_of(owner, owner.size()), type, rdata);
    model_.add(owner, type, rdata);
  }

  std::mt19937 random_;
  TestZone zone_;
  Model model_;
  std::shared_ptr<const ZoneTable> table_;
};

TEST(ZoneTableModel, AgreesOnRandomZones) {
  for (unsigned seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    RandomZone zone(seed);
    for (int i = 0; i < 40; ++i) {
      const Labels qname = zone.random_labels();
      for (const bool refer : {false, true}) {
        for (const RRType type : kTypes) zone.check(qname, type, refer);
        zone.check(qname, RRType::ANY, refer);
        if (HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace inlet53::zone
