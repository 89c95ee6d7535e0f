#include "server/tracking.h"

#include <algorithm>
#include <optional>
#include <string>

#include "engine/arguments.h"
#include "engine/transaction.h"
#include "server/session_fields.h"

namespace zedis::server {

using engine::Context;
using engine::Session;

namespace {

void ShowState(Session& session, const TrackingState* state) {
  const bool is_broadcast = state != nullptr && state->options.mode == TrackingMode::kBroadcast;
  session.is_tracked = state != nullptr && !is_broadcast;
  Show(session, Session::kShowTracking, state != nullptr);
  Show(session, Session::kShowBroadcast, is_broadcast);
  Show(session, Session::kShowBrokenRedirect, false);
  session.shown_redirect.Set(state == nullptr ? -1 : static_cast<std::int64_t>(state->options.redirect_id));
}

// Of a key of which only the hash is known: its name, in whichever database it is. Nothing if it is gone.
std::optional<std::string> NameOf(const store::Keyspace& keyspace, std::uint64_t hash) {
  const int shard = keyspace.ShardOf(hash);
  for (int number = 0; number < keyspace.databases(); ++number) {
    const store::Database& database = keyspace.database(shard, number);
    const auto slot = database.index().Find(hash, {}, [&](const char* block) {
      return base::HashBytes(reinterpret_cast<const store::Entry*>(block)->key(), keyspace.seed()) == hash;
    });
    if (slot) return std::string(database.At(slot)->key());
  }
  return std::nullopt;
}

}  // namespace

Tracking::Tracking(const Parts& parts)
    : keyspace_(parts.keyspace),
      tunables_(parts.tunables),
      door_(parts.door),
      post_(parts.clients),
      turns_(static_cast<std::size_t>(parts.workers)) {
  const auto parts_of_each = static_cast<std::size_t>(std::max(1, kPartsOfTables / keyspace_.shards()));
  for (int shard = 0; shard < keyspace_.shards(); ++shard) tables_.emplace_back(parts_of_each);
  door_.AddObserver(*this, engine::WriteDoor::Hears::kOnInterest);
}

bool Tracking::Start(Context& ctx, TrackingOptions options) {
  Session& session = *ctx.session;
  TrackingState* state = TrackingState::Kept(session);
  const std::optional<ClientNumber> number = post_.Join(ctx, options, state == nullptr ? 0 : state->number);
  if (!number) return false;
  if (state == nullptr) {
    session.tracking = std::make_unique<TrackingState>();
    state = TrackingState::Kept(session);
    state->number = *number;
    door_.AddInterest();
  }
  if (state->is_on) {
    const std::vector<std::string>& kept = state->options.prefixes;
    options.prefixes.insert(options.prefixes.begin(), kept.begin(), kept.end());
    if (state->options.mode == TrackingMode::kBroadcast) broadcast_.Leave(*number);
  }
  state->is_on = true;
  state->is_broken = false;
  state->options = std::move(options);
  if (state->options.mode == TrackingMode::kBroadcast) broadcast_.Join(*number, state->options.prefixes);
  ShowState(session, state);
  return true;
}

void Tracking::Stop(Session& session) {
  TrackingState* state = TrackingState::Of(session);
  if (state == nullptr) return;
  // What the tables know of it goes when its keys change or are evicted: nobody has the number any more.
  post_.Leave(state->number);
  if (state->options.mode == TrackingMode::kBroadcast) broadcast_.Leave(state->number);
  state->is_on = false;
  state->caching_given = false;
  state->options = {};
  ShowState(session, nullptr);
}

// Until now changes were observed, so that the tables forget what has changed while tracking was off.
void Tracking::End(Session& session) {
  if (session.tracking == nullptr) return;
  Stop(session);
  session.tracking.reset();
  door_.RemoveInterest();
}

void Tracking::OnCommand(Context& ctx, const engine::ResolvedCommand& command, engine::Args args) {
  TrackingState* state = TrackingState::Of(*ctx.session);
  if (state == nullptr) return;
  if ((command.flags & engine::kReadonly) != 0 && state->WantsWhatItReads()) {
    engine::ForEachKey(*command.row, args, [&](std::size_t i, const engine::KeySpec& spec) {
      if ((spec.flags & engine::kKeyNotKey) == 0) Note(ctx, ctx.KeyAt(args, i), state->number);
    });
  }
  // CLIENT CACHING is for the next command, other words with the server about the client left aside, or transaction.
  const engine::Transaction* transaction = ctx.session->transaction.get();
  const bool in_transaction = transaction != nullptr && transaction->open();
  if (!in_transaction && !command.row->name.starts_with("client|")) state->caching_given = false;
}

void Tracking::Count(const TrackingTable& table, std::size_t keys, std::size_t items) {
  keys_.fetch_add(static_cast<std::int64_t>(table.keys() - keys), std::memory_order_relaxed);
  items_.fetch_add(static_cast<std::int64_t>(table.items() - items), std::memory_order_relaxed);
}

void Tracking::Note(Context& ctx, const store::Key& key, ClientNumber number) {
  const int shard = keyspace_.ShardOf(key);
  TrackingTable& table = tables_[static_cast<std::size_t>(shard)];
  const std::size_t keys_before = table.keys();
  const std::size_t items_before = table.items();
  table.Add(key.hash, number);
  Count(table, keys_before, items_before);
  const std::int64_t most = tunables_.tracking_table_max_keys.Get();
  for (int i = 0; i < kEvictedPerReadMax && most != 0 && keys() > most && table.keys() != 0; ++i) EvictOne(ctx, shard);
}

// There are more keys than `tracking-table-max-keys` allows: clients forget one of this shard, of which the lock is
// held. If its name is not known any more, they have to forget everything.
void Tracking::EvictOne(Context& ctx, int shard) {
  TrackingTable& table = tables_[static_cast<std::size_t>(shard)];
  const std::size_t keys_before = table.keys();
  const std::size_t items_before = table.items();
  ForgottenKeys forgotten;
  bool is_named = false;
  table.TakeAny(ctx.Random(), [&](std::uint64_t hash, ClientNumber client) {
    if (!is_named) {
      const std::optional<std::string> name = NameOf(keyspace_, hash);
      if (name) forgotten = OneForgottenKey(*name);
      is_named = true;
    }
    post_.Tell(ctx, client, 0, forgotten);
  });
  Count(table, keys_before, items_before);
}

Tracking::Turn& Tracking::TurnOf(const Context& ctx) {
  for (std::size_t i = 0; i < ctx.desks.size(); ++i) {
    if (ctx.desks[i] == ctx.desk) return turns_[i];
  }
  return turns_[0];
}

void Tracking::OnChange(Context& ctx, const engine::Change& change) {
  if (!change.event.new_value) return;
  const std::uint64_t changer = ctx.session == nullptr ? 0 : ctx.session->id;
  TrackingTable& table = tables_[static_cast<std::size_t>(keyspace_.ShardOf(change.key))];
  if (table.keys() != 0) {
    const std::size_t keys_before = table.keys();
    const std::size_t items_before = table.items();
    ForgottenKeys forgotten;
    table.Take(change.key.hash, [&](ClientNumber client) {
      if (forgotten == nullptr) forgotten = OneForgottenKey(change.key.bytes);
      post_.Tell(ctx, client, changer, forgotten);
    });
    Count(table, keys_before, items_before);
  }
  if (broadcast_.has_listeners()) TurnOf(ctx).changed.try_emplace(std::string(change.key.bytes), changer);
}

void Tracking::OnFlush(Context& ctx, int) { ForgetAll(ctx); }

// Redis says nothing here, and clients keep what is not true any more.
void Tracking::OnSwap(Context& ctx, int, int) { ForgetAll(ctx); }

// Under all locks. Clients are told to forget all, whatever the database, so nothing needs to be known of what they
// had.
void Tracking::ForgetAll(Context& ctx) {
  for (TrackingTable& table : tables_) {
    if (table.keys() == 0) continue;
    const std::size_t keys_before = table.keys();
    const std::size_t items_before = table.items();
    table.Clear();
    Count(table, keys_before, items_before);
  }
  TurnOf(ctx).forget_all = true;
}

void Tracking::OnTurn(Context& ctx) {
  Turn& turn = TurnOf(ctx);
  if (turn.forget_all) {
    turn.forget_all = false;
    post_.TellAll(ctx, nullptr);
  }
  if (!turn.changed.empty()) {
    broadcast_.Tell(ctx, post_, turn.changed);
    turn.changed.clear();
  }
}

}  // namespace zedis::server
