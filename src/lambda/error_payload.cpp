// SPDX-License-Identifier: Apache-2.0
#include "error_payload.h"

#include <cstring>

#include "runtime_api.h"
#include <nlohmann/json.hpp>

#include "inlet53/base/json_dump.h"
#include "inlet53/base/json_string.h"
#include "inlet53/base/text.h"

namespace inlet53::lambda {

namespace {

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
  const bool own_words = error.type.starts_with("Function.");
  const std::string message =
      own_words ? error.message : concat("RequestId: ", request_id, " Error: ", error.message);
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
