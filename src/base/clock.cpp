// SPDX-License-Identifier: Apache-2.0
#include "inlet53/base/clock.h"

#include <ctime>

namespace inlet53 {

Now read_clock() noexcept {
  timespec monotonic{};
  timespec wall{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &monotonic);
  clock_gettime(CLOCK_REALTIME_COARSE, &wall);
  return {static_cast<uint64_t>(monotonic.tv_sec) * 1000 +
              static_cast<uint64_t>(monotonic.tv_nsec) / 1'000'000,
          wall.tv_sec};
}

int64_t wall_milliseconds() noexcept {
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  return int64_t{wall.tv_sec} * 1000 + wall.tv_nsec / 1'000'000;
}

uint64_t monotonic_microseconds() noexcept { return monotonic_nanoseconds() / 1000; }

uint64_t monotonic_nanoseconds() noexcept {
  timespec monotonic{};
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  return static_cast<uint64_t>(monotonic.tv_sec) * 1'000'000'000 +
         static_cast<uint64_t>(monotonic.tv_nsec);
}

void UtcSecond::render(int64_t wall_seconds) noexcept {
  held_ = wall_seconds;
  const time_t seconds = static_cast<time_t>(wall_seconds);
  tm utc{};
  gmtime_r(&seconds, &utc);
  const auto two = [this](size_t at, int value) {
    text_[at] = static_cast<char>('0' + value / 10 % 10);
    text_[at + 1] = static_cast<char>('0' + value % 10);
  };
  const int year = utc.tm_year + 1900;
  two(0, year / 100);
  two(2, year % 100);
  two(5, utc.tm_mon + 1);
  two(8, utc.tm_mday);
  two(11, utc.tm_hour);
  two(14, utc.tm_min);
  two(17, utc.tm_sec);
  text_[4] = text_[7] = '-';
  text_[10] = 'T';
  text_[13] = text_[16] = ':';
  text_[19] = 'Z';
}

}  // namespace inlet53
