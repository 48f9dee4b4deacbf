// SPDX-License-Identifier: Apache-2.0

// Compares the cache with a map: a hit always equals the last insert, with the right age; and when
// everything fits, every element of the map is a hit.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>

#include "test_response.h"
#include <gtest/gtest.h>

#include "inlet53/cache/cache.h"

namespace inlet53::cache {
namespace {

using dns::Rcode;
using dns::RRType;

constexpr uint32_t kMaxStale = 200;
constexpr uint32_t kAnyType = 0x10000;

struct Kept {
  std::string rdata;
  uint64_t at = 0;
  uint32_t ttl = 0;
  Rcode rcode = Rcode::NoError;

  [[nodiscard]] bool fresh(uint64_t now) const { return now - at < ttl * kSecond; }
  [[nodiscard]] bool usable(uint64_t now) const { return now - at < (ttl + kMaxStale) * kSecond; }
};

using Question = std::tuple<std::string, uint32_t, uint32_t>;  // name, type, scope

class Model {
 public:
  void insert(const Question& question, const Kept& kept) {
    const auto& [owner, qtype, scope] = question;
    if (kept.rcode == Rcode::NXDomain) {
      for (auto at = kept_.begin(); at != kept_.end();) {
        const auto& [other, other_type, other_scope] = at->first;
        const bool ends = other == owner && other_scope == scope && !at->second.fresh(kept.at);
        at = ends ? kept_.erase(at) : std::next(at);
      }
      kept_[{owner, kAnyType, scope}] = kept;
    } else {
      kept_.erase({owner, kAnyType, scope});
      kept_[question] = kept;
    }
  }

  [[nodiscard]] const Kept* find(const Question& question, uint64_t now) const {
    const auto& [owner, qtype, scope] = question;
    const Kept* const exact = get(question);
    const Kept* const denied = get({owner, kAnyType, scope});
    for (const Kept* one : {exact, denied}) {
      if (one != nullptr && one->fresh(now)) return one;
    }
    for (const Kept* one : {exact, denied}) {
      if (one != nullptr && one->usable(now)) return one;
    }
    return nullptr;
  }

  template <class Matches>
  void flush(const Matches& matches) {
    for (auto at = kept_.begin(); at != kept_.end();) {
      at = matches(name(std::get<0>(at->first)).view()) ? kept_.erase(at) : std::next(at);
    }
  }

 private:
  [[nodiscard]] const Kept* get(const Question& question) const {
    const auto at = kept_.find(question);
    return at == kept_.end() ? nullptr : &at->second;
  }
  std::map<Question, Kept> kept_;
};

class CacheModel : public testing::TestWithParam<std::tuple<size_t, uint32_t>> {
 protected:
  void keep(const Question& question) {
    const auto& [owner, qtype, scope] = question;
    const TestKey key(owner, static_cast<RRType>(qtype), scope);
    Kept kept;
    kept.at = now_;
    kept.ttl = 1 + random() % 100;
    if (random() % 4 == 0) {
      kept.rcode = Rcode::NXDomain;
      TestResponse denial(Rcode::NXDomain);
      denial.soa("test.", kept.ttl, 1000);
      ASSERT_TRUE(cache_.insert(key.get(), denial.get(), now_));
    } else {
      kept.rdata.assign(random() % (random() % 16 == 0 ? 2000 : 60) + 1,
                        static_cast<char>(random()));
      TestResponse answer;
      answer.answer(owner, static_cast<RRType>(qtype), {{kept.ttl, kept.rdata}});
      ASSERT_TRUE(cache_.insert(key.get(), answer.get(), now_));
    }
    model_.insert(question, kept);
  }

  void compare(const Question& question, bool must_hit) {
    const auto& [owner, qtype, scope] = question;
    const TestKey key(owner, static_cast<RRType>(qtype), scope);
    const Kept* const expected = model_.find(question, now_);
    const auto hit = cache_.find(key.get(), now_);
    if (must_hit) {
      ASSERT_EQ(hit.has_value(), expected != nullptr);
    }
    if (!hit) return;
    ++hits_;
    // After evictions a hit may be a less preferred entry; it is never one that was not inserted.
    ASSERT_NE(expected, nullptr);
    if (!must_hit && hit->response.rcode() != expected->rcode) return;
    EXPECT_EQ(hit->response.rcode(), expected->rcode);
    EXPECT_EQ(hit->freshness == Freshness::Fresh, expected->fresh(now_));
    if (hit->freshness == Freshness::Fresh) {
      EXPECT_EQ(hit->ttl.age, (now_ - expected->at) / kSecond);
    }
    if (expected->rcode == Rcode::NoError) {
      EXPECT_EQ(rdata_of(*hit, key.name()), expected->rdata);
      EXPECT_EQ(ttl_of(hit->response.answer(0, key.name())), expected->ttl);
    }
  }

  uint32_t random() { return static_cast<uint32_t>(engine_()); }

  std::mt19937 engine_{53};
  uint64_t now_ = 1'000'000;
  uint64_t hits_ = 0;
  Cache cache_{{.octets = std::get<0>(GetParam()), .max_stale = kMaxStale}};
  Model model_;
};

TEST_P(CacheModel, AgreesWithAMap) {
  const auto [octets, names] = GetParam();
  const bool roomy = octets >= (size_t{1} << 20);
  for (int step = 0; step < 60'000; ++step) {
    const std::string below = random() % 2 == 0 ? ".a.test." : ".b.test.";
    const Question question{"n" + std::to_string(random() % names) + below, 1 + random() % 2,
                            1 + random() % 2};
    const uint32_t what = random() % 10'000;
    if (what < 4000) {
      ASSERT_NO_FATAL_FAILURE(keep(question));
    } else if (what < 9980) {
      ASSERT_NO_FATAL_FAILURE(compare(question, roomy));
    } else if (what < 9995) {
      const dns::Name gone = name(std::get<0>(question));
      cache_.flush_name(gone.view());
      model_.flush([&](dns::NameView one) { return one.equals(gone.view()); });
    } else if (what < 9999) {
      const dns::Name apex = name(below.substr(1));
      cache_.flush_subtree(apex.view());
      model_.flush([&](dns::NameView one) { return one.is_at_or_below(apex.view()); });
    } else {
      cache_.flush_all();
      model_.flush([](dns::NameView) { return true; });
    }
    now_ += random() % 20;
    ASSERT_LE(cache_.counts().octets, cache_.memory_octets());
  }
  EXPECT_GT(hits_, 1000U);
  if (!roomy) {
    EXPECT_GT(cache_.counts().evicted, 1000U);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, CacheModel,
                         testing::Values(std::tuple{size_t{16} << 20, 50U},
                                         std::tuple{size_t{64} << 10, 200U},
                                         std::tuple{size_t{300} << 10, 1000U}),
                         [](const auto& test) {
                           return std::to_string(std::get<1>(test.param)) + "NamesIn" +
                                  std::to_string(std::get<0>(test.param) >> 10) + "KiB";
                         });

}  // namespace
}  // namespace inlet53::cache
