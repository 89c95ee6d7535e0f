// Waiting, with two workers whose threads are this one: each step is taken when the test says so.
#include "engine/blocking.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "engine/batch.h"
#include "engine/dispatch.h"

namespace zedis::engine {
namespace {

// "take TIMEOUT KEY [KEY ...]" waits for a list and erases it. This layer has no lists: any value of that type will do.
Outcome Take(Context& ctx, Args args) {
  WaitRequest request{.what = WaitFor::kList, .first_key = 2, .keys = args.size() - 2};
  request.deadline_ms = args[1] == "0" ? 0 : ctx.now_ms + *base::ParseInt64(args[1]);
  for (std::size_t i = 2; i < args.size(); ++i) {
    const store::Key key = ctx.KeyAt(args, i);
    if (!Blocking::Considers(ctx, key)) continue;
    store::Entry* entry = ctx.FindForWrite(key);
    if (entry == nullptr || entry->type() != store::Type::kList || Blocking::IsPromised(ctx, key, request.what))
      continue;
    ctx.reply.Bulk(key.bytes);
    ctx.Erase(key);
    ctx.Changed(key, {base::kNotifyGeneric, "del"});
    return Done();
  }
  return Blocking::Block(ctx, args, request);
}
Outcome Give(Context& ctx, Args args) {
  const store::Key key = ctx.KeyAt(args, 1);
  ctx.Put(key, store::Value::Near(store::Type::kList, "x"));
  ctx.Changed(key, {base::kNotifyList, "rpush"});
  ctx.reply.Ok();
  return Done();
}

constexpr KeySpec kTakenKeys[] = {{.flags = kKeyReadWrite, .index = 2, .last = -1}};
constexpr KeySpec kGivenKey[] = {{.flags = kKeyReadWrite}};
constexpr Command kCommands[] = {
    {.name = "take", .arity = AtLeast(2), .flags = kWrite | kBlocking, .keys = kTakenKeys, .run = Take},
    {.name = "give", .arity = Exactly(1), .flags = kWrite, .keys = kGivenKey, .run = Give},
};
constexpr std::span<const Command> kTables[] = {kCommands};

class OpenGate : public Gate {
  Outcome Decide(Context&, Args) override { return Done(); }
};

struct Shared {
  store::Keyspace keyspace{3, 2, 1};
  LockTable locks{keyspace, true};
  base::Tunables tunables;
  WriteDoor door;
  Registry registry{kTables};
  Host host;
  OpenGate gate;
  WaitTable waiters{keyspace, door};
};

class Worker : public Desk {
 public:
  explicit Worker(Shared& shared)
      : ctx(shared.locks, shared.tunables, shared.door, shared.registry, stats, shared.host, output_),
        blocking(shared.waiters),
        dispatcher_(shared.registry, shared.gate) {
    ctx.desk = this;
    ctx.blocking = &blocking;
    ctx.aftermath = &blocking;
    ctx.SetTime(1'700'000'000'000);
  }

  void Post(Task task) override { tasks_.push_back(std::move(task)); }
  void RunTasks() {
    for (; !tasks_.empty(); tasks_.pop_front()) tasks_.front()(ctx);
  }
  // The reply at once; "" if there is none yet.
  std::string Run(Session& session, std::initializer_list<std::string_view> words) {
    const std::vector<std::string_view> args(words);
    const ResolvedCommand* command = dispatcher_.Lookup(args);
    std::vector<KeyPlace> keys(args.size());
    Dispatcher::HashKeys(*command, args, ctx.keyspace.seed(), keys.data());
    ctx.session = &session;
    ctx.reply = resp::Reply(output_, session.protocol.Get());
    dispatcher_.Run(ctx, command, args, keys.data());
    std::string reply(output_.Bytes());
    output_.Clear();
    return reply;
  }
  void Sleep(std::int64_t ms) { ctx.SetTime(ctx.now_ms + ms); }

 private:
  resp::OutputBuffer output_;

 public:
  WorkerStats stats;
  Context ctx;
  Blocking blocking;

 private:
  Dispatcher dispatcher_;
  std::deque<Task> tasks_;
};

// What came besides replies.
std::string TakePushes(Session& session) {
  return session.pushes != nullptr ? *std::exchange(session.pushes, nullptr) : std::string();
}

class BlockingTest : public ::testing::Test {
 protected:
  BlockingTest() {
    shared_.door.AddObserver(shared_.waiters, WriteDoor::Hears::kOnInterest);
    std::uint64_t id = 0;
    for (Session* session : {&one_, &two_, &three_, &giver_}) {
      session->authenticated = true;
      session->id = ++id;
    }
  }
  ~BlockingTest() override {
    for (int shard = 0; shard < shared_.keyspace.shards(); ++shard) shared_.keyspace.database(shard, 0).Clear();
  }
  std::int64_t waiting() { return shared_.waiters.clients(); }
  std::int64_t keys() { return shared_.waiters.keys(); }

