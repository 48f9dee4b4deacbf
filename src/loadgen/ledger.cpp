#include "ledger.h"

#include <cstring>

namespace inlet53::loadgen {

namespace {

// How many queries ahead a question is fetched: some hundred nanoseconds at full speed.
constexpr uint64_t kAhead = 4;

// Id to be filled in; QUERY with RD; one question.
constexpr uint8_t kQueryHeader[dns::kHeaderSize] = {0, 0, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0};

// QR is set, the opcode is QUERY, there is one question.
bool is_response(Bytes message) noexcept {
  return message.size() > dns::kHeaderSize && (message[2] & 0xF8) == 0x80 &&
         load_be16(&message[4]) == 1;
}

}  // namespace

Ledger::Ledger(const Workload& workload, const Options& options)
    : workload_(workload), options_(options), table_(options.channels, options.slots) {}

Ledger::Composed Ledger::compose(size_t channel, uint64_t now, uint8_t* out) noexcept {
  const uint64_t serial = tally_.sent;
  const auto id = table_.add(channel, {serial, now});
  if (!id) return {};
  workload_.prefetch(serial + kAhead);
  std::memcpy(out, kQueryHeader, sizeof kQueryHeader);
  store_be16(out, *id);
  const size_t question = workload_.write_question(serial, out + dns::kHeaderSize);
  if (is_behind(serial, now)) ++tally_.behind;
  ++tally_.sent;
  return {dns::kHeaderSize + question, *id};
}

void Ledger::take_back(size_t channel, uint16_t id) noexcept {
  const InFlightTable::Found found = table_.find(channel, id);
  if (is_behind(found.query.serial, found.query.sent_ns)) --tally_.behind;
  table_.remove(channel, id);
  --tally_.sent;
}

void Ledger::settle(size_t channel, Bytes message, uint64_t now) noexcept {
  if (!is_response(message)) {
    ++tally_.wrong;
    return;
  }
  const uint16_t id = load_be16(message.data());
  const InFlightTable::Found found = table_.find(channel, id);
  if (found.state == InFlightTable::State::Free ||
      !workload_.matches(found.query.serial, message.subspan(dns::kHeaderSize))) {
    ++tally_.wrong;
    return;
  }
  table_.remove(channel, id);
  if (found.state == InFlightTable::State::Expired) {
    ++tally_.late;
  } else {
    count_answer(found.query, message, now);
  }
}

void Ledger::count_answer(const InFlightTable::Query& query, Bytes message, uint64_t now) noexcept {
  const uint64_t start =
      pace_ ? pace_->latency_start_ns(query.serial, query.sent_ns) : query.sent_ns;
  tally_.latency.record(now > start ? now - start : 0);
  ++tally_.answered;
  ++tally_.rcodes[message[3] & 0x0F];
  if ((message[2] & 0x02) != 0) ++tally_.truncated;
  last_answer_ns_ = now;
}

void Ledger::expire(uint64_t now) noexcept {
  if (now > options_.timeout_ns) tally_.lost += table_.expire_before(now - options_.timeout_ns);
}

void Ledger::end_channel(size_t channel) noexcept { tally_.lost += table_.clear(channel); }

}  // namespace inlet53::loadgen
