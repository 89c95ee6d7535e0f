// Transactions and watched keys, of several sessions of one worker and of two workers.
#include "engine/transaction.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/memory_count.h"
#include "engine/batch.h"
#include "engine/visit.h"
#include "engine/watches.h"

namespace zedis::engine {
namespace {

constexpr KeySpec kAllKeys[] = {{.flags = kKeyReadWrite, .last = -1}};
constexpr KeySpec kFirstKey[] = {{.flags = kKeyReadWrite}};

Outcome Put(Context& ctx, Args args) {
  for (std::size_t i = 1; i < args.size(); ++i) {
    const store::Key key = ctx.KeyAt(args, i);
    ctx.Put(key, store::Value::Near(store::Type::kString, "value"));
    ctx.Changed(key, {base::kNotifyString, "set"});
  }
  ctx.reply.Ok();
  return Done();
}
Outcome Show(Context& ctx, Args args) {
  ctx.reply.Integer(ctx.Find(ctx.KeyAt(args, 1)) != nullptr);
  return Done();
}
constexpr Error kNo{"NO never"};
Outcome Never(Context& ctx, Args) {
  ctx.reply.Ok();
  return kNo;
}
Outcome HoldsAll(Context& ctx, Args) {
  ctx.reply.Integer(ctx.locks.holds_all());
  return Done();
}
Outcome Switch(Context& ctx, Args args) {
  ctx.session->database.Set(args[1] == "1");
  ctx.reply.Ok();
  return Done();
}
Outcome Begin(Context& ctx, Args) {
  OpenTransaction(ctx, *ctx.session);
  return Done();
}
Outcome Run(Context&, Args) { return kNo; }
Outcome Leave(Context& ctx, Args) {
  EndTransaction(ctx, *ctx.session);
  return Done();
}
Outcome WatchAll(Context& ctx, Args args) {
  for (std::size_t i = 1; i < args.size(); ++i) Watch(ctx, *ctx.session, ctx.KeyAt(args, i));
  return Done();
}
bool WantsAll(Args args) { return args[1] == "all"; }

constexpr Command kCommands[] = {
    {.name = "put", .arity = AtLeast(1), .flags = kDenyOom, .keys = kAllKeys, .run = Put},
    {.name = "show", .arity = Exactly(1), .keys = kFirstKey, .run = Show},
    {.name = "never", .arity = Exactly(0), .locks = Locks::kNone, .run = Never},
    {.name = "all", .arity = AtLeast(0), .locks = Locks::kAll, .run = HoldsAll},
    {.name = "visit", .arity = AtLeast(0), .locks = Locks::kVisit, .run = HoldsAll},
    {.name = "maybe", .arity = Exactly(1), .keys = kFirstKey, .needs_all = WantsAll, .run = HoldsAll},
    {.name = "switch", .arity = Exactly(1), .locks = Locks::kNone, .run = Switch},
    {.name = "alone", .arity = Exactly(0), .flags = kNoMulti, .locks = Locks::kNone, .run = HoldsAll},
    {.name = "begin", .arity = Exactly(0), .locks = Locks::kNone, .run = Begin, .in_multi = InMulti::kAtOnce},
    {.name = "run", .arity = Exactly(0), .locks = Locks::kNone, .run = Run, .in_multi = InMulti::kExec},
    {.name = "leave", .arity = Exactly(0), .locks = Locks::kNone, .run = Leave, .in_multi = InMulti::kEnds},
    {.name = "watch", .arity = AtLeast(1), .keys = kAllKeys, .run = WatchAll, .in_multi = InMulti::kAtOnce},
};
constexpr std::span<const Command> kTables[] = {kCommands};

// Remembers the flags of what was asked for.
class NotingGate : public Gate {
 public:
  std::uint32_t flags = 0;

 private:
  Outcome Decide(Context&, Args, std::uint32_t wanted) override {
    flags = wanted;
    return Done();
  }
};

// What all workers share.
struct Shared {
  Shared() { door.AddObserver(watches, WriteDoor::Hears::kOnInterest); }

  store::Keyspace keyspace{4, 2, 7};
  LockTable locks{keyspace, true};
  base::Tunables tunables;
  WriteDoor door;
  Watches watches{keyspace, door};
  Registry registry{kTables};
  Host host;
};

struct Worker {
  explicit Worker(Shared& shared)
      : ctx(shared.locks, shared.tunables, shared.door, shared.registry, stats, shared.host, output),
        dispatcher(shared.registry, gate) {
    ctx.watches = &shared.watches;
    ctx.SetTime(1'700'000'000'000);
  }