  Shared shared_;
  Worker here_{shared_};
  Worker there_{shared_};
  Session one_, two_, three_, giver_;
};

TEST_F(BlockingTest, WhoeverMakesAKeyReadyServesTheFirstAndTheReplyGoesToItsWorker) {
  EXPECT_EQ(there_.Run(one_, {"take", "0", "a", "b"}), "");
  EXPECT_EQ(here_.Run(two_, {"take", "0", "b"}), "");
  EXPECT_TRUE(one_.stalled);
  EXPECT_EQ(waiting(), 2);
  EXPECT_EQ(keys(), 2);
  EXPECT_EQ(here_.Run(giver_, {"give", "b"}), "+OK\r\n");
  EXPECT_EQ(TakePushes(one_), "");
  there_.RunTasks();
  EXPECT_EQ(TakePushes(one_), "$1\r\nb\r\n");
  EXPECT_FALSE(one_.stalled);
  EXPECT_TRUE(two_.stalled);
  EXPECT_EQ(keys(), 1);
  EXPECT_EQ(here_.Run(giver_, {"give", "b"}), "+OK\r\n");
  EXPECT_EQ(TakePushes(two_), "$1\r\nb\r\n");  // it is on the same worker
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(keys(), 0);
}

TEST_F(BlockingTest, ADeadlineEndsTheWaitToTheMillisecond) {
  EXPECT_EQ(here_.blocking.next_deadline_ms(), INT64_MAX);
  here_.Run(one_, {"take", "50", "a"});
  here_.Run(two_, {"take", "20", "a"});
  here_.Run(three_, {"take", "0", "a"});
  EXPECT_EQ(here_.blocking.next_deadline_ms(), here_.ctx.now_ms + 20);
  here_.Sleep(19);
  here_.blocking.EndOverdue(here_.ctx);
  EXPECT_EQ(waiting(), 3);
  here_.Sleep(1);
  here_.blocking.EndOverdue(here_.ctx);
  EXPECT_EQ(TakePushes(two_), "*-1\r\n");
  EXPECT_EQ(here_.blocking.next_deadline_ms(), here_.ctx.now_ms + 30);
  here_.Sleep(1000);
  here_.blocking.EndOverdue(here_.ctx);
  EXPECT_EQ(TakePushes(one_), "*-1\r\n");
  EXPECT_EQ(here_.blocking.next_deadline_ms(), INT64_MAX);
  here_.Run(giver_, {"give", "a"});
  EXPECT_EQ(TakePushes(three_), "$1\r\na\r\n");
}

TEST_F(BlockingTest, AReplyOnItsWayIsNotOvertakenByTheDeadline) {
  there_.Run(one_, {"take", "20", "a"});
  here_.Run(giver_, {"give", "a"});
  there_.Sleep(1000);
  there_.blocking.EndOverdue(there_.ctx);
  EXPECT_EQ(TakePushes(one_), "");
  EXPECT_TRUE(one_.stalled);
  there_.RunTasks();
  EXPECT_EQ(TakePushes(one_), "$1\r\na\r\n");
}

TEST_F(BlockingTest, UnblockingAndServingAreExclusive) {
  there_.Run(one_, {"take", "0", "a"});
  here_.Run(giver_, {"give", "a"});
  EXPECT_FALSE(Blocking::Unblock(one_, Blocking::Unserved::kTimedOut));
  there_.RunTasks();
  EXPECT_EQ(TakePushes(one_), "$1\r\na\r\n");

  there_.Run(one_, {"take", "0", "a"});
  EXPECT_TRUE(Blocking::Unblock(one_, Blocking::Unserved::kUnblocked));
  EXPECT_FALSE(Blocking::Unblock(one_, Blocking::Unserved::kUnblocked));
  here_.Run(giver_, {"give", "a"});
  EXPECT_EQ(here_.Run(two_, {"take", "0", "a"}), "$1\r\na\r\n");  // nobody took it
  there_.RunTasks();
  EXPECT_EQ(TakePushes(one_), "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
  EXPECT_EQ(keys(), 0);
}

TEST_F(BlockingTest, ASessionThatEndsLeavesItsPlaceToTheNext) {
  there_.Run(one_, {"take", "0", "a", "b"});
  here_.Run(two_, {"take", "0", "a"});
  there_.blocking.OnSessionEnd(there_.ctx, one_);
  one_.address->session = nullptr;
  EXPECT_EQ(waiting(), 1);
  EXPECT_EQ(keys(), 1);
  here_.Run(giver_, {"give", "a"});
  EXPECT_EQ(TakePushes(two_), "$1\r\na\r\n");
}

TEST_F(BlockingTest, ASessionMayEndWhileItsReplyIsOnItsWay) {
  there_.Run(one_, {"take", "1000", "a"});
  here_.Run(giver_, {"give", "a"});
  there_.blocking.OnSessionEnd(there_.ctx, one_);
  one_.address->session = nullptr;
  there_.RunTasks();
  EXPECT_EQ(TakePushes(one_), "");
  EXPECT_EQ(waiting(), 0);
  EXPECT_EQ(there_.blocking.next_deadline_ms(), INT64_MAX);
}

// The pusher has let go of the lock and not served yet when another client asks for the key.
TEST_F(BlockingTest, WhoComesWhileAWaiterIsAboutToBeServedQueuesBehind) {
  there_.Run(one_, {"take", "0", "a"});
  here_.ctx.aftermath = nullptr;
  here_.ctx.session = &giver_;
  const store::Key key = shared_.keyspace.MakeKey("a");
  here_.ctx.Put(key, store::Value::Near(store::Type::kList, "x"));
  here_.ctx.Changed(key, {base::kNotifyList, "rpush"});
  EXPECT_TRUE(here_.ctx.has_aftermath);
  EXPECT_EQ(there_.Run(two_, {"take", "0", "a"}), "");
  here_.blocking.AfterCommand(here_.ctx);
  there_.RunTasks();
  EXPECT_EQ(TakePushes(one_), "$1\r\na\r\n");
  EXPECT_EQ(TakePushes(two_), "");
  EXPECT_EQ(waiting(), 1);
}

// The same, but the one before is not going to take it: then nobody would serve who queues behind.
TEST_F(BlockingTest, WhatIsPromisedToOneWhoseWaitHasEndedIsFree) {
  there_.Run(one_, {"take", "0", "a"});
  EXPECT_TRUE(Blocking::Unblock(one_, Blocking::Unserved::kTimedOut));
  here_.Run(giver_, {"give", "a"});
  EXPECT_EQ(here_.Run(two_, {"take", "0", "a"}), "$1\r\na\r\n");
}

TEST_F(BlockingTest, WhereNobodyMayWaitTheReplyIsThatOfWaitingInVain) {
  here_.ctx.may_block = false;
  EXPECT_EQ(here_.Run(one_, {"take", "0", "a"}), "*-1\r\n");
  EXPECT_FALSE(one_.stalled);
  EXPECT_EQ(waiting(), 0);
}

TEST_F(BlockingTest, AKeyOfAnotherTypeServesNobody) {
  here_.Run(one_, {"take", "0", "a"});
  const store::Key key = shared_.keyspace.MakeKey("a");
  here_.ctx.session = &giver_;
  here_.ctx.Put(key, store::Value::Near(store::Type::kString, "x"));
  here_.ctx.Changed(key, {base::kNotifyString, "set"});
  here_.blocking.AfterCommand(here_.ctx);
  EXPECT_TRUE(one_.stalled);
  EXPECT_EQ(waiting(), 1);
}

TEST_F(BlockingTest, AFlushAndASwapMakeEveryKeyOfTheDatabaseReady) {
  here_.Run(one_, {"take", "0", "a"});
  here_.ctx.session = &giver_;
  giver_.database.Set(1);
  const store::Key key = shared_.keyspace.MakeKey("a");
  here_.ctx.Put(key, store::Value::Near(store::Type::kList, "x"));
  for (int shard = 0; shard < shared_.keyspace.shards(); ++shard) {
    shared_.keyspace.database(shard, 0).Swap(shared_.keyspace.database(shard, 1));
  }
  shared_.door.ReportSwap(here_.ctx, 1, 0);
  here_.blocking.AfterCommand(here_.ctx);
  EXPECT_EQ(TakePushes(one_), "$1\r\na\r\n");
}

TEST_F(BlockingTest, AKeyNamedTwiceIsWaitedForOnce) {
  here_.Run(one_, {"take", "0", "a", "a"});
  EXPECT_EQ(keys(), 1);
  here_.Run(giver_, {"give", "a"});
  EXPECT_EQ(TakePushes(one_), "$1\r\na\r\n");
  EXPECT_EQ(keys(), 0);
}

}  // namespace
}  // namespace zedis::engine
