#include "inlet53/gateway/call_logs.h"

#include <set>
#include <utility>

#include "inlet53/base/clock.h"
#include "inlet53/base/json_string.h"

namespace inlet53::gateway {

namespace {

// While lines wait they are written out so often.
constexpr uint64_t kFlushMs = 200;
// Source: API Gateway Developer Guide, "Quotas": log events are cut.
constexpr size_t kMaxStep = 1024;

}  // namespace

CallLogs::CallLogs(net::Loop& loop)
    : flush_timer_(loop, [this] {
        for (const auto& [path, file] : files_) file->flush();
      }) {}

CallLogs::~CallLogs() = default;

Result<void, std::string> CallLogs::open(const GatewayState& state) {
  std::set<std::string> wanted;
  for (const auto& api : state.apis()) {
    for (const StageState& stage : api->stages) {
      const topology::Stage& given = *stage.stage;
      if (!given.access_log.file.empty()) wanted.insert(given.access_log.file);
      if (!given.execution_log.empty()) wanted.insert(given.execution_log);
    }
  }
  std::map<std::string, std::unique_ptr<LineFile>, std::less<>> opened;
  for (const std::string& path : wanted) {
    if (files_.contains(path)) continue;
    auto file = LineFile::open(path);
    if (!file) return Unexpected(file.error());
    opened.emplace(path, std::move(*file));
  }
  std::erase_if(files_, [&](const auto& entry) { return !wanted.contains(entry.first); });
  files_.merge(opened);
  return {};
}

void CallLogs::reopen() {
  for (const auto& [path, file] : files_) file->reopen();
}

void CallLogs::write_access(const StageState& stage, const CallContext& context) {
  LineFile* file = find(stage.stage->access_log.file);
  if (file == nullptr) return;
  line_.clear();
  stage.access_log.append_line(line_, context);
  write(*file, line_);
}

void CallLogs::write_step(const StageState& stage, const CallContext& context, int64_t wall_seconds,
                          std::string_view text) {
  LineFile* file = find(stage.stage->execution_log);
  if (file == nullptr) return;
  UtcSecond time;
  time.set(wall_seconds);
  line_ = time.text();
  line_ += " (";
  line_ += context.ids.request_id;
  line_ += ") ";
  append_json_escaped(line_, text.substr(0, kMaxStep));
  write(*file, line_);
}

LineFile* CallLogs::find(const std::string& path) noexcept {
  if (path.empty()) return nullptr;
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : found->second.get();
}

void CallLogs::write(LineFile& file, std::string_view line) {
  file.append(line);
  if (!flush_timer_.active()) flush_timer_.start(kFlushMs);
}

uint64_t CallLogs::lost() const noexcept {
  uint64_t lost = 0;
  for (const auto& [path, file] : files_) lost += file->lost();
  return lost;
}

}  // namespace inlet53::gateway
