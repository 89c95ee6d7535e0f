#include "commands/list_value.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "base/tunables.h"
#include "commands/tables.h"
#include "store/garbage.h"

namespace zedis::commands {
namespace {

using store::Entry;
using store::Storage;
using types::Element;
using types::Side;

// What a handler needs, without a server.
class ListValueTest : public testing::Test {
 protected:
  ListValueTest()
      : keyspace_(0, 1, 7),
        locks_(keyspace_, false),
        registry_(AllTables()),
        output_(),
        ctx_(locks_, tunables_, door_, registry_, stats_, host_, output_) {
    door_.AddObserver(events_);
    ctx_.session = &session_;
    key_ = keyspace_.MakeKey("list");
  }

  struct Events : engine::WriteObserver {
    void OnChange(engine::Context&, const engine::Change& change) override { names.emplace_back(change.event.name); }
    std::vector<std::string> names;
  };

  Entry* entry() { return ctx_.Peek(key_); }
  Storage storage() { return entry()->storage(); }
  store::GarbageList& garbage() { return keyspace_.shard(0).garbage; }
  std::size_t used_bytes() { return keyspace_.shard(0).arena.used_bytes(); }

  void Push(Side side, std::string_view text) {
    ListEditor list(ctx_, key_, entry());
    list.Push(side, engine::Args(&text, 1));
    list.Finish("push");
  }
  void Fill(std::size_t count, std::string_view text) {
    const std::vector<std::string_view> texts(count, text);
    ListEditor list(ctx_, key_, entry());
    list.Push(Side::kBack, texts);
    list.Finish("push");
  }
  void Keep(std::size_t start, std::size_t count) {
    ListEditor list(ctx_, key_, entry());
    list.Keep(start, count);
    list.Finish("keep");
  }
  std::vector<std::string> Read() {
    std::vector<std::string> texts;
    if (entry() == nullptr) return texts;
    const ListReader list(*entry());
    list.ForRange(0, list.Size(), types::Direction::kForward, [&](const Element& element) {
      types::IntegerText buffer;
      texts.emplace_back(element.Text(buffer));
    });
    return texts;
  }

  base::Tunables tunables_;
  store::Keyspace keyspace_;
  engine::LockTable locks_;
  engine::WriteDoor door_;
  engine::Registry registry_;
  engine::WorkerStats stats_;
  engine::Host host_;
  resp::OutputBuffer output_;
  engine::Session session_;
  Events events_;
  engine::Context ctx_;
  store::Key key_;
};

TEST_F(ListValueTest, AListThatOutgrowsItsEntryMovesOutAndComesBackAtHalfOfTheRoom) {
  const std::string text(20, 'x');
  while (entry() == nullptr || storage() == Storage::kNear) Push(Side::kFront, text);
  const std::size_t limit = store::kNearValueMax;
  const std::size_t size = ListReader(*entry()).Size();
  EXPECT_GT(size * 21, limit - 2);
  EXPECT_LE((size - 1) * 21, limit - 2);

  Keep(0, size - 1);
  EXPECT_EQ(storage(), Storage::kFar) << "a list at the border must not go back and forth";
  const std::size_t half = (limit / 2 - 2) / 21;
  Keep(0, half + 1);
  EXPECT_EQ(storage(), Storage::kFar);
  Keep(0, half);
  EXPECT_EQ(storage(), Storage::kNear);
  EXPECT_EQ(Read(), std::vector<std::string>(half, text));
}

TEST_F(ListValueTest, WhatIsCutOffALargeListIsFreedInSlices) {
  Fill(100'000, "0123456789abcdef");
  EXPECT_TRUE(garbage().empty());
  Keep(10, 20);
  EXPECT_EQ(garbage().size(), 1u);
  EXPECT_EQ(Read().size(), 20u);
  EXPECT_TRUE(garbage().FreeSlice()) << "one slice must not free all of it";
  while (garbage().FreeSlice()) {
  }
}

TEST_F(ListValueTest, AnEmptyListGoesAndSaysSo) {
  const std::size_t before = used_bytes();
  Push(Side::kBack, "a");
  ListEditor list(ctx_, key_, entry());
  std::string popped;
  list.Pop(Side::kBack, 1, [&](const Element& element) { popped = element.text; });
  list.Finish("pop");
  EXPECT_EQ(popped, "a");
  EXPECT_EQ(entry(), nullptr);
  EXPECT_EQ(events_.names, (std::vector<std::string>{"push", "pop", "del"}));
  EXPECT_LE(used_bytes(), before + 1024) << "only the index keeps memory";
}

TEST_F(ListValueTest, PushesRarelyMoveTheEntry) {
  Push(Side::kBack, "first");
  int moves = 0;
  int pushes = 0;
  for (; storage() == Storage::kNear; ++pushes) {
    const Entry* before = entry();
    Push(Side::kBack, "12345678ab");
    moves += entry() != before;
  }
  EXPECT_LT(moves * 2, pushes);
}

TEST_F(ListValueTest, AgreesWithADeque) {
  std::deque<std::string> twin;
  std::uint64_t random = 42;
  const auto below = [&](std::uint64_t bound) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    return (random >> 33) % bound;
  };
  for (int step = 0; step < 20'000; ++step) {
    const Side side = below(2) == 0 ? Side::kFront : Side::kBack;
    const bool front = side == Side::kFront;
    // Phases of growing and of shrinking, so that the form changes often.
    if (twin.empty() || below(100) < (step / 500 % 2 == 0 ? 60u : 35u)) {
      const std::string text = below(3) == 0 ? std::to_string(below(1000)) : std::string(below(60), 'a');
      Push(side, text);
      front ? twin.push_front(text) : twin.push_back(text);
    } else if (below(3) != 0) {
      const std::size_t count = 1 + below(std::min<std::size_t>(twin.size(), 4));
      ListEditor list(ctx_, key_, entry());
      list.Pop(side, count, [&](const Element& element) {
        EXPECT_TRUE(element.Equals(front ? twin.front() : twin.back()));
        front ? twin.pop_front() : twin.pop_back();
      });
      list.Finish("pop");
    } else {
      const std::size_t at = below(twin.size());
      const std::string text(below(100), 'b');
      ListEditor list(ctx_, key_, entry());
      ASSERT_TRUE(list.Set(static_cast<std::int64_t>(at), text));
      list.Finish("set");
      twin[at] = text;
    }
    if (step % 50 == 0) {
      ASSERT_EQ(Read(), std::vector<std::string>(twin.begin(), twin.end())) << step;
    }
  }
}

}  // namespace
}  // namespace zedis::commands
