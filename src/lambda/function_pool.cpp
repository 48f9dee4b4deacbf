// SPDX-License-Identifier: Apache-2.0
#include "function_pool.h"

#include <algorithm>
#include <utility>

#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

// Time that an invocation waits for an environment that has just responded: a runtime requests the
// next invocation a moment after its response, and a caller may be faster than that. The wait is
// longer when no other environment may start; its end then refuses the invocation.
constexpr uint64_t kFinishingGraceMs = 20;
constexpr uint64_t kLastGraceMs = 1000;

// Log stream of events that belong to no environment.
constexpr std::string_view kNoStream = "-";

/// Returns the guaranteed places of each function that may have any.
size_t even_share(std::span<const FunctionUse> functions, size_t max) noexcept {
  const auto sharing = std::count_if(functions.begin(), functions.end(),
                                     [](const FunctionUse& one) { return one.limit != 0U; });
  return std::max<size_t>(1, max / 2 / std::max<size_t>(1, static_cast<size_t>(sharing)));
}

/// Returns the index of the function with the longest idle environment, among those that `may_end`
/// accepts.
template <class MayEnd>
std::optional<size_t> longest_idle(std::span<const FunctionUse> functions, MayEnd may_end) {
  std::optional<size_t> found;
  for (size_t i = 0; i < functions.size(); ++i) {
    const auto since = functions[i].idle_since_ms;
    if (!since || !may_end(i)) continue;
    if (!found || *since < *functions[*found].idle_since_ms) found = i;
  }
  return found;
}

}  // namespace

FunctionPool::FunctionPool(net::Loop& loop, std::shared_ptr<const topology::Function> function,
                           const EnvironmentOptions& options, std::shared_ptr<FunctionLog> log,
                           FunctionPoolOwner& owner)
    : loop_(loop),
      function_(std::move(function)),
      options_(options),
      log_(std::move(log)),
      owner_(owner),
      refusals_(loop, function_->name),
      destroy_soon_(loop, [this] { ended_.clear(); }),
      grace_(loop, [this] { request_starts(); }) {}

FunctionPool::~FunctionPool() { end_all(); }

void FunctionPool::end_all() {
  for (const auto& environment : environments_) environment->end();
}

//--- Requests

void FunctionPool::set_function(std::shared_ptr<const topology::Function> function) {
  function_ = std::move(function);
  retire_environments();
}

void FunctionPool::retire_environments() {
  for (const auto& environment : environments_) {
    environment->stale = true;
    if (environment->ready() || environment->starting()) environment->end();
  }
  serve_waiting();
}

void FunctionPool::invoke(Assignment&& assignment) {
  if (Environment* const environment = latest_ready()) {
    return environment->assign(std::move(assignment));
  }
  waiting_.push_back(std::move(assignment));
  serve_waiting();
}

// The first waiting invocations have environments that start for them.
bool FunctionPool::cancel(FunctionService::InvocationId invocation) {
  const size_t begun = std::min(waiting_.size(), count(&Environment::starting));
  const auto found = std::find_if(waiting_.begin() + static_cast<ptrdiff_t>(begun), waiting_.end(),
                                  [invocation](const auto& one) { return one.id == invocation; });
  if (found == waiting_.end()) return false;
  waiting_.erase(found);
  return true;
}

//--- Events of environments

void FunctionPool::ready(Environment& environment) {
  if (environment.stale) {
    environment.end();
    return serve_waiting();
  }
  if (waiting_.empty()) return;
  Assignment first = std::move(waiting_.front());
  waiting_.pop_front();
  environment.assign(std::move(first));
}

void FunctionPool::init_failed(Environment& environment) {
  // An environment that became ready meanwhile may have received this one's invocation.
  if (waiting_.size() <= count(&Environment::starting)) return;
  const Assignment first = std::move(waiting_.front());
  waiting_.pop_front();
  owner_.invocation_ended(first.id, environment.fail(first));
}

void FunctionPool::invocation_ended(FunctionService::InvocationId invocation, Outcome&& outcome) {
  owner_.invocation_ended(invocation, std::move(outcome));
}

void FunctionPool::ended(Environment& environment) {
  const auto found =
      std::find_if(environments_.begin(), environments_.end(),
                   [&environment](const auto& other) { return other.get() == &environment; });
  ended_.push_back(std::move(*found));
  environments_.erase(found);
  destroy_soon_.start(0);
  owner_.environment_ended();
  serve_waiting();
}

//--- Starting

