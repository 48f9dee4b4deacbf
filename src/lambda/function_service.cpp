#include "inlet53/lambda/function_service.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "code_watch.h"
#include "function_pool.h"
#include "runtime_api.h"

#include "inlet53/base/text.h"
#include "inlet53/base/uuid.h"

namespace inlet53::lambda {

namespace {

EnvironmentOptions environment_options(const ServiceOptions& options) {
  return {.interpreters = {options.python, options.node},
          .idle_ms = uint64_t{options.idle_seconds} * 1000};
}

}  // namespace

struct FunctionService::Impl final : FunctionPoolOwner {
  Impl(net::Loop& its_loop, linelog::LineLogs& its_logs, ServiceOptions its_options)
      : loop(its_loop),
        logs(its_logs),
        options(std::move(its_options)),
        deliver_soon(loop, [this] { deliver_refused(); }) {}
  ~Impl();

  void replace(std::vector<topology::Function>&& functions);
  void add(topology::Function&& function);
  void forget_others(const std::unordered_set<std::string>& kept);
  void invoke(std::string_view function, Assignment&& assignment);
  void refuse(Assignment&& assignment, OutcomeKind kind, std::string message);
  void deliver_refused();
  void deliver(InvocationId invocation, Outcome&& outcome);
  void bury_empty();

  bool admit_environment() override;
  void environment_started() override;
  void environment_ended() override;
  void invocation_ended(InvocationId invocation, Outcome&& outcome) override;

  net::Loop& loop;
  linelog::LineLogs& logs;
  const ServiceOptions options;
  CodeWatch code;
  ServiceCounts counts;
  InvocationId last_id = 0;
  bool invoking = false;  // an outcome that comes now comes too early
  std::unordered_map<InvocationId, Done> callers;
  std::vector<std::pair<InvocationId, Outcome>> refused;
  net::Timer deliver_soon;
  std::unordered_map<std::string, std::unique_ptr<FunctionPool>> pools;  // by the function's id
  std::vector<std::unique_ptr<FunctionPool>> retired;  // of functions that are gone
};

FunctionService::Impl::~Impl() {
  // All at once, so that their ends overlap; then one after the other is waited for.
  for (const auto& [id, pool] : pools) pool->end_all();
  for (const auto& pool : retired) pool->end_all();
}

//--- Functions

void FunctionService::Impl::replace(std::vector<topology::Function>&& functions) {
  std::unordered_set<std::string> kept;
  for (topology::Function& function : functions) {
    kept.insert(function.id);
    add(std::move(function));
  }
  forget_others(kept);
  bury_empty();
}

void FunctionService::Impl::add(topology::Function&& function) {
  auto shared = std::make_shared<const topology::Function>(std::move(function));
  const auto found = pools.find(shared->id);
  if (found == pools.end()) {
    code.watch(shared->code);
    auto log = std::make_shared<FunctionLog>(logs, options.log_folder, shared->name);
    pools.emplace(shared->id,
                  std::make_unique<FunctionPool>(loop, shared, environment_options(options),
                                                 std::move(log), *this));
    return;
  }
  FunctionPool& pool = *found->second;
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

// Called from the top of the loop only, where none of them is on the stack.
void FunctionService::Impl::bury_empty() {
  std::erase_if(retired, [](const auto& pool) { return pool->empty(); });
}

//--- Invocations

void FunctionService::Impl::invoke(std::string_view function, Assignment&& assignment) {
  const auto found = pools.find(std::string(function));
  if (found == pools.end()) {
    return refuse(std::move(assignment), OutcomeKind::Unavailable,
                  concat("Function not found: ", function));
  }
  if (assignment.invocation.payload.size() > RuntimeApi::kMaxPayload) {
    return refuse(std::move(assignment), OutcomeKind::Unavailable,
                  concat(assignment.invocation.payload.size(),
                         " octets of payload exceed the limit of ", RuntimeApi::kMaxPayload));
  }
  if (code.changed(found->second->function().code)) {
    // Functions may share a folder.
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
  bury_empty();
}

void FunctionService::Impl::deliver(InvocationId invocation, Outcome&& outcome) {
  const auto found = callers.find(invocation);
  if (found == callers.end()) return;
  const Done done = std::move(found->second);
  callers.erase(found);
  done(std::move(outcome));
}

//--- Environments

bool FunctionService::Impl::admit_environment() {
  size_t living = 0;
  Environment* idlest = nullptr;
  const auto look_at = [&](const FunctionPool& pool) {
    living += pool.living();
    Environment* const one = pool.idlest();
    if (one && (!idlest || one->ready_since_ms() < idlest->ready_since_ms())) idlest = one;
  };
  for (const auto& [id, pool] : pools) look_at(*pool);
  for (const auto& pool : retired) look_at(*pool);
  if (living < options.max_environments) return true;
  if (idlest == nullptr) return false;
  idlest->end();
  return true;
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
                                 std::vector<topology::Function> functions, ServiceOptions options)
    : impl_(std::make_unique<Impl>(loop, logs, std::move(options))) {
  impl_->replace(std::move(functions));
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

void FunctionService::forget(InvocationId invocation) { impl_->callers.erase(invocation); }

void FunctionService::replace(std::vector<topology::Function> functions) {
  impl_->replace(std::move(functions));
}

ServiceCounts FunctionService::counts() const { return impl_->counts; }

}  // namespace inlet53::lambda