  std::string Do(Session& session, std::initializer_list<std::string_view> words) {
    const std::vector<std::string_view> args(words);
    std::vector<KeyPlace> keys(args.size());
    const ResolvedCommand* command = dispatcher.Lookup(args);
    if (command != nullptr) Dispatcher::HashKeys(*command, args, ctx.keyspace.seed(), keys.data());
    output.Clear();
    ctx.session = &session;
    dispatcher.Run(ctx, command, args, keys.data());
    return std::string(output.Bytes());
  }

  WorkerStats stats;
  resp::OutputBuffer output;
  NotingGate gate;
  Context ctx;
  Dispatcher dispatcher;
};

class TransactionTest : public ::testing::Test {
 protected:
  ~TransactionTest() override {
    EndTransaction(worker_.ctx, session_);
    EndTransaction(worker_.ctx, other_);
    for (int shard = 0; shard < shared_.keyspace.shards(); ++shard) {
      for (int i = 0; i < shared_.keyspace.databases(); ++i) shared_.keyspace.database(shard, i).Clear();
    }
  }
  std::string Do(std::initializer_list<std::string_view> words) { return worker_.Do(session_, words); }
  std::string OtherDoes(std::initializer_list<std::string_view> words) { return worker_.Do(other_, words); }

  Shared shared_;
  Worker worker_{shared_};
  Session session_;
  Session other_;
};

TEST_F(TransactionTest, RunsWhatWasQueuedInOrder) {
  Do({"begin"});
  EXPECT_EQ(Do({"show", "a"}), "+QUEUED\r\n");
  EXPECT_EQ(Do({"put", "a", "b"}), "+QUEUED\r\n");
  Do({"never"});
  Do({"show", "b"});
  EXPECT_EQ(OtherDoes({"show", "a"}), ":0\r\n");
  EXPECT_EQ(session_.queued_commands.Get(), 4);
  EXPECT_EQ(Do({"run"}), "*4\r\n:0\r\n+OK\r\n-NO never\r\n:1\r\n");
  EXPECT_EQ(OtherDoes({"show", "a"}), ":1\r\n");
  EXPECT_EQ(session_.transaction, nullptr);
  EXPECT_EQ(session_.queued_commands.Get(), -1);
}

TEST_F(TransactionTest, KeepsArgumentsOfItsOwn) {
  Do({"begin"});
  std::string name(3000, 'k');
  Do({"put", name, "", name.substr(0, 10)});
  const std::string queued = name;
  name.assign(3000, 'x');
  Do({"run"});
  EXPECT_EQ(Do({"show", queued}), ":1\r\n");
  EXPECT_EQ(Do({"show", ""}), ":1\r\n");
  EXPECT_EQ(Do({"show", name}), ":0\r\n");
}

TEST_F(TransactionTest, TakesAllLocksOnlyIfACommandNeedsThem) {
  for (const auto& [command, all] : {std::pair{"all", true}, {"visit", true}, {"alone", false}}) {
    Do({"begin"});
    Do({"put", "a", "b", "c"});
    Do({command});
    if (all) EXPECT_EQ(Do({"run"}), "*2\r\n+OK\r\n:1\r\n") << command;
    Do({"leave"});
  }
  for (const auto& [argument, reply] : {std::pair{"all", "*1\r\n:1\r\n"}, {"some", "*1\r\n:0\r\n"}}) {
    Do({"begin"});
    Do({"maybe", argument});
    EXPECT_EQ(Do({"run"}), reply);
  }
  // And lets go of them.
  EXPECT_FALSE(worker_.ctx.locks.holds_all());
  for (int shard = 0; shard < shared_.keyspace.shards(); ++shard) {
    EXPECT_TRUE(shared_.keyspace.shard(shard).lock.TryLock());
    shared_.keyspace.shard(shard).lock.Unlock();
  }
}

TEST_F(TransactionTest, ARefusedCommandMakesItFailOnlyWhileItIsOpen) {
  Do({"watch", "a"});
  Do({"nosuch"});
  Do({"begin"});
  Do({"show", "a"});
  EXPECT_EQ(Do({"run"}), "*1\r\n:0\r\n");
  Do({"begin"});
  EXPECT_EQ(Do({"alone"}), "-ERR Command not allowed inside a transaction\r\n");
  Do({"show", "a"});
  EXPECT_EQ(session_.queued_commands.Get(), 0) << "what is not going to run is not kept";
  EXPECT_EQ(Do({"run"}), "-EXECABORT Transaction discarded because of previous errors.\r\n");
}

TEST_F(TransactionTest, AsksTheGateForWhatItIsGoingToNeed) {
  Do({"begin"});
  Do({"show", "a"});
  EXPECT_EQ(worker_.gate.flags, kDenyOom) << "queueing takes memory";
  Do({"run"});
  EXPECT_EQ(worker_.gate.flags & kDenyOom, 0u);
  Do({"begin"});
  Do({"put", "a"});
  Do({"run"});
  EXPECT_EQ(worker_.gate.flags, kDenyOom) << "what it runs does";
  Do({"begin"});
  Do({"leave"});
  EXPECT_EQ(worker_.gate.flags & kDenyOom, 0u);
}

TEST_F(TransactionTest, AChangeTouchesThoseWhoWatch) {
  Do({"watch", "a", "b", "a"});
  OtherDoes({"watch", "b"});
  EXPECT_EQ(shared_.watches.keys(), 2u);
  EXPECT_EQ(session_.watched_keys.Get(), 2u);
  worker_.Do(session_, {"put", "a"});
  EXPECT_TRUE(session_.watch_touched.Get());
  EXPECT_FALSE(other_.watch_touched.Get());
  Do({"begin"});
  Do({"put", "c"});
  EXPECT_EQ(Do({"run"}), "*-1\r\n");
  EXPECT_EQ(Do({"show", "c"}), ":0\r\n");
  EXPECT_EQ(shared_.watches.keys(), 1u);
  OtherDoes({"begin"});
  EXPECT_EQ(OtherDoes({"run"}), "*0\r\n");
  EXPECT_EQ(shared_.watches.keys(), 0u);
}

TEST_F(TransactionTest, KeysAreWatchedInTheirDatabase) {
  Do({"watch", "a"});
  OtherDoes({"switch", "1"});
  OtherDoes({"put", "a"});
  EXPECT_FALSE(session_.watch_touched.Get());
  OtherDoes({"switch", "0"});
  OtherDoes({"put", "a"});
  EXPECT_TRUE(session_.watch_touched.Get());
}

TEST_F(TransactionTest, UnwatchForgetsWhatWasTouched) {
  Do({"watch", "a"});
  OtherDoes({"put", "a"});
  Unwatch(worker_.ctx, session_);
  EXPECT_FALSE(session_.watch_touched.Get());
  EXPECT_EQ(session_.transaction, nullptr);
  Do({"begin"});
  EXPECT_EQ(Do({"run"}), "*0\r\n");
}

TEST_F(TransactionTest, FlushesTouchOnlyWhatIsThere) {
  OtherDoes({"put", "there"});
  Do({"watch", "missing"});
  shared_.door.ReportFlush(worker_.ctx, 0);
  EXPECT_FALSE(session_.watch_touched.Get());
  Do({"watch", "there"});
  shared_.door.ReportFlush(worker_.ctx, 1);
  EXPECT_FALSE(session_.watch_touched.Get());
  shared_.door.ReportFlush(worker_.ctx, 0);
  EXPECT_TRUE(session_.watch_touched.Get());
}

TEST_F(TransactionTest, MemoryIsCountedAndGivenBack) {
  Do({"begin"});
  Do({"leave"});  // the worker keeps this one
  const std::size_t before = base::MemoryCount::ClientBytes();
  for (int round = 0; round < 3; ++round) {
    Do({"begin"});
    const std::string large(1 << 20, 'x');
    for (int i = 0; i < 10; ++i) Do({"show", large});
    for (int i = 0; i < 3000; ++i) Do({"show", "small"});
    EXPECT_GT(session_.transaction_bytes.Get(), 10u << 20);
    EXPECT_GT(base::MemoryCount::ClientBytes(), before + (10u << 20));
    EXPECT_LT(base::MemoryCount::ClientBytes(), before + (12u << 20));
    Do({"leave"});
    EXPECT_LT(base::MemoryCount::ClientBytes(), before + (256u << 10)) << "a worker keeps a little";
  }
  EXPECT_EQ(session_.transaction_bytes.Get(), 0u);
}

// Pairs of keys in different shards get the same number of changes by one worker, while another looks at both.
TEST_F(TransactionTest, IsSeenByOtherWorkersWholeOrNotAtAll) {
  constexpr int kRounds = 3000;
  std::thread writer([&] {
    Worker worker(shared_);
    Session session;
    for (int i = 0; i < kRounds; ++i) {
      const std::string one = "one" + std::to_string(i % 50);
      const std::string other = "other" + std::to_string(i % 50);
      worker.Do(session, {"begin"});
      worker.Do(session, {"put", one});
      worker.Do(session, {"put", other});
      EXPECT_EQ(worker.Do(session, {"run"}), "*2\r\n+OK\r\n+OK\r\n");
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    const std::string one = "one" + std::to_string(i % 50);
    const std::string other = "other" + std::to_string(i % 50);
    Do({"watch", one});
    Do({"begin"});
    Do({"show", one});
    Do({"show", other});
    const std::string reply = Do({"run"});
    EXPECT_TRUE(reply == "*-1\r\n" || reply == "*2\r\n:0\r\n:0\r\n" || reply == "*2\r\n:1\r\n:1\r\n") << reply;
  }
  writer.join();
  EXPECT_EQ(shared_.watches.keys(), 0u);
}

}  // namespace
}  // namespace zedis::engine
