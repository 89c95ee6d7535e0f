#include "engine/evictor.h"

#include <algorithm>

#include "base/hash_index_walk.h"

namespace zedis::engine {

using base::MaxmemoryPolicy;

Evictor::Evictor(Context& ctx, base::TimeBudget::Clock clock) : ctx_(ctx), clock_(clock) {}

bool Evictor::VolatileOnly() const {
  switch (policy()) {
    case MaxmemoryPolicy::kVolatileLru:
    case MaxmemoryPolicy::kVolatileLfu:
    case MaxmemoryPolicy::kVolatileRandom:
    case MaxmemoryPolicy::kVolatileTtl:
      return true;
    case MaxmemoryPolicy::kAllkeysLru:
    case MaxmemoryPolicy::kAllkeysLfu:
    case MaxmemoryPolicy::kAllkeysRandom:
    case MaxmemoryPolicy::kNoEviction:
      return false;
  }
  return false;
}

bool Evictor::Run(const base::TimeBudget& budget) {
  if (policy() == MaxmemoryPolicy::kNoEviction) return false;
  for (;;) {
    const MemoryState state = MemoryState::Look(ctx_.tunables, ctx_.keyspace);
    if (!state.IsShort()) return false;
    const std::int64_t excess = state.Excess(0);
    if (excess <= 0) return false;
    if (budget.Spent()) return true;
    if (!Free(std::min(excess, kBytesPerRound), budget)) return false;
  }
}

bool Evictor::MakeRoom(std::size_t bytes) {
  const auto wanted = static_cast<std::int64_t>(bytes);
  MemoryState state = MemoryState::Look(ctx_.tunables, ctx_.keyspace);
  if (state.Fits(wanted)) return true;
  if (wanted > state.limit) return false;
  if (tick_ms_ != ctx_.now_ms) {
    tick_ms_ = ctx_.now_ms;
    make_room_us_left_ = kMakeRoomUsPerTick;
  }
  const std::int64_t begin_us = clock_();
  const base::TimeBudget budget(make_room_us_left_, clock_);
  while (!state.Fits(wanted) && !budget.Spent()) {
    const std::int64_t excess = state.Excess(wanted);
    const bool freed = excess > 0 && Free(std::min(excess, kBytesPerRound), budget);
    if (!freed && !CompactSlice()) break;
    state = MemoryState::Look(ctx_.tunables, ctx_.keyspace);
  }
  make_room_us_left_ -= clock_() - begin_us;
  return state.Fits(wanted);
}

store::Compaction::Threshold Evictor::CompactionWanted() const {
  using Threshold = store::Compaction::Threshold;
  constexpr std::size_t kPage = base::Arena::kPageBytes;
  const MemoryState state = MemoryState::Look(ctx_.tunables, ctx_.keyspace);
  if (!state.IsShort()) return store::Compaction::kUsual;
  if (!state.Fits(0)) return Threshold{.min_bytes = kPage, .one_in = std::size_t{1} << 20};
  if (state.used > (state.ahead() + state.limit) / 2) return Threshold{.min_bytes = 4 * kPage, .one_in = 128};
  return Threshold{.min_bytes = 16 * kPage, .one_in = 64};
}

// --- freeing ---

bool Evictor::Free(std::int64_t bytes, const base::TimeBudget& budget) {
  freed_ = 0;
  const int shards = ctx_.keyspace.shards();
  // What commands have left to be freed is as good as free: no key has to go for it.
  for (int shard = 0; shard < shards && freed_ < bytes; ++shard) {
    while (FreeGarbage(shard) && freed_ < bytes) {
      if (budget.Spent()) return true;
    }
  }
  if (policy() == MaxmemoryPolicy::kNoEviction) return freed_ > 0;
  if (pool_policy_ != policy()) {
    pool_.Clear();
    pool_policy_ = policy();
  }
  int barren = 0;
  while (freed_ < bytes) {
    if (budget.Spent()) return true;
    barren = SampleShard(next_shard_) ? 0 : barren + 1;
    if (++next_shard_ >= shards) next_shard_ = 0;
    const int shard = EvictBest();
    while (shard >= 0 && FreeGarbage(shard)) {
      if (budget.Spent()) return true;
    }
    if (barren >= shards && pool_.empty()) return freed_ > 0;
  }
  return true;
}

// Measures what one step frees: blocks of the shard's arena, and what lies beside it.
class Evictor::Measure {
 public:
  Measure(const base::Arena& arena, std::int64_t& freed) : arena_(arena), freed_(freed), before_(Live()) {}
  ~Measure() { freed_ += before_ - Live(); }
  Measure(const Measure&) = delete;
  Measure& operator=(const Measure&) = delete;

