// SPDX-License-Identifier: Apache-2.0
#include "inlet53/lambda/function_service.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "code_watch.h"
#include "function_log.h"
#include "function_pool.h"
#include "runtime_api.h"

#include "inlet53/base/random.h"
#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

// Delay after a start, if another one is needed.
constexpr uint64_t kBetweenStartsMs = 1;

EnvironmentOptions environment_options(const settings::Lambda& settings,
                                       std::shared_ptr<Isolation> isolation,
                                       std::shared_ptr<CallerCheck> callers,
                                       const InterpreterVersions& versions) {
  return {.callers = std::move(callers),
          .isolation = std::move(isolation),
          .interpreters = {settings.python, settings.node},
          .versions = versions,
          .idle_ms = uint64_t{settings.idle_seconds} * 1000};
}

}  // namespace

struct FunctionService::Impl final : FunctionPoolOwner {
  Impl(net::Loop& its_loop, linelog::LineLogs& its_logs, const settings::Lambda& its_settings,
       std::shared_ptr<Isolation> its_isolation)
      : loop(its_loop),
        logs(its_logs),
        settings(its_settings),
        isolation(std::move(its_isolation)),
        unknown(its_loop, "(unknown)"),
        start_soon(loop, [this] { start_some(); }),
        deliver_soon(loop, [this] { deliver_refused(); }) {}
  ~Impl();

  void replace(std::vector<topology::Function>&& functions, const InterpreterVersions& versions);
  void retire_exposed();
  void add(topology::Function&& function, const InterpreterVersions& versions);
  void forget_others(const std::unordered_set<std::string>& kept);
  void invoke(std::string_view function, Assignment&& assignment);
  void refuse(Assignment&& assignment, OutcomeKind kind, std::string message);
  void deliver_refused();
  void deliver(InvocationId invocation, Outcome&& outcome);
  bool cancel(InvocationId invocation);
  void destroy_retired();

  template <class Visit>
  void for_each_pool(Visit visit) const;
  [[nodiscard]] FunctionPool* next_pool() const;
  void start_some();
  /// Place for one more environment of `pool`, and the pool whose environment must end for it.
  struct Found {
    PlaceKind kind = PlaceKind::None;
    const FunctionPool* evict = nullptr;
  };
  [[nodiscard]] Found find_place_for(const FunctionPool& pool) const;

  void start_wanted() override;
  [[nodiscard]] bool may_start(const FunctionPool& pool) const override;
  [[nodiscard]] bool make_place(const FunctionPool& pool) override;
  void environment_started() override;
  void environment_ended() override;
  void invocation_ended(InvocationId invocation, Outcome&& outcome) override;

  net::Loop& loop;
  linelog::LineLogs& logs;
  const settings::Lambda settings;
  const std::shared_ptr<Isolation> isolation;  // null: none
  const std::shared_ptr<CallerCheck> caller_check = std::make_shared<CallerCheck>();
  uint64_t isolation_version = isolation ? isolation->version() : 0;
  CodeWatch code;
  ServiceCounts counts;
  InvocationId last_id = 0;
  bool invoking = false;  // delays outcomes until `invoke` has returned
  std::unordered_map<InvocationId, Done> callers;
  std::vector<std::pair<InvocationId, Outcome>> refused;
  RefusalLog unknown;  // of unknown functions
  net::Timer start_soon;
  net::Timer deliver_soon;
  std::unordered_map<std::string, std::unique_ptr<FunctionPool>> pools;  // by the function's id
  std::vector<std::unique_ptr<FunctionPool>> retired;                    // of removed functions
};

FunctionService::Impl::~Impl() {
  // Ends all at once, so that their ends overlap; then waits for one after the other.
  for (const auto& [id, pool] : pools) pool->end_all();
  for (const auto& pool : retired) pool->end_all();
}

//--- Functions

void FunctionService::Impl::replace(std::vector<topology::Function>&& functions,
                                    const InterpreterVersions& versions) {
  std::unordered_set<std::string> kept;
  for (topology::Function& function : functions) {
    kept.insert(function.id);
    add(std::move(function), versions);
  }
  forget_others(kept);
  destroy_retired();
}