void FunctionPool::serve_waiting() {
  const bool is_short = waiting_.size() > count(&Environment::starting);
  if (is_short && !grace_.active() && count(&Environment::finishing) > 0) {
    grace_.start(!is_at_limit() && owner_.may_start(*this) ? kFinishingGraceMs : kLastGraceMs);
  }
  request_starts();
}

void FunctionPool::request_starts() {
  if (starts_wanted() > 0) owner_.start_wanted();
}

size_t FunctionPool::starts_wanted() const {
  size_t coming = count(&Environment::starting);
  if (grace_.active()) coming += count(&Environment::finishing);
  return waiting_.size() - std::min(waiting_.size(), coming);
}

bool FunctionPool::start_next() {
  if (is_at_limit() || !owner_.make_place(*this)) {
    refuse_last(OutcomeKind::Throttled, no_place_message());
    return false;
  }
  auto started = Environment::start(loop_, function_, log_, options_, *this);
  if (!started) {
    refuse_last(OutcomeKind::Unavailable, std::move(started.error()));
    return false;
  }
  environments_.push_back(std::move(*started));
  owner_.environment_started();
  return true;
}

void FunctionPool::refuse_last(OutcomeKind kind, std::string message) {
  Assignment last = std::move(waiting_.back());
  waiting_.pop_back();
  log_->append(kNoStream, concat("Refused RequestId: ", last.request_id, "\t", message));
  refusals_.add(message);
  owner_.invocation_ended(last.id, {.kind = kind,
                                    .payload = {},
                                    .request_id = std::move(last.request_id),
                                    .message = std::move(message)});
}

std::string FunctionPool::no_place_message() const {
  if (is_at_limit()) {
    return concat("Rate Exceeded: no more than ", living(), " environments of ", function_->name,
                  " may run now");
  }
  return concat("Rate Exceeded: ", living(), " environments of ", function_->name,
                " run; the other places of max_environments are taken or kept for other functions");
}

bool FunctionPool::is_at_limit() const {
  return function_->reserved_concurrency && living() >= *function_->reserved_concurrency;
}

size_t FunctionPool::living() const { return environments_.size() - count(&Environment::ending); }

size_t FunctionPool::count(bool (Environment::*quality)() const noexcept) const {
  return static_cast<size_t>(
      std::count_if(environments_.begin(), environments_.end(),
                    [quality](const auto& one) { return (one.get()->*quality)(); }));
}

Environment* FunctionPool::latest_ready() const {
  Environment* latest = nullptr;
  for (const auto& one : environments_) {
    if (one->ready() && (!latest || one->ready_since_ms() >= latest->ready_since_ms())) {
      latest = one.get();
    }
  }
  return latest;
}

Environment* FunctionPool::longest_idle() const {
  Environment* longest_idle = nullptr;
  for (const auto& one : environments_) {
    if (one->ready() && (!longest_idle || one->ready_since_ms() < longest_idle->ready_since_ms())) {
      longest_idle = one.get();
    }
  }
  return longest_idle;
}

Place find_place(std::span<const FunctionUse> functions, size_t asking, size_t max,
                 uint64_t now_ms) noexcept {
  const size_t even = even_share(functions, max);
  const auto share = [&](size_t i) {
    return std::min<size_t>(even, functions[i].limit.value_or(even));
  };
  const auto is_beyond_share = [&](size_t i) { return functions[i].living > share(i); };
  const auto evict = [](std::optional<size_t> function) {
    return function ? Place{PlaceKind::Evict, *function} : Place{};
  };
  size_t living = 0;
  size_t unused = 0;  // places of the others' shares
  for (size_t i = 0; i < functions.size(); ++i) {
    living += functions[i].living;
    if (i != asking) unused += share(i) - std::min(share(i), functions[i].living);
  }

  if (functions[asking].living < share(asking)) {
    if (living < max) return {PlaceKind::Free};
    if (const auto beyond = longest_idle(functions, is_beyond_share)) return evict(beyond);
    if (functions[asking].living > 0) return {};
    return evict(longest_idle(functions, [](size_t) { return true; }));
  }

  const size_t kept = std::min(unused, max / 2);
  if (living + kept < max) return {PlaceKind::Free};
  if (living + kept > max) return {};
  return evict(longest_idle(functions, [&](size_t i) {
    return is_beyond_share(i) && now_ms - *functions[i].idle_since_ms >= kKeptWarmMs;
  }));
}

}  // namespace inlet53::lambda
