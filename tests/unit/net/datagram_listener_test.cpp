// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/datagram_listener.h"

#include <functional>
#include <memory>
#include <optional>

#include "net_support.h"
#include "test_source.h"
#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

/// Listener on a source without a socket. It sends each datagram back.
class DatagramListenerTest : public testing::Test {
 protected:
  void listen(size_t buffer_half = SIZE_MAX) {
    auto made = std::make_unique<TestSource>(local("127.0.0.1", 4242));
    source = made.get();
    source->buffer_half = buffer_half;
    listener.emplace(
        loop, std::move(made),
        [](void* self, std::span<Datagram> batch) noexcept {
          static_cast<DatagramListenerTest*>(self)->answer(batch);
        },
        this, [this] { ++fell_behind; });
  }
  void answer(std::span<Datagram> batch) {
    if (batches.empty() && at_first_batch) at_first_batch();
    batches.push_back(batch.size());
    for (Datagram& each : batch) each.response = each.received;
  }
  void put(size_t count) {
    for (size_t i = 0; i < count; ++i) source->put(as_bytes("query"));
  }

  Loop loop;
  TestSource* source = nullptr;
  std::vector<size_t> batches;
  size_t fell_behind = 0;
  std::function<void()> at_first_batch;
  std::optional<DatagramListener> listener;
};

TEST_F(DatagramListenerTest, AnswersAnySourceInBatchesUntilNoneWaits) {
  listen();
  constexpr size_t kCount = 2 * DatagramSource::kMaxBatch + 3;
  put(kCount);
  ASSERT_TRUE(run_until(loop, [&] { return source->responses.size() >= kCount; }));
  EXPECT_EQ(batches, (std::vector<size_t>{64, 64, 3}));
  EXPECT_EQ(source->polls, 3U);  // the short batch means that no more wait
}

TEST_F(DatagramListenerTest, LetsOthersRunAfterItsMostBatches) {
  listen();
  constexpr size_t kCount = 3 * DatagramListener::kMaxBatches * DatagramSource::kMaxBatch;
  put(kCount);
  size_t answered_before_others = 0;
  Wakeup other(loop, [&] { answered_before_others = source->responses.size(); });
  at_first_batch = [&] { other.wake(); };
  ASSERT_TRUE(run_until(loop, [&] { return source->responses.size() == kCount; }));
  EXPECT_GT(answered_before_others, 0U);
  EXPECT_LT(answered_before_others, kCount);
}

TEST_F(DatagramListenerTest, SaysThatItFellBehindAtHalfOfTheBuffer) {
  listen(100);
  put(2 * DatagramSource::kMaxBatch);
  ASSERT_TRUE(run_until(loop, [&] { return batches.size() >= 2; }));
  EXPECT_EQ(fell_behind, 1U);
}

}  // namespace
}  // namespace inlet53::net