void FunctionService::Impl::retire_exposed() {
  if (!isolation) return;
  const uint64_t now = isolation->version();
  if (std::exchange(isolation_version, now) == now) return;
  for (const auto& [id, pool] : pools) pool->retire_environments();
}

void FunctionService::Impl::add(topology::Function&& function,
                                const InterpreterVersions& versions) {
  auto shared = std::make_shared<const topology::Function>(std::move(function));
  const auto found = pools.find(shared->id);
  if (found == pools.end()) {
    code.watch(shared->code);
    auto log = std::make_shared<FunctionLog>(logs, settings.log_folder, shared->name);
    pools.emplace(shared->id, std::make_unique<FunctionPool>(
                                  loop, shared,
                                  environment_options(settings, isolation, caller_check, versions),
                                  std::move(log), *this));
    return;
  }
  FunctionPool& pool = *found->second;
  pool.set_versions(versions);
  if (pool.function() == *shared) return;
  code.watch(shared->code);
  pool.set_function(std::move(shared));
}

void FunctionService::Impl::forget_others(const std::unordered_set<std::string>& kept) {
  std::unordered_set<std::string> folders;
  std::unordered_set<std::string> left;
  for (auto at = pools.begin(); at != pools.end();) {
    if (kept.contains(at->first)) {
      folders.insert(at->second->function().code);
      ++at;
      continue;
    }
    left.insert(at->second->function().code);
    at->second->retire_environments();
    retired.push_back(std::move(at->second));
    at = pools.erase(at);
  }
  for (const std::string& folder : left) {
    if (!folders.contains(folder)) code.forget(folder);
  }
}

// Called only from the top of the loop, where none of them is on the stack.
void FunctionService::Impl::destroy_retired() {
  std::erase_if(retired, [](const auto& pool) { return pool->empty(); });
}

//--- Invocations

void FunctionService::Impl::invoke(std::string_view function, Assignment&& assignment) {
  const auto found = pools.find(std::string(function));
  if (found == pools.end()) {
    std::string message = concat("Function not found: ", function);
    unknown.add(message);
    return refuse(std::move(assignment), OutcomeKind::Unavailable, std::move(message));
  }
  if (assignment.invocation.payload.size() > RuntimeApi::kMaxPayload) {
    return refuse(std::move(assignment), OutcomeKind::Unavailable,
                  concat(assignment.invocation.payload.size(),
                         " bytes of payload exceed the limit of ", RuntimeApi::kMaxPayload));
  }
  if (code.changed(found->second->function().code)) {
    // Functions may share a directory.
    for (const auto& [id, pool] : pools) {
      if (pool->function().code == found->second->function().code) pool->retire_environments();
    }
  }
  found->second->invoke(std::move(assignment));
}

void FunctionService::Impl::refuse(Assignment&& assignment, OutcomeKind kind, std::string message) {
  invocation_ended(assignment.id, {.kind = kind,
                                   .payload = {},
                                   .request_id = std::move(assignment.request_id),
                                   .message = std::move(message)});
}

void FunctionService::Impl::invocation_ended(InvocationId invocation, Outcome&& outcome) {
  if (outcome.kind == OutcomeKind::FunctionError) ++counts.errors;
  if (outcome.kind == OutcomeKind::Throttled) ++counts.throttles;
  if (!invoking) return deliver(invocation, std::move(outcome));
  refused.emplace_back(invocation, std::move(outcome));
  deliver_soon.start(0);
}

void FunctionService::Impl::deliver_refused() {
  for (auto& [invocation, outcome] : std::exchange(refused, {})) {
    deliver(invocation, std::move(outcome));
  }
  destroy_retired();
}

void FunctionService::Impl::deliver(InvocationId invocation, Outcome&& outcome) {
  const auto found = callers.find(invocation);
  if (found == callers.end()) return;
  const Done done = std::move(found->second);
  callers.erase(found);
  done(std::move(outcome));
}

bool FunctionService::Impl::cancel(InvocationId invocation) {
  bool cancelled = false;
  for_each_pool([&](FunctionPool& pool, std::optional<uint32_t>) {
    cancelled = cancelled || pool.cancel(invocation);
  });
  if (!cancelled) return false;
  callers.erase(invocation);
  ++counts.cancelled;
  return true;
}

//--- Environments

