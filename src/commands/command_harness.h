// Runs commands in process, for unit tests of families: a keyspace, one client, a clock that stands still, and a record
// of what went through the door.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "commands/tables.h"
#include "engine/dispatch.h"
#include "engine/watches.h"

namespace zedis::commands {

class CommandHarness : private engine::Gate, private engine::WriteObserver {
 public:
  CommandHarness() : keyspace_(2, 16, 0x1234567), table_(keyspace_, false), registry_(AllTables()) {
    door_.AddObserver(*this);
    door_.AddObserver(watches_, engine::WriteDoor::Hears::kOnInterest);
    ctx_.watches = &watches_;
    ctx_.session = &session_;
    SetTime(1'700'000'000'000);
  }

  // Replies as they go over the wire; attached bytes are put in their place, and given back.
  std::string Run(std::initializer_list<std::string_view> arguments) {
    RunOnly(arguments);
    std::string reply;
    std::size_t from = 0;
    for (const resp::Attachment& attachment : output_.Attachments()) {
      reply += output_.Bytes().substr(from, attachment.Offset() - from);
      reply += attachment.Bytes();
      from = attachment.Offset();
    }
    reply += output_.Bytes().substr(from);
    output_.Clear();
    return reply;
  }

  // Leaves the reply in output(), as if its socket were full.
  void RunOnly(std::initializer_list<std::string_view> arguments) {
    const std::vector<std::string_view> args(arguments);
    const engine::ResolvedCommand* command = dispatcher_.Lookup(args);
    std::vector<engine::KeyPlace> keys(args.size());
    if (command != nullptr) dispatcher_.HashKeys(*command, args, keyspace_.seed(), keys.data());
    dispatcher_.Run(ctx_, command, args, keys.data());
  }
  resp::OutputBuffer& output() { return output_; }

  // "event key" of all changes since the last call, in their order.
  std::vector<std::string> TakeEvents() { return std::exchange(events_, {}); }

  void SetTime(std::int64_t now_ms) { ctx_.SetTime(now_ms); }
  void Sleep(std::int64_t ms) { SetTime(ctx_.now_ms + ms); }
  std::int64_t now_ms() const { return ctx_.now_ms; }
  base::Tunables& tunables() { return tunables_; }
  engine::WorkerStats& stats() { return stats_; }
  engine::Context& context() { return ctx_; }

 private:
  engine::Outcome Decide(engine::Context&, engine::Args, std::uint32_t) override { return engine::Done(); }
  void OnChange(engine::Context&, const engine::Change& change) override {
    events_.push_back(fmt::format("{} {}", change.event.name, change.key.bytes));
  }
  void OnMiss(engine::Context& ctx, const engine::Change& what) override { OnChange(ctx, what); }

  store::Keyspace keyspace_;
  engine::LockTable table_;
  base::Tunables tunables_;
  engine::WriteDoor door_;
  engine::Watches watches_{keyspace_, door_};
  engine::Registry registry_;
  engine::WorkerStats stats_;
  engine::Host host_;
  resp::OutputBuffer output_;
  engine::Session session_;
  engine::Context ctx_{table_, tunables_, door_, registry_, stats_, host_, output_};
  engine::Dispatcher dispatcher_{registry_, *this};
  std::vector<std::string> events_;
};

}  // namespace zedis::commands
