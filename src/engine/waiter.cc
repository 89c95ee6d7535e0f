#include "engine/waiter.h"

#include "base/memory_count.h"

namespace zedis::engine {

Waiter::Waiter(Context& ctx, Args arguments, const WaitRequest& request, std::uint64_t its_number)
    : number(its_number),
      command(*ctx.command),
      what(request.what),
      deadline_ms(request.deadline_ms),
      timed_out(request.timed_out),
      database(ctx.session->database.Get()),
      protocol(ctx.session->protocol.Get()),
      session_id(ctx.session->id),
      no_touch(ctx.session->no_touch),
      is_silent(ctx.session->reply_mode != ReplyMode::kOn),
      address(AddressOf(ctx, *ctx.session)) {
  std::size_t bytes = 0;
  for (const std::string_view argument : arguments) bytes += argument.size();
  text_.reserve(bytes);
  args_.reserve(arguments.size());
  for (const std::string_view argument : arguments) {
    args_.emplace_back(text_.data() + text_.size(), argument.size());
    text_.append(argument);
  }
  places_.resize(arguments.size());
  ForEachKey(*command.row, args_, [&](std::size_t i, const KeySpec&) {
    places_[i].hash = ctx.keys[i].hash;  // without the hint, which is for now
    shards_.push_back(static_cast<std::uint16_t>(ctx.keyspace.ShardOf(places_[i].hash)));
  });
  keys_.reserve(request.keys);
  for (std::size_t i = request.first_key; i < request.first_key + request.keys; ++i) {
    keys_.push_back({args_[i], places_[i].hash, {}});
  }
  base::MemoryCount::AddClient(Bytes());
}

Waiter::~Waiter() { base::MemoryCount::AddClient(-Bytes()); }

std::ptrdiff_t Waiter::Bytes() const {
  constexpr std::size_t kBytesInQueue = 160;
  return static_cast<std::ptrdiff_t>(sizeof *this + text_.capacity() + args_.capacity() * sizeof(std::string_view) +
                                     places_.capacity() * sizeof(KeyPlace) +
                                     shards_.capacity() * sizeof(std::uint16_t) +
                                     keys_.capacity() * (sizeof(store::Key) + kBytesInQueue));
}

bool Waiter::Wants(const store::Entry* entry) const {
  switch (what) {
    case WaitFor::kList:
      return entry != nullptr && entry->type() == store::Type::kList;
    case WaitFor::kSortedSet:
      return entry != nullptr && entry->type() == store::Type::kSortedSet;
    case WaitFor::kStream:
      return entry != nullptr && entry->type() == store::Type::kStream;
    case WaitFor::kGroup:
      return true;
  }
  return false;
}

}  // namespace zedis::engine