template <class Visit>
void FunctionService::Impl::for_each_pool(Visit visit) const {
  for (const auto& [id, pool] : pools) visit(*pool, pool->function().reserved_concurrency);
  for (const auto& pool : retired) visit(*pool, std::optional<uint32_t>(0));
}

void FunctionService::Impl::start_wanted() {
  if (!start_soon.active()) start_soon.start(0);
}

// Returns the pool with the fewest environments, so that a function with many starts delays no
// other.
FunctionPool* FunctionService::Impl::next_pool() const {
  FunctionPool* next = nullptr;
  for_each_pool([&](FunctionPool& pool, std::optional<uint32_t>) {
    if (pool.starts_wanted() == 0) return;
    if (next == nullptr || pool.living() < next->living()) next = &pool;
  });
  return next;
}

// At most one start in a turn: a start takes about a millisecond, and events that arrive meanwhile,
// such as the reset of a stream, are handled before the next one.
void FunctionService::Impl::start_some() {
  FunctionPool* pool = next_pool();
  while (pool != nullptr && !pool->start_next()) pool = next_pool();
  if (pool != nullptr && !start_soon.active()) start_soon.start(kBetweenStartsMs);
}

FunctionService::Impl::Found FunctionService::Impl::find_place_for(
    const FunctionPool& asking) const {
  std::vector<const FunctionPool*> places;
  std::vector<FunctionUse> uses;
  size_t polling_at = 0;
  for_each_pool([&](const FunctionPool& pool, std::optional<uint32_t> limit) {
    if (&pool == &asking) polling_at = places.size();
    places.push_back(&pool);
    const Environment* const longest_idle = pool.longest_idle();
    uses.push_back({.living = pool.living(),
                    .limit = limit,
                    .idle_since_ms = longest_idle == nullptr
                                         ? std::nullopt
                                         : std::optional(longest_idle->ready_since_ms())});
  });
  const Place place = find_place(uses, polling_at, settings.max_environments, loop.now_ms());
  return {place.kind, place.kind == PlaceKind::Evict ? places[place.function] : nullptr};
}

bool FunctionService::Impl::may_start(const FunctionPool& pool) const {
  return find_place_for(pool).kind != PlaceKind::None;
}

bool FunctionService::Impl::make_place(const FunctionPool& pool) {
  const Found found = find_place_for(pool);
  if (found.evict != nullptr) found.evict->longest_idle()->end();
  return found.kind != PlaceKind::None;
}

void FunctionService::Impl::environment_started() {
  ++counts.cold_starts;
  ++counts.environments;
}

void FunctionService::Impl::environment_ended() {
  --counts.environments;
  if (!retired.empty()) deliver_soon.start(0);
}

//--- FunctionService

FunctionService::FunctionService(net::Loop& loop, linelog::LineLogs& logs,
                                 std::vector<topology::Function> functions,
                                 const settings::Lambda& settings,
                                 std::shared_ptr<Isolation> isolation)
    : impl_(std::make_unique<Impl>(loop, logs, settings, std::move(isolation))) {
  impl_->replace(std::move(functions), {});
}

FunctionService::~FunctionService() = default;

FunctionService::InvocationId FunctionService::invoke(std::string_view function,
                                                      Invocation&& invocation, Done done) {
  const InvocationId id = ++impl_->last_id;
  ++impl_->counts.invocations;
  impl_->callers.emplace(id, std::move(done));
  const bool nested = std::exchange(impl_->invoking, true);
  impl_->invoke(function,
                {.id = id, .request_id = random_uuid(), .invocation = std::move(invocation)});
  impl_->invoking = nested;
  return id;
}

bool FunctionService::cancel(InvocationId invocation) { return impl_->cancel(invocation); }

void FunctionService::forget(InvocationId invocation) {
  if (!impl_->cancel(invocation)) impl_->callers.erase(invocation);
}

void FunctionService::replace(std::vector<topology::Function> functions,
                              const InterpreterVersions& versions) {
  impl_->replace(std::move(functions), versions);
}

void FunctionService::retire_exposed() { impl_->retire_exposed(); }

ServiceCounts FunctionService::counts() const {
  ServiceCounts counts = impl_->counts;
  counts.refused_connections = impl_->caller_check->refused();
  return counts;
}

}  // namespace inlet53::lambda
