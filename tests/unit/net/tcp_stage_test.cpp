// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <utility>

#include "tcp_connection.h"
#include <gtest/gtest.h>

namespace inlet53::net {
namespace {

using Stage = TcpStage;
using Event = TcpEvent;

constexpr Stage kStages[] = {Stage::Open,      Stage::HalfClosed, Stage::Draining, Stage::Finishing,
                             Stage::Lingering, Stage::Ending,     Stage::Ended};
constexpr Event kEvents[] = {Event::PeerFinished, Event::ClientFinished, Event::AllSent,
                             Event::Failed, Event::HandedBack};

// Follows the diagram of the header; other events change nothing.
TEST(TcpStage, FollowsItsDiagram) {
  const std::map<std::pair<Stage, Event>, Stage> diagram = {
      {{Stage::Open, Event::PeerFinished}, Stage::HalfClosed},
      {{Stage::Open, Event::ClientFinished}, Stage::Draining},
      {{Stage::Open, Event::Failed}, Stage::Ending},
      {{Stage::HalfClosed, Event::ClientFinished}, Stage::Finishing},
      {{Stage::HalfClosed, Event::Failed}, Stage::Ending},
      {{Stage::Draining, Event::AllSent}, Stage::Lingering},
      {{Stage::Draining, Event::Failed}, Stage::Ending},
      {{Stage::Finishing, Event::AllSent}, Stage::Ending},
      {{Stage::Finishing, Event::Failed}, Stage::Ending},
      {{Stage::Lingering, Event::PeerFinished}, Stage::Ending},
      {{Stage::Lingering, Event::Failed}, Stage::Ending},
      {{Stage::Ending, Event::HandedBack}, Stage::Ended},
  };
  for (const Stage stage : kStages) {
    for (const Event event : kEvents) {
      const auto found = diagram.find({stage, event});
      EXPECT_EQ(next_stage(stage, event), found == diagram.end() ? stage : found->second)
          << static_cast<int>(stage) << ' ' << static_cast<int>(event);
    }
  }
}

}  // namespace
}  // namespace inlet53::net
