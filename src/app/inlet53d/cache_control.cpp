// SPDX-License-Identifier: Apache-2.0
#include "cache_control.h"

#include <atomic>
#include <utility>

#include <nlohmann/json.hpp>

#include "inlet53/base/text.h"

namespace inlet53::app {

using control::ControlRequest;
using control::RequestId;
using server::CacheFlush;

/// A request until every worker has flushed its cache.
struct CacheControl::Flushing {
  RequestId id = 0;
  std::atomic<size_t> workers_left{0};
  std::atomic<size_t> responses{0};
};

CacheControl::CacheControl(net::Loop& loop, const Workers& workers, Respond respond)
    : workers_(workers),
      respond_(std::move(respond)),
      flushed_(loop, [this] { respond_to_flushed(); }) {}

std::vector<control::ControlRoute> CacheControl::routes() {
  return {{"POST", "/v1/cache/flush",
           [this](RequestId id, const ControlRequest& request) { flush(id, request.body); }}};
}

namespace {

// Parses the body of a flush. Errors: a text for the client.
Result<CacheFlush, std::string> parse_flush(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return Unexpected<std::string>("the body is no JSON object");
  bool all = false, subtree = false;
  std::string text;
  for (const auto& [key, value] : json.items()) {
    if (key == "all" && value.is_boolean()) {
      all = value.get<bool>();
    } else if (key == "subtree" && value.is_boolean()) {
      subtree = value.get<bool>();
    } else if (key == "name" && value.is_string()) {
      text = value.get<std::string>();
    } else {
      return Unexpected<std::string>(
          "the body has only all (boolean), name (text) and subtree (boolean)");
    }
  }
  if (all == json.contains("name") || (all && subtree)) {
    return Unexpected<std::string>("the body needs either \"all\": true or a name");
  }
  if (all) return CacheFlush{CacheFlush::What::All, {}};
  const auto name = dns::Name::parse_text(text);
  if (!name) return Unexpected(concat("\"", text, "\" is no domain name"));
  return CacheFlush{subtree ? CacheFlush::What::Subtree : CacheFlush::What::Name, *name};
}

}  // namespace

void CacheControl::flush(RequestId id, const std::string& body) {
  const auto what = parse_flush(body);
  if (!what) return respond_(id, control::error_response(400, what.error()));
  const auto flushing = std::make_shared<Flushing>();
  flushing->id = id;
  flushing->workers_left = workers_.size();
  flushing_.push_back(flushing);
  for (const auto& worker : workers_) {
    worker->flush(*what, [this, flushing](size_t responses) {
      flushing->responses += responses;
      if (--flushing->workers_left == 0) flushed_.wake();
    });
  }
}

void CacheControl::respond_to_flushed() {
  flushing_.remove_if([&](const std::shared_ptr<Flushing>& each) {
    if (each->workers_left > 0) return false;
    respond_(each->id,
             control::json_response(200, concat("{\"removed\":", each->responses.load(), '}')));
    return true;
  });
}

}  // namespace inlet53::app
