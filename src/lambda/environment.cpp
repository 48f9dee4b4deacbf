// SPDX-License-Identifier: Apache-2.0
#include "environment.h"

#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <utility>

#include "runtime_api.h"
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "inlet53/base/check.h"
#include "inlet53/base/clock.h"
#include "inlet53/base/json_dump.h"
#include "inlet53/base/operator_log.h"
#include "inlet53/base/text.h"
#include "inlet53/lambda/runtimes.h"

namespace inlet53::lambda {

namespace {

// Longest wait for the last bytes of a process that has ended.
constexpr uint64_t kLastBytesMs = 1000;
constexpr uint64_t kMemorySampleMs = 1000;

std::string payload_of(const std::variant<FunctionError, std::string>& failure,
                       std::string_view request_id) {
  if (const auto* error = std::get_if<FunctionError>(&failure)) {
    return error_payload(*error, request_id);
  }
  return std::get<std::string>(failure);
}

std::string type_of(const std::variant<FunctionError, std::string>& failure) {
  if (const auto* error = std::get_if<FunctionError>(&failure)) return error->type;
  return error_type(std::get<std::string>(failure));
}

Outcome function_error(std::string payload, std::string request_id) {
  std::string message = error_message(payload);
  return {.kind = OutcomeKind::FunctionError,
          .payload = std::move(payload),
          .request_id = std::move(request_id),
          .message = std::move(message)};
}

// Returns the peak memory of a process in MiB; 0 when it has ended. Source: proc(5), VmHWM.
uint32_t peak_memory_mb(int pid) {
  const net::Descriptor file(open(concat("/proc/", pid, "/status").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text{};
  const ssize_t size = file.valid() ? read(file.get(), text.data(), text.size()) : 0;
  if (size <= 0) return 0;
  const std::string_view status(text.data(), static_cast<size_t>(size));
  const size_t line = status.find("VmHWM:");
  const size_t digit = line == status.npos ? line : status.find_first_of("0123456789", line);
  if (digit == status.npos) return 0;
  uint32_t kib = 0;
  std::from_chars(status.data() + digit, status.data() + status.size(), kib);
  return (kib + 1023) / 1024;
}

using Json = nlohmann::ordered_json;

constexpr size_t kMaxExcerpt = 256;

// An error has two levels. The limit protects memory.
constexpr size_t kMaxNesting = 64;

std::string member_text(std::string_view payload, const char* name) {
  if (nests_deeper_than(payload, kMaxNesting)) return {};
  // Uses maps for objects: a list takes quadratic time to fill, and the function chooses its size.
  const auto json = nlohmann::json::parse(payload, nullptr, false);
  if (!json.is_object()) return {};
  const auto found = json.find(name);
  if (found == json.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

}  // namespace

//--- Starting

Result<std::unique_ptr<Environment>, std::string> Environment::start(
    net::Loop& loop, std::shared_ptr<const topology::Function> function,
    std::shared_ptr<FunctionLog> log, const EnvironmentOptions& options, EnvironmentOwner& owner) {
  std::unique_ptr<Environment> environment(
      new Environment(loop, std::move(function), std::move(log), options, owner));
  if (auto launched = environment->launch(); !launched) {
    environment->log_.note(launched.error());
    return Unexpected(std::move(launched.error()));
  }
  return environment;
}

Environment::Environment(net::Loop& loop, std::shared_ptr<const topology::Function> function,
                         std::shared_ptr<FunctionLog> log, const EnvironmentOptions& options,
                         EnvironmentOwner& owner)
    : loop_(loop),
      owner_(owner),
      function_(std::move(function)),
      options_(options),
      log_(std::move(log)),
      deadline_(loop, [this] { on_deadline(); }),
      began_us_(monotonic_microseconds()) {}

Environment::~Environment() {
  // The API's last event would reach an owner that is half destroyed.
  state_ = State::Ended;
  if (process_) process_->end_now();
  log_.end_output();
  api_.reset();  // while the members that it uses still exist
}

Result<void, std::string> Environment::launch() {
  log_.init_start(function_->runtime, other_interpreter(function_->runtime, options_.versions));
  const auto command = runtime_command(*function_, options_.interpreters);
  if (!command) return Unexpected(command.error());
  if (!options_.callers->fault().empty()) {
    return Unexpected(std::string(options_.callers->fault()));
  }
  auto confinement = options_.isolation ? options_.isolation->confine(*function_)
                                        : Result<net::Confinement, std::string>{};
  if (!confinement) return Unexpected(std::move(confinement.error()));
  user_ = confinement->user;
  auto api = RuntimeApi::open(loop_, *this,
                              [this](const SocketAddress& client, const SocketAddress& server) {
                                return may_call(client, server);
                              });
  if (!api) return Unexpected(std::move(api.error()));
  api_ = std::move(*api);
  auto pipe =
      net::OutputPipe::open(loop_, [this](Bytes bytes) { log_.output(bytes, loop_.now_ms()); });
  if (!pipe) return Unexpected(std::move(pipe.error()));
  output_ = std::move(*pipe);

  net::ChildOptions options;
  options.arguments = command->arguments;
  options.environment = environment_variables(*function_, {.region = function_->region,
                                                           .runtime_api = api_->authority(),
                                                           .log_stream = log_.stream_name()});
  options.folder = function_->code;
  options.input = command->input;
  options.output = output_->write_end();
  options.death_signal = SIGKILL;
  options.end_group = true;
  options.confinement = std::move(*confinement);
  auto process =
      net::ChildProcess::start(loop_, options, [this](net::ChildExit how) { on_exit(how); });
  if (!process) return Unexpected(std::move(process.error()));
  process_ = std::move(*process);
  output_->close_write_end();
  deadline_.start(options_.init_ms);
  return {};
}

void Environment::init_error_received(std::string&& payload) {
  if (state_ == State::Starting) fail_init(std::move(payload), "error");
}

void Environment::fail_init(Failure failure, std::string_view status) {
  output_->drain();
  log_.init_report(monotonic_microseconds() - began_us_, status, type_of(failure));
  init_failure_ = std::move(failure);
  end();
  owner_.init_failed(*this);
}

Outcome Environment::fail(const Assignment& assignment) {
  INLET53_CHECK(init_failure_.has_value());
  log_.start(assignment.request_id);
  report(assignment.request_id, "error", type_of(*init_failure_));
  return function_error(payload_of(*init_failure_, assignment.request_id), assignment.request_id);
}

//--- Callers of the Runtime API

bool Environment::may_call(const SocketAddress& client, const SocketAddress& server) {
  // No process belongs to it before the process has started, or after it was reaped.
  if (process_ && !exit_ &&
      options_.callers->allows(client, server, {.root = process_->pid(), .user = user_},
                               check_budget_, loop_.now_ms())) {
    return true;
  }
  if (!std::exchange(refusal_logged_, true)) {
    log_warning(concat("function ", function_->name, ": refused a connection from ",
                       client.to_text(),
                       " to its Runtime API: it is not of the function's own processes; more "
                       "are only counted"));
  }
  return false;
}

//--- Invocations

void Environment::next_requested() {
  if (ending() || exit_) return;
  if (state_ == State::Starting) init_duration_us_ = monotonic_microseconds() - began_us_;
  state_ = State::Ready;
  ready_since_ms_ = loop_.now_ms();
  deadline_.start(options_.idle_ms);
  owner_.ready(*this);
}

void Environment::assign(Assignment&& assignment) {
  INLET53_CHECK(state_ == State::Ready);
  state_ = State::Running;
  invocation_ = assignment.id;
  request_id_ = std::move(assignment.request_id);
  began_us_ = monotonic_microseconds();
  log_.start(request_id_);
  const uint64_t timeout_ms = uint64_t{function_->timeout_seconds} * 1000;
  deadline_.start(timeout_ms);
  api_->deliver({.request_id = request_id_,
                 .payload = std::move(assignment.invocation.payload),
                 .function_arn = function_->id,
                 .trace_id = std::move(assignment.invocation.trace_id),
                 .deadline_ms = wall_milliseconds() + static_cast<int64_t>(timeout_ms)});
}

void Environment::response_received(std::string&& payload) {
  if (state_ != State::Running) return;
  state_ = State::Finishing;
  finish({.kind = OutcomeKind::Response,
          .payload = std::move(payload),
          .request_id = request_id_,
          .message = {}},
         "", "");
}

void Environment::error_received(std::string&& payload) {
  if (state_ != State::Running) return;
  state_ = State::Finishing;
  // As at AWS, an error of the handler itself does not count as a failure in the report.
  finish(function_error(std::move(payload), request_id_), "", "");
}

void Environment::response_too_large() {
  if (state_ != State::Running) return;
  state_ = State::Finishing;
  fail_invocation(lambda::response_too_large());
}

void Environment::fail_invocation(const Failure& failure, std::string_view status) {
  finish(function_error(payload_of(failure, request_id_), request_id_), status, type_of(failure));
}

void Environment::finish(Outcome&& outcome, std::string_view status, std::string_view error_type) {
  output_->drain();
  sample_memory();
  report(request_id_, status, error_type);
  owner_.invocation_ended(invocation_, std::move(outcome));
}

void Environment::report(std::string_view request_id, std::string_view status,
                         std::string_view error_type) {
  log_.end({.request_id = request_id,
            .duration_us = monotonic_microseconds() - began_us_,
            .memory_size_mb = function_->memory_size,
            .max_memory_used_mb = max_memory_mb_,
            .init_duration_us = std::exchange(init_duration_us_, std::nullopt),
            .status = status,
            .error_type = error_type});
}

// Not called for each of thousands of invocations per second: it costs some dozen microseconds.
void Environment::sample_memory() {
  const uint64_t now = loop_.now_ms();
  if (exit_ || (max_memory_mb_ != 0 && now - memory_sampled_ms_ < kMemorySampleMs)) return;
  memory_sampled_ms_ = now;
  if (const uint32_t peak = peak_memory_mb(process_->pid()); peak != 0) max_memory_mb_ = peak;
}

//--- Ending

void Environment::on_deadline() {
  if (exit_) return conclude_exit();
  switch (state_) {
    case State::Starting:
      return fail_init(timed_out(static_cast<uint32_t>(options_.init_ms / 1000)), "timeout");
    case State::Running: {
      output_->drain();
      log_.task_timed_out(request_id_, function_->timeout_seconds);
      end();
      return fail_invocation(timed_out(function_->timeout_seconds), "timeout");
    }
    case State::Finishing:
      // It has responded but never requested the next invocation.
      log_.task_timed_out(request_id_, function_->timeout_seconds);
      return end();
    case State::Ready:
      return end();
    case State::Ending:
    case State::Ended:
      return;
  }
}

void Environment::end() {
  if (ending()) return;
  state_ = State::Ending;
  deadline_.stop();
  // Kills the whole group: an interpreter's children would keep its sockets and its output open.
  process_->kill_group(SIGKILL);
  if (exit_) deadline_.start(0);
}

void Environment::on_exit(net::ChildExit how) {
  exit_ = how;
  if (!api_->connected() || ending()) return conclude_exit();
  // The environment still reads the bytes that the process sent before its end.
  deadline_.start(kLastBytesMs);
}

void Environment::disconnected() {
  if (exit_) conclude_exit();
}

void Environment::conclude_exit() {
  if (state_ == State::Ended) return;
  output_->drain();
  const State last = std::exchange(state_, State::Ending);
  deadline_.stop();
  if (last == State::Running) fail_invocation(exited(*exit_));
  if (last == State::Starting) {
    init_failure_ = exited(*exit_);
    log_.init_report(monotonic_microseconds() - began_us_, "error", type_of(*init_failure_));
    owner_.init_failed(*this);
  }
  log_.end_output();
  state_ = State::Ended;
  owner_.ended(*this);
}

FunctionError timed_out(uint32_t seconds) {
  return {"Sandbox.Timedout", concat("Task timed out after ", seconds, ".00 seconds")};
}

FunctionError exited(net::ChildExit how) {
  std::string message = "Runtime exited without providing a reason";
  if (how.signal != 0) {
    const char* const name = sigdescr_np(how.signal);
    message = concat("Runtime exited with error: signal: ",
                     name == nullptr ? concat(how.signal) : ascii_lower(name));
  } else if (how.status != 0) {
    message = concat("Runtime exited with error: exit status ", how.status);
  }
  return {"Runtime.ExitError", message};
}

FunctionError response_too_large() {
  return {"Function.ResponseSizeTooLarge",
          concat("Response payload size exceeded maximum allowed payload size (",
                 RuntimeApi::kMaxPayload, " bytes).")};
}

std::string error_payload(const FunctionError& error, std::string_view request_id) {
  const bool has_no_id = error.type.starts_with("Function.");
  const std::string message =
      has_no_id ? error.message : concat("RequestId: ", request_id, " Error: ", error.message);
  const Json json{{"errorType", error.type}, {"errorMessage", message}};
  return dump_json(json);
}

std::string error_message(std::string_view payload) {
  const std::string message = member_text(payload, "errorMessage");
  return message.empty() ? std::string(payload.substr(0, kMaxExcerpt)) : message;
}

std::string error_type(std::string_view payload) {
  const std::string type = member_text(payload, "errorType");
  return type.empty() ? "Unhandled" : type;
}

}  // namespace inlet53::lambda
