// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include "inlet53/querylog/query_log.h"

namespace {

using inlet53::querylog::QueryLog;

// A record of the usual length, 490 bytes, through the whole pipeline to a file in TMPDIR. The time
// is that of the worker; with `block`, a disk that is slower than the loop affects the wall clock
// only.
void append_record(benchmark::State& state) {
  std::string folder = (std::filesystem::temp_directory_path() / "inlet53-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    state.SkipWithError("no temporary folder");
    return;
  }
  inlet53::settings::QueryLog settings;
  settings.file = folder + "/query.log";
  settings.when_full = inlet53::settings::WhenFull::Block;
  settings.rotate_octets = uint64_t{256} << 20;
  settings.keep_files = 1;
  std::array<char, 490> record;
  record.fill('r');
  record.back() = '\n';

  auto log = QueryLog::open(settings, 1);
  if (!log) {
    state.SkipWithError(log.error().c_str());
    return;
  }
  auto& appender = (*log)->appender(0);
  for (auto _ : state) {
    char* room = appender.reserve(record.size());
    benchmark::DoNotOptimize(room);
    std::memcpy(room, record.data(), record.size());
    appender.commit(record.size());
  }
  appender.flush();
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * record.size()));
  log->reset();
  std::filesystem::remove_all(folder);
}
BENCHMARK(append_record);

}  // namespace

BENCHMARK_MAIN();
