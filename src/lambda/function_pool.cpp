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
      bury_soon_(loop, [this] { ended_.clear(); }),
      grace_(loop, [this] { ask_for_starts(); }) {}

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
  bury_soon_.start(0);
  owner_.environment_ended();
  serve_waiting();
}

//--- Starting

void FunctionPool::serve_waiting() {
  const bool is_short = waiting_.size() > count(&Environment::starting);
  if (is_short && !grace_.active() && count(&Environment::finishing) > 0) {
    grace_.start(!is_at_limit() && owner_.may_start(*this) ? kFinishingGraceMs : kLastGraceMs);
  }
  ask_for_starts();
}

void FunctionPool::ask_for_starts() {
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

Environment* FunctionPool::idlest() const {
  Environment* idlest = nullptr;
  for (const auto& one : environments_) {
    if (one->ready() && (!idlest || one->ready_since_ms() < idlest->ready_since_ms())) {
      idlest = one.get();
    }
  }
  return idlest;
}

}  // namespace inlet53::lambda
