// SPDX-License-Identifier: Apache-2.0
#include "inlet53/net/background_thread.h"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

constexpr uint64_t kPatienceMs = 60'000;

/// Gate at which jobs wait.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

//--- BackgroundThread

TEST(BackgroundThread, RunsJobsInOrderOnAnotherThread) {
  BackgroundThread thread("test");
  std::vector<int> order;
  std::thread::id ran_on;
  for (int i = 0; i < 3; ++i) {
    thread.post([&, i] {
      order.push_back(i);
      ran_on = std::this_thread::get_id();
    });
  }
  thread.wait_for_jobs();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_NE(ran_on, std::this_thread::get_id());
}

TEST(BackgroundThread, FreesOnTheThreadWhatAJobOwns) {
  BackgroundThread thread("test");
  std::thread::id freed_on;
  std::shared_ptr<int> owned(new int(1), [&](const int* last) {
    freed_on = std::this_thread::get_id();
    delete last;
  });
  thread.post([owned = std::move(owned)] {});
  thread.wait_for_jobs();
  EXPECT_NE(freed_on, std::thread::id());
  EXPECT_NE(freed_on, std::this_thread::get_id());
}

TEST(BackgroundThread, RunsTheNextJobAfterAnException) {
  BackgroundThread thread("test");
  testing::internal::CaptureStderr();
  thread.post([] { throw std::runtime_error("out of order"); });
  bool ran = false;
  thread.post([&] { ran = true; });
  thread.wait_for_jobs();
  EXPECT_TRUE(ran);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("out of order"), std::string::npos);
}

TEST(BackgroundThread, WaitsForTheRunningJobAtItsEnd) {
  bool has_ended = false;
  Gate begun;
  {
    BackgroundThread thread("test");
    thread.post([&] {
      begun.open();
      std::this_thread::yield();
      has_ended = true;
    });
    begun.wait();
  }
  EXPECT_TRUE(has_ended);
}

//--- Preparation

class PreparationTest : public testing::Test {
 protected:
  using Job = Preparation<int>::Job;

  Job job() {
    return [this]() -> PreparationResult<int> {
      const int run = ++runs;
      if (gate != nullptr) gate->wait();
      if (makes) return makes(run);
      return std::make_unique<int>(run);
    };
  }
  void done(uint64_t run, PreparationResult<int> value) {
    finished.push_back(run);
    results.push_back(value ? **value : -1);
    if (!value) errors.insert(errors.end(), value.error().begin(), value.error().end());
    if (when_done) when_done();
    if (results.size() >= wanted) loop.stop();
  }
  /// Runs the loop until there are this many results.
  void wait_for_results(size_t count) {
    wanted = count;
    if (results.size() >= wanted) return;
    Timer patience(loop, [&] {
      ADD_FAILURE() << "no patience left";
      loop.stop();
    });
    patience.start(kPatienceMs);
    loop.run();
  }

  std::shared_ptr<Gate> gate;
  std::function<PreparationResult<int>(int)> makes;
  std::function<void()> when_done;
  std::atomic<int> runs{0};
  std::vector<int> results;
  std::vector<uint64_t> finished;  // the numbers of the runs
  std::vector<std::string> errors;
  size_t wanted = 0;
  int begun = 0;
  Loop loop;
  BackgroundThread thread{"test"};
  Preparation<int> preparation{
      loop, thread,
      [this] {
        ++begun;
        return job();
      },
      [this](uint64_t run, PreparationResult<int> value) { done(run, std::move(value)); }};
};

TEST_F(PreparationTest, HandsTheValueToTheLoop) {
  EXPECT_FALSE(preparation.is_running());
  preparation.request();
  EXPECT_TRUE(preparation.is_running());
  EXPECT_TRUE(results.empty());
  wait_for_results(1);
  EXPECT_EQ(results, (std::vector<int>{1}));
  EXPECT_FALSE(preparation.is_running());
}

TEST_F(PreparationTest, MakesOneRunOfAllRequestsDuringARun) {
  gate = std::make_shared<Gate>();
  for (int i = 0; i < 5; ++i) preparation.request();
  EXPECT_EQ(begun, 1);
  gate->open();
  wait_for_results(2);
  thread.wait_for_jobs();
  EXPECT_EQ(results, (std::vector<int>{1, 2}));
  EXPECT_EQ(begun, 2);
  EXPECT_FALSE(preparation.is_running());
}

TEST_F(PreparationTest, BeginsNoRunWhileItIsPaused) {
  when_done = [this] { preparation.pause(); };
  gate = std::make_shared<Gate>();
  preparation.request();
  preparation.request();
  gate->open();
  wait_for_results(1);
  EXPECT_EQ(begun, 1);
  preparation.request();
  EXPECT_EQ(begun, 1);
  when_done = nullptr;
  preparation.resume();
  wait_for_results(2);
  EXPECT_EQ(begun, 2);
}

TEST_F(PreparationTest, TurnsExceptionsIntoAMessage) {
  makes = [](int run) -> PreparationResult<int> {
    if (run == 1) throw std::runtime_error("no working directory");
    if (run == 2) throw std::bad_alloc();
    return std::make_unique<int>(run);
  };
  preparation.request();
  wait_for_results(1);
  preparation.request();
  wait_for_results(2);
  preparation.request();
  wait_for_results(3);
  EXPECT_EQ(results, (std::vector<int>{-1, -1, 3}));
  EXPECT_EQ(errors,
            (std::vector<std::string>{"the configuration cannot be loaded: no working directory",
                                      "the configuration cannot be loaded: not enough memory"}));
}

TEST_F(PreparationTest, NumbersTheRunThatAnswersARequest) {
  gate = std::make_shared<Gate>();
  EXPECT_EQ(preparation.request(), 1U);
  EXPECT_EQ(preparation.request(), 2U) << "the first run may have read the file before";
  EXPECT_EQ(preparation.request(), 2U);
  gate->open();
  wait_for_results(2);
  EXPECT_EQ(finished, (std::vector<uint64_t>{1, 2}));
  preparation.pause();
  EXPECT_EQ(preparation.request(), 3U);
  preparation.resume();
  wait_for_results(3);
  EXPECT_EQ(finished.back(), 3U);
}

TEST_F(PreparationTest, EndsDuringARun) {
  gate = std::make_shared<Gate>();
  preparation.request();
  preparation.request();
  std::thread([gate = gate] { gate->open(); }).detach();
  // The destructor waits for the run. Its value is dropped.
}

}  // namespace
}  // namespace inlet53::net
