#include "engine/batch.h"

namespace zedis::engine {

inline void Batch::AddProbe(const Session& session, std::uint64_t hash) {
  if (probe_count_ == kProbesMax) return;
  const store::Keyspace& keyspace = context_.keyspace;
  probes_[probe_count_++] = {
      &keyspace.database(keyspace.ShardOf(hash), session.database.Get()).index(), hash, {nullptr}};
}

void Batch::Add(Session& session, std::size_t first_argument, std::size_t argument_count) {
  const Args args = arguments_.Slice(first_argument, argument_count);
  const ResolvedCommand* command = dispatcher_.Lookup(args);
  items_[size_++] = {&session,
                     command,
                     static_cast<std::uint32_t>(first_argument),
                     static_cast<std::uint32_t>(argument_count),
                     0,
                     static_cast<std::uint16_t>(probe_count_)};
  if (hashes_.size() < arguments_.Size()) [[unlikely]]
    hashes_.resize(std::max<std::size_t>(arguments_.Size() * 2, 1024));
  if (command == nullptr || command->shape == ResolvedCommand::KeyShape::kNone) return;
  std::uint64_t* hashes = hashes_.data() + first_argument;
  if (command->shape == ResolvedCommand::KeyShape::kOne) [[likely]] {
    const auto key = static_cast<std::size_t>(command->first);
    if (key >= argument_count) return;
    const std::uint64_t hash = hashes[key] = base::HashBytes(args[key], context_.keyspace.seed());
    AddProbe(session, hash);
    items_[size_ - 1].probes_end = static_cast<std::uint16_t>(probe_count_);
    return;
  }
  const std::size_t first_key = Dispatcher::HashKeys(*command, args, context_.keyspace.seed(), hashes);
  if (first_key != 0) AddProbes(session, *command, args, hashes, first_key);
  items_[size_ - 1].probes_end = static_cast<std::uint16_t>(probe_count_);
}

void Batch::AddProbes(const Session& session, const ResolvedCommand& command, Args args, const std::uint64_t* hashes,
                      std::size_t first_key) {
  const bool several = command.shape == ResolvedCommand::KeyShape::kRange;
  const auto count = static_cast<std::ptrdiff_t>(args.size());
  const std::ptrdiff_t last = !several            ? static_cast<std::ptrdiff_t>(first_key)
                              : command.last >= 0 ? std::min<std::ptrdiff_t>(command.last, count - 1)
                                                  : count + command.last;
  for (auto i = static_cast<std::ptrdiff_t>(first_key); i <= last; i += command.step) AddProbe(session, hashes[i]);
}

void Batch::AddProtocolError(Session& session, std::string text) {
  errors_.push_back(std::move(text));
  items_[size_++] = {
      &session, nullptr, 0, 0, static_cast<std::uint16_t>(errors_.size()), static_cast<std::uint16_t>(probe_count_)};
}

// Takes each stage one step: `group` is the one whose entries are fetched; those behind it are in earlier stages.
void Batch::Prefetch(std::ptrdiff_t group) {
  const auto for_group = [&](std::ptrdiff_t number, auto stage) {
    if (number < 0) return;
    const std::size_t begin = static_cast<std::size_t>(number) * kGroupProbes;
    const std::size_t end = std::min(begin + kGroupProbes, probe_count_);
    for (std::size_t i = begin; i < end; ++i) stage(probes_[i]);
  };
  for_group(group + 3, [](Probe& probe) { probe.index->PeekDirectory(probe.hash); });
  for_group(group + 2, [](Probe& probe) { probe.segment = probe.index->PeekSegment(probe.hash); });
  for_group(group + 1, [](Probe& probe) {
    if (probe.segment != nullptr) probe.bucket = probe.index->PeekBucket(probe.segment, probe.hash);
  });
  for_group(group, [](Probe& probe) {
    if (probe.bucket != nullptr) probe.index->PeekEntry(probe.bucket, probe.hash);
  });
}

void Batch::RunItem(const Item& item) {
  Session& session = *item.session;
  resp::OutputBuffer& output = context_.reply.Output();
  context_.session = &session;
  context_.reply = resp::Reply(output, session.protocol.Get());
  if (item.error != 0) [[unlikely]] {
    ++context_.stats.protocol_errors;
    context_.ReplyError(errors_[item.error - 1]);
    session.close_after_reply = true;
    return;
  }
  const std::size_t before = output.Size();
  if (session.reply_mode == ReplyMode::kSkipNext) [[unlikely]]
    session.reply_mode = ReplyMode::kSkipThis;
  dispatcher_.Run(context_, item.command, arguments_.Slice(item.first_argument, item.argument_count),
                  hashes_.data() + item.first_argument);
  if (session.reply_mode != ReplyMode::kOn) [[unlikely]] {
    // CLIENT REPLY ON has switched it on again and answers; everything else is silent, after SKIP for one command.
    output.Truncate(before);
    if (session.reply_mode == ReplyMode::kSkipThis) session.reply_mode = ReplyMode::kOn;
  }
}

void Batch::Run() {
  spans_.clear();
  // Fills the pipeline: the entries of the first two groups are on their way when the first request runs.
  std::ptrdiff_t fetched = -3;
  while (fetched < 2) Prefetch(fetched++);
  resp::OutputBuffer& output = context_.reply.Output();
  const Item* const end = items_.data() + size_;
  for (const Item* item = items_.data(); item != end;) {
    Session* session = item->session;
    const std::size_t begin = output.Size();
    std::uint64_t commands = 0;
    for (; item != end && item->session == session; ++item) {
      while (item->probes_end > static_cast<std::size_t>(fetched - 1) * kGroupProbes) Prefetch(fetched++);
      if (session->close_after_reply) continue;
      RunItem(*item);
      ++commands;
    }
    session->commands.Add(commands);
    session->last_interaction_ms.Set(context_.now_ms);
    spans_.push_back({session, begin, output.Size()});
  }
  size_ = 0;
  probe_count_ = 0;
  errors_.clear();
  arguments_.Clear();
}

}  // namespace zedis::engine
