// SPDX-License-Identifier: Apache-2.0
#include "name_constraints.h"

#include <ctime>
#include <string>

#include "certificate.h"
#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

PermittedNames permitted(const std::vector<std::string>& names) {
  PermittedNames out;
  out.add(names);
  return out;
}

std::optional<PermittedNames> read_back(const std::string& constraints) {
  const Key key = make_key();
  const int64_t now = std::time(nullptr);
  const Certificate made = make_certificate({.common_name = "x",
                                             .names = {},
                                             .constraints = constraints,
                                             .not_before = now,
                                             .not_after = now + 10},
                                            key.get(), nullptr, key.get());
  return read_constraints(made.get());
}

TEST(NameConstraints, AreReadAsTheyWereWritten) {
  for (const auto& each : {permitted({"*.a.example", "b.example"}), permitted({"a", "10.0.0.1"}),
                           permitted({"a", "2001:db8::1"}), permitted({"a", "::1", "127.0.0.1"})}) {
    EXPECT_EQ(read_back(constraints_text(each)), each) << constraints_text(each);
  }
}

TEST(NameConstraints, ExcludeAFamilyWithoutAddresses) {
  EXPECT_EQ(constraints_text(permitted({"a"})),
            "critical,permitted;DNS:a,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::");
  EXPECT_EQ(constraints_text(permitted({"a", "10.0.0.1"})),
            "critical,permitted;DNS:a,permitted;IP:10.0.0.1/255.255.255.255,excluded;IP:::/::");
}

TEST(NameConstraints, OfAnotherFormAreNotOurs) {
  for (const char* other :
       {"critical,permitted;DNS:amazonaws.com", "permitted;DNS:a,excluded;IP:0.0.0.0/0.0.0.0",
        "critical,permitted;DNS:a,permitted;IP:10.0.0.0/255.0.0.0,excluded;IP:::/::",
        "critical,permitted;DNS:a,permitted;email:b,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::",
        "critical,permitted;DNS:a,excluded;DNS:b.a,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::",
        "critical,permitted;DNS:a,excluded;IP:0.0.0.0/0.0.0.0",
        "critical,excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:::/::"}) {
    EXPECT_EQ(read_back(other), std::nullopt) << other;
  }
}

TEST(NameConstraints, CoverOthers) {
  const PermittedNames all = permitted({"a", "b", "10.0.0.1"});
  EXPECT_TRUE(all.covers(permitted({"a"})));
  EXPECT_TRUE(all.covers(all));
  EXPECT_FALSE(all.covers(permitted({"a", "c"})));
  EXPECT_FALSE(all.covers(permitted({"a", "10.0.0.2"})));
  EXPECT_EQ(all.to_texts(), (std::vector<std::string>{"a", "b", "10.0.0.1"}));
}

}  // namespace
}  // namespace inlet53::net
