#include "inlet53/net/stray_children.h"

#include <csignal>

#include "known_children.h"

namespace inlet53::net {

namespace {

constexpr uint64_t kAgainMs = 10;

}  // namespace

StrayChildren::StrayChildren(Loop& loop)
    : again_(loop, [this] { reap(); }), ended_(loop, SIGCHLD, [this] { reap(); }) {
  again_.start(0);  // those that ended before
}

void StrayChildren::reap() {
  if (reap_strays()) again_.start(kAgainMs);
}

}  // namespace inlet53::net
