#include "engine/batch.h"

#include <fmt/format.h>

#include <iterator>

namespace zedis::engine {

inline void Batch::AddProbe(const Session& session, std::size_t argument) {
  if (probe_count_ == kProbesMax) return;
  const store::Keyspace& keyspace = context_.keyspace;
  const int shard = keyspace.ShardOf(keys_[argument].hash);
  Probe& probe = probes_[probe_count_++];
  probe.index = &keyspace.database(shard, session.database.Get()).index();
  probe.argument = static_cast<std::uint32_t>(argument);
}

void Batch::Add(Session& session, std::size_t first_argument, std::size_t argument_count) {
  const Args args = arguments_.Slice(first_argument, argument_count);
  const ResolvedCommand* command = dispatcher_.Lookup(args);
  Item& item = items_[size_++];
  item = {&session,
          command,
          static_cast<std::uint32_t>(first_argument),
          static_cast<std::uint32_t>(argument_count),
          0,
          static_cast<std::uint16_t>(probe_count_)};
  if (keys_.size() < arguments_.Size()) [[unlikely]]
    keys_.resize(std::max<std::size_t>(arguments_.Size() * 2, 1024));
  if (command == nullptr) return;
  if (command->shape == ResolvedCommand::KeyShape::kOne) [[likely]] {
    const auto key = static_cast<std::size_t>(command->first);
    if (key >= argument_count) return;
    keys_[first_argument + key] = {base::HashBytes(args[key], context_.keyspace.seed()), {}};
    AddProbe(session, first_argument + key);
  } else if (command->shape != ResolvedCommand::KeyShape::kNone) {
    const std::size_t first_key =
        Dispatcher::HashKeys(*command, args, context_.keyspace.seed(), keys_.data() + first_argument);
    if (first_key != 0) AddProbes(session, *command, first_argument, argument_count, first_key);
  }
  item.probes_end = static_cast<std::uint16_t>(probe_count_);
}

void Batch::AddProbes(const Session& session, const ResolvedCommand& command, std::size_t first_argument,
                      std::size_t argument_count, std::size_t first_key) {
  const bool several = command.shape == ResolvedCommand::KeyShape::kRange;
  const auto count = static_cast<std::ptrdiff_t>(argument_count);
  const std::ptrdiff_t last = !several            ? static_cast<std::ptrdiff_t>(first_key)
                              : command.last >= 0 ? std::min<std::ptrdiff_t>(command.last, count - 1)
                                                  : count + command.last;
  for (auto i = static_cast<std::ptrdiff_t>(first_key); i <= last; i += command.step) {
    AddProbe(session, first_argument + static_cast<std::size_t>(i));
  }
}

void Batch::AddProtocolError(Session& session, std::string text) {
  errors_.push_back(std::move(text));
  items_[size_++] = {
      &session, nullptr, 0, 0, static_cast<std::uint16_t>(errors_.size()), static_cast<std::uint16_t>(probe_count_)};
}

// One step of the pipeline: one probe in each stage. Steps are spread over the requests that run meanwhile: as many at
// once as a processor can have under way would only queue.
inline void Batch::PrefetchStep() {
  const auto probe_at = [this](std::ptrdiff_t number) -> Probe* {
    return static_cast<std::size_t>(number) < probe_count_ ? &probes_[static_cast<std::size_t>(number)] : nullptr;
  };
  if (Probe* probe = probe_at(fetched_ + 3 * kStageProbes)) {
    KeyPlace& key = keys_[probe->argument];
    probe->segment = probe->index->PeekSegment(key.hash, key.hint.table);
  }
  if (const Probe* probe = probe_at(fetched_ + 2 * kStageProbes); probe != nullptr && probe->segment != nullptr) {
    KeyPlace& key = keys_[probe->argument];
    key.hint.bucket = probe->index->PeekBucket(probe->segment, key.hash);
  }
  if (Probe* probe = probe_at(fetched_ + kStageProbes)) {
    KeyPlace& key = keys_[probe->argument];
    probe->entry = nullptr;
    if (key.hint.bucket != nullptr) {
      probe->entry = reinterpret_cast<const store::Entry*>(probe->index->PeekEntry(key.hint.bucket, key.hash));
    } else {
      key.hint = {};
    }
  }
  if (const Probe* probe = probe_at(fetched_); probe != nullptr && probe->entry != nullptr) probe->entry->PeekFar();
  ++fetched_;
}

[[gnu::always_inline]] inline bool Batch::RunItem(const Item& item) {
  Session& session = *item.session;
  resp::OutputBuffer& output = context_.reply.Output();
  if (session.pushes != nullptr) [[unlikely]]
    Outbox::EmitPushes(session, output);
  context_.session = &session;
  context_.reply = resp::Reply(output, session.protocol.Get());
  if (item.error != 0) [[unlikely]] {
    ++context_.stats.protocol_errors;
    context_.ReplyError(errors_[item.error - 1]);
    session.close_after_reply = true;
    return true;
  }
  context_.reply_begin = output.Size();
  const ReplyMode mode_before = session.reply_mode;
  if (session.reply_mode == ReplyMode::kSkipNext) [[unlikely]]
    session.reply_mode = ReplyMode::kSkipThis;
  dispatcher_.Run(context_, item.command, arguments_.Slice(item.first_argument, item.argument_count),
                  keys_.data() + item.first_argument);
  if (context_.postponed) [[unlikely]] {
    context_.postponed = false;
    session.reply_mode = mode_before;
    Keep(item);
    return false;
  }
  if (session.reply_mode != ReplyMode::kOn) [[unlikely]] {
    // CLIENT REPLY ON has switched it on again and answers; everything else is silent, after SKIP for one command.
    output.Truncate(context_.reply_begin);
    if (session.reply_mode == ReplyMode::kSkipThis) session.reply_mode = ReplyMode::kOn;
  }
  return true;
}

// The session's requests rest: this one is given back to its connection.
[[gnu::cold, gnu::noinline]] void Batch::Keep(const Item& item) {
  Session& session = *item.session;
  if (session.kept == nullptr) session.kept = std::make_unique<KeptRequests>();
  if (item.error != 0) {
    session.kept->protocol_error = errors_[item.error - 1];
    return;
  }
  std::string& requests = session.kept->requests;
  fmt::format_to(std::back_inserter(requests), "*{}\r\n", item.argument_count);
  for (const std::string_view argument : arguments_.Slice(item.first_argument, item.argument_count)) {
    fmt::format_to(std::back_inserter(requests), "${}\r\n{}\r\n", argument.size(), argument);
  }
}

bool Batch::Run() {
  spans_.clear();
  resp::OutputBuffer& output = context_.reply.Output();
  const auto enough = [&] { return output.Size() + context_.outbox.pushed_bytes() >= kOutputBytesAmple; };
  while (next_ != size_ && !enough()) {
    Session* const session = items_[next_].session;
    const std::size_t begin = output.Size();
    std::uint64_t commands = 0;
    if (session->killed.load(std::memory_order_relaxed)) [[unlikely]]
      session->close_after_reply = true;
    for (; next_ != size_ && items_[next_].session == session && !enough(); ++next_) {
      const Item& item = items_[next_];
      while (fetched_ < item.probes_end + kLastStageProbes) PrefetchStep();
      if (session->close_after_reply) continue;
      if (session->rests()) [[unlikely]] {
        Keep(item);
        continue;
      }
      if (RunItem(item)) ++commands;
    }
    if (session->pushes != nullptr) [[unlikely]]
      Outbox::EmitPushes(*session, output);
    session->commands.Add(commands);
    session->last_interaction_ms.Set(context_.now_ms);
    spans_.push_back({session, begin, output.Size()});
  }
  context_.session = nullptr;
  if (next_ != size_) return false;
  size_ = 0;
  probe_count_ = 0;
  next_ = 0;
  fetched_ = kFirstFetch;
  errors_.clear();
  arguments_.Clear();
  return true;
}

}  // namespace zedis::engine