 private:
  std::int64_t Live() const {
    return base::MemoryCount::OwnBytes() + static_cast<std::int64_t>(arena_.used_bytes()) -
           static_cast<std::int64_t>(arena_.page_bytes());
  }
  const base::Arena& arena_;
  std::int64_t& freed_;
  const std::int64_t before_;
};

// One slice. True if more is left.
bool Evictor::FreeGarbage(int number) {
  if (!ctx_.locks.TryLockOne(number)) return false;
  store::Shard& shard = ctx_.keyspace.shard(number);
  bool more = false;
  if (!shard.garbage.empty()) {
    const Measure measure(shard.arena, freed_);
    more = shard.garbage.FreeSlice();
  }
  ctx_.locks.UnlockOne(number);
  return more;
}

// Returns the shard of the key that was evicted, or -1.
int Evictor::EvictBest() {
  while (const std::optional<EvictionCandidate> best = pool_.Take()) {
    const int number = ctx_.keyspace.ShardOf(best->hash);
    if (!ctx_.locks.TryLockOne(number)) continue;
    store::Database& database = ctx_.keyspace.database(number, best->database);
    const auto& index = database.index();
    const Slot slot =
        index.Find(best->hash, [&](const char* block) { return index.traits().Hash(block) == best->hash; });
    const bool still_best = slot && Score(*database.At(slot)) >= best->score;
    if (still_best) {
      const Measure measure(ctx_.keyspace.shard(number).arena, freed_);
      const store::Entry& entry = *database.At(slot);
      const store::Key key{entry.key(), best->hash};
      entry.ExpiredAt(ctx_.now_ms) ? ctx_.Expire(key, best->database, slot) : ctx_.Evict(key, best->database, slot);
    }
    ctx_.locks.UnlockOne(number);
    if (still_best) return number;
  }
  return -1;
}

// A slice of compaction where it promises most. False if it promises nothing anywhere.
bool Evictor::CompactSlice() {
  store::Keyspace& keyspace = ctx_.keyspace;
  int best = -1;
  std::size_t most = base::Arena::kPageBytes - 1;
  for (int i = 0; i < keyspace.shards(); ++i) {
    const store::Shard& shard = keyspace.shard(i);
    const std::size_t gain = shard.compaction.running() ? SIZE_MAX : shard.compaction.GainableBytes(shard.arena);
    if (gain <= most) continue;
    most = gain;
    best = i;
  }
  if (best < 0) return false;
  if (!ctx_.locks.TryLockOne(best)) return true;
  keyspace.shard(best).compaction.Slice(keyspace, best);
  ctx_.locks.UnlockOne(best);
  return true;
}

// --- choosing ---

bool Evictor::SampleShard(int shard) {
  if (!ctx_.locks.TryLockOne(shard)) return true;
  const int database = ChooseDatabase(shard);
  if (database >= 0) SampleDatabase(shard, database);
  ctx_.locks.UnlockOne(shard);
  return database >= 0;
}

// By chance, as often as it has keys that may go. -1: none has any.
int Evictor::ChooseDatabase(int shard) {
  const bool volatile_only = VolatileOnly();
  const auto keys = [&](int number) {
    const store::Database& database = ctx_.keyspace.database(shard, number);
    return volatile_only ? database.volatile_keys() : database.size();
  };
  std::size_t total = 0;
  for (int i = 0; i < ctx_.keyspace.databases(); ++i) total += keys(i);
  if (total == 0) return -1;
  std::size_t left = ctx_.Random() % total;
  int chosen = 0;
  while (left >= keys(chosen)) left -= keys(chosen++);
  return chosen;
}

void Evictor::SampleDatabase(int shard, int number) {
  const store::Database& database = ctx_.keyspace.database(shard, number);
  const auto& index = database.index();
  const base::IndexWalk walk(index);
  const int count =
      static_cast<int>(std::min<std::int64_t>(ctx_.tunables.maxmemory_samples.Get(), decltype(walk)::kSampleMax));
  int found = 0;
  const auto offer = [&](Slot slot) {
    const store::Entry& entry = *database.At(slot);
    if (VolatileOnly() && !entry.has_ttl()) return;  // only fields of its value have a time
    ++found;
    pool_.Offer({Score(entry), index.traits().Hash(reinterpret_cast<const char*>(&entry)), number});
  };
  if (!VolatileOnly()) return walk.Sample(count, [&] { return ctx_.Random(); }, offer);
  // Where keys with a time to live are rare, the way to the next one may be longer than one look; it goes on elsewhere.
  const std::uint64_t from = ctx_.Random() & (base::kPositionEnd - 1);
  const std::uint64_t end = walk.SampleMarked(from, count, offer);
  if (found == 0 && end >= base::kPositionEnd) walk.SampleMarked(0, count, offer);
}

// How well the policy can do without an entry; 0 if it must not go.
std::uint64_t Evictor::Score(const store::Entry& entry) const {
  if (VolatileOnly() && !entry.has_ttl()) return 0;
  if (entry.ExpiredAt(ctx_.now_ms)) return UINT64_MAX;
  switch (policy()) {
    case MaxmemoryPolicy::kVolatileLru:
    case MaxmemoryPolicy::kAllkeysLru:
      return 1 + static_cast<std::uint64_t>(store::IdleSeconds(entry.access(), ctx_.now_ms));
    case MaxmemoryPolicy::kVolatileLfu:
    case MaxmemoryPolicy::kAllkeysLfu:
      return 256 - store::AccessFrequency(entry.access(), ctx_.now_ms, ctx_.tunables);
    case MaxmemoryPolicy::kVolatileTtl:
      return static_cast<std::uint64_t>(INT64_MAX - entry.expire_at_ms()) + 1;
    case MaxmemoryPolicy::kVolatileRandom:
    case MaxmemoryPolicy::kAllkeysRandom:
      return 1;  // all alike: what was sampled last goes
    case MaxmemoryPolicy::kNoEviction:
      return 0;
  }
  return 0;
}

}  // namespace zedis::engine
