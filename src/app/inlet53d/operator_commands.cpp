// SPDX-License-Identifier: Apache-2.0
#include "operator_commands.h"

#include <atomic>
#include <optional>

#include "inlet53/base/text.h"

namespace inlet53::app {

namespace {

using server::CacheFlush;

constexpr std::string_view kAll = "cache flush all";
constexpr std::string_view kName = "cache flush name ";
constexpr std::string_view kSubtree = "cache flush subtree ";

}  // namespace

/// One command until every worker has executed it.
struct OperatorCommands::Flushing {
  uint64_t call = 0;
  std::atomic<size_t> workers_left{0};
  std::atomic<size_t> responses{0};
};

OperatorCommands::OperatorCommands(net::Loop& loop, const Workers& workers)
    : workers_(workers), flushed_(loop, [this] { answer_flushed(); }) {}

Result<std::unique_ptr<OperatorCommands>, std::string> OperatorCommands::open(
    net::Loop& loop, const std::string& path, const Workers& workers) {
  std::unique_ptr<OperatorCommands> commands(new OperatorCommands(loop, workers));
  auto socket = control::ControlSocket::open(loop, path, *commands);
  if (!socket) return Unexpected(socket.error());
  commands->socket_ = std::move(*socket);
  return commands;
}

void OperatorCommands::handle_command(uint64_t call, std::string_view command) {
  if (command == kAll) return flush(call, {CacheFlush::What::All, {}});
  for (const auto& [words, what] :
       {std::pair{kName, CacheFlush::What::Name}, std::pair{kSubtree, CacheFlush::What::Subtree}}) {
    if (!command.starts_with(words)) continue;
    const std::string_view text = command.substr(words.size());
    const auto name = dns::Name::parse_text(text);
    if (!name) return socket_->answer(call, false, concat("\"", text, "\" is no domain name"));
    return flush(call, {what, *name});
  }
  socket_->answer(call, false, "unknown command");
}

void OperatorCommands::flush(uint64_t call, const CacheFlush& what) {
  const auto flushing = std::make_shared<Flushing>();
  flushing->call = call;
  flushing->workers_left = workers_.size();
  flushing_.push_back(flushing);
  for (const auto& worker : workers_) {
    worker->flush(what, [this, flushing](size_t responses) {
      flushing->responses += responses;
      if (--flushing->workers_left == 0) flushed_.wake();
    });
  }
}

void OperatorCommands::answer_flushed() {
  flushing_.remove_if([&](const std::shared_ptr<Flushing>& each) {
    if (each->workers_left > 0) return false;
    socket_->answer(each->call, true, std::to_string(each->responses.load()));
    return true;
  });
}

}  // namespace inlet53::app
