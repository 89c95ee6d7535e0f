// Hashes by their commands, on a clock of the test's own: events, and fields that fall due.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/time_budget.h"
#include "commands/command_harness.h"
#include "engine/expiry_cycle.h"

namespace zedis::commands {
namespace {

using Events = std::vector<std::string>;

std::string Numbered(const char* prefix, int number) { return prefix + std::to_string(number); }

class Hashes : public testing::Test {
 protected:
  std::string Run(std::initializer_list<std::string_view> arguments) { return harness_.Run(arguments); }
  Events EventsOf(std::initializer_list<std::string_view> arguments) {
    harness_.TakeEvents();
    Run(arguments);
    return harness_.TakeEvents();
  }
  // As housekeeping does it, until nothing is left to do now.
  void Sweep() {
    harness_.Sleep(engine::ExpiryCycle::kPassIntervalMs);
    while (cycle_.Run(base::TimeBudget(1'000'000))) {
    }
  }
  std::uint64_t expired_fields() { return harness_.stats().expired_fields.Get(); }
  std::size_t VolatileKeys() {
    std::size_t keys = 0;
    const store::Keyspace& keyspace = harness_.context().keyspace;
    for (int i = 0; i < keyspace.shards(); ++i) keys += keyspace.database(i, 0).volatile_keys();
    return keys;
  }
  // Hashes of which fields have times, as they are counted.
  std::size_t WithTimes() {
    std::size_t keys = 0;
    const store::Keyspace& keyspace = harness_.context().keyspace;
    for (int i = 0; i < keyspace.shards(); ++i) keys += keyspace.database(i, 0).keys_with_volatile_parts();
    return keys;
  }
  std::int64_t Earliest() {
    std::int64_t earliest_ms = base::IndexSegment::kNever;
    const store::Keyspace& keyspace = harness_.context().keyspace;
    for (int i = 0; i < keyspace.shards(); ++i) {
      earliest_ms = std::min(earliest_ms, keyspace.database(i, 0).earliest_ms());
    }
    return earliest_ms;
  }

  CommandHarness harness_;
  engine::ExpiryCycle cycle_{harness_.context(), 0, 1};
};

TEST_F(Hashes, EveryChangeIsReportedOnceAndAnEmptyHashIsGone) {
  EXPECT_EQ(EventsOf({"HSET", "h", "a", "1", "b", "2"}), Events{"hset h"});
  EXPECT_EQ(EventsOf({"HSETNX", "h", "a", "1"}), Events{});
  EXPECT_EQ(EventsOf({"HSETNX", "h", "c", "1"}), Events{"hset h"});
  EXPECT_EQ(EventsOf({"HINCRBY", "h", "a", "1"}), Events{"hincrby h"});
  EXPECT_EQ(EventsOf({"HINCRBYFLOAT", "h", "a", "1"}), Events{"hincrbyfloat h"});
  EXPECT_EQ(EventsOf({"HEXPIRE", "h", "10", "FIELDS", "2", "a", "b"}), Events{"hexpire h"});
  EXPECT_EQ(EventsOf({"HEXPIRE", "h", "10", "NX", "FIELDS", "2", "a", "b"}), Events{});
  EXPECT_EQ(EventsOf({"HPERSIST", "h", "FIELDS", "2", "a", "c"}), Events{"hpersist h"});
  EXPECT_EQ(EventsOf({"HPERSIST", "h", "FIELDS", "2", "a", "c"}), Events{});
  EXPECT_EQ(EventsOf({"HGETEX", "h", "FIELDS", "1", "a"}), Events{});
  EXPECT_EQ(EventsOf({"HGETEX", "h", "EX", "5", "FIELDS", "1", "a"}), Events{"hexpire h"});
  EXPECT_EQ(EventsOf({"HGETEX", "h", "PERSIST", "FIELDS", "2", "a", "c"}), Events{"hpersist h"});
  EXPECT_EQ(EventsOf({"HGETEX", "h", "EXAT", "1", "FIELDS", "1", "a"}), Events{"hexpired h"});
  EXPECT_EQ(EventsOf({"HSETEX", "h", "FIELDS", "1", "a", "1"}), Events{"hset h"});
  EXPECT_EQ(EventsOf({"HSETEX", "h", "EX", "5", "FIELDS", "1", "a", "1"}), (Events{"hset h", "hexpire h"}));
  EXPECT_EQ(EventsOf({"HSETEX", "h", "FNX", "FIELDS", "1", "a", "1"}), Events{});
  EXPECT_EQ(EventsOf({"HSETEX", "h", "EX", "0", "FIELDS", "1", "a", "1"}),
            (Events{"hset h", "hexpire h", "hexpired h"}));
  EXPECT_EQ(EventsOf({"HSETEX", "h", "EX", "0", "FIELDS", "1", "a", "1"}), Events{});
  EXPECT_EQ(EventsOf({"HGETDEL", "h", "FIELDS", "1", "b"}), Events{"hdel h"});
  EXPECT_EQ(EventsOf({"HEXPIRE", "h", "0", "FIELDS", "1", "c"}), (Events{"hdel h", "del h"}));
  EXPECT_EQ(EventsOf({"HEXPIRE", "h", "0", "FIELDS", "1", "c"}), Events{});
  Run({"HSET", "h", "a", "1"});
  EXPECT_EQ(EventsOf({"HDEL", "h", "a", "a", "b"}), (Events{"hdel h", "del h"}));
  Run({"HSET", "h", "a", "1"});
  EXPECT_EQ(EventsOf({"HSETEX", "h", "EX", "0", "FIELDS", "1", "a", "1"}),
            (Events{"hset h", "hexpire h", "hexpired h", "del h"}));
  EXPECT_EQ(Run({"DBSIZE"}), ":0\r\n");
}

TEST_F(Hashes, WhoComesAcrossWhatIsDueReportsIt) {
  Run({"HSETEX", "h", "PX", "10", "FIELDS", "2", "a", "1", "b", "2"});
  Run({"HSET", "h", "c", "3"});
  Run({"HPEXPIRE", "h", "20", "FIELDS", "1", "c"});
  EXPECT_EQ(EventsOf({"HLEN", "h"}), Events{});
  harness_.Sleep(10);
  EXPECT_EQ(EventsOf({"HLEN", "h"}), Events{"hexpired h"});
  EXPECT_EQ(EventsOf({"HLEN", "h"}), Events{});
  EXPECT_EQ(expired_fields(), 2u);
  harness_.Sleep(10);
  EXPECT_EQ(EventsOf({"HSET", "h", "d", "4"}), (Events{"hexpired h", "del h", "hset h"}));
  EXPECT_EQ(Run({"HGETALL", "h"}), "*2\r\n$1\r\nd\r\n$1\r\n4\r\n");
}

// Packed in their entries, packed in a block, indexed.
TEST_F(Hashes, FieldsAndHashesLeaveByThemselves) {
  for (const int fields : {3, 300, 700}) {
    for (int i = 0; i < 200; ++i) {
      const std::string key = Numbered("h", i);
      for (int j = 0; j < fields; ++j) {
        if (i < 10 || j < 3) Run({"HSET", key, Numbered("f", j), "v"});
      }
      Run({"HPEXPIRE", key, std::to_string(1000 + i), "FIELDS", "1", "f0"});
      if (i % 2 == 0) Run({"PEXPIRE", key, "100000"});
    }
    const std::uint64_t before = expired_fields();
    ASSERT_EQ(VolatileKeys(), 100u);
    ASSERT_EQ(WithTimes(), 200u);
    harness_.TakeEvents();
    Sweep();
    EXPECT_EQ(expired_fields(), before);
    harness_.Sleep(1100 - 10);
    Sweep();
    EXPECT_EQ(expired_fields(), before + 111);
    EXPECT_EQ(harness_.TakeEvents().size(), 111u);
    harness_.Sleep(200);
    Sweep();
    EXPECT_EQ(expired_fields(), before + 200);
    EXPECT_EQ(WithTimes(), 0u);
    // A field that gets a time anew is found again, and so is the last one.
    Run({"HPEXPIRE", "h150", "10", "FIELDS", "1", "f1"});
    Run({"HPEXPIRE", "h150", "20", "FIELDS", "1", "f2"});
    harness_.TakeEvents();
    Sweep();
    EXPECT_EQ(harness_.TakeEvents(), Events{"hexpired h150"});
    Sweep();
    EXPECT_EQ(harness_.TakeEvents(), (Events{"hexpired h150", "del h150"}));
    ASSERT_EQ(VolatileKeys(), 99u);
    harness_.Sleep(100'000);
    Sweep();
    EXPECT_EQ(Run({"DBSIZE"}), ":100\r\n");
    EXPECT_EQ(VolatileKeys(), 0u);
    EXPECT_EQ(Earliest(), base::IndexSegment::kNever);
    Run({"FLUSHALL"});
  }
}

TEST_F(Hashes, AHashIsFoundWhereverItHasGone) {
  for (const int fields : {2, 700}) {
    for (int j = 0; j < fields; ++j) Run({"HSET", "h", Numbered("f", j), "v"});
    Run({"HPEXPIRE", "h", "1000", "FIELDS", "1", "f0"});
    for (int i = 0; i < 40; ++i) {
      Run({"COPY", "h", Numbered("copy", i)});
      if (i % 2 == 0) Run({"RENAME", Numbered("copy", i), Numbered("renamed", i)});
    }
    Run({"SET", "copy1", "overwritten"});
    Run({"DEL", "copy3"});
    Run({"HPERSIST", "copy5", "FIELDS", "1", "f0"});
    Run({"EXPIRE", "copy7", "10000"});
    Run({"PERSIST", "copy7"});
    EXPECT_EQ(WithTimes(), 1u + 40 - 3);
    const std::uint64_t before = expired_fields();
    harness_.Sleep(1000);
    Sweep();
    EXPECT_EQ(expired_fields(), before + 1 + 40 - 3);
    EXPECT_EQ(WithTimes(), 0u);
    EXPECT_EQ(Run({"HLEN", "copy5"}), ":" + std::to_string(fields) + "\r\n");
    EXPECT_EQ(Run({"HLEN", "copy7"}), ":" + std::to_string(fields - 1) + "\r\n");
    EXPECT_EQ(Run({"HLEN", "renamed0"}), ":" + std::to_string(fields - 1) + "\r\n");
    EXPECT_EQ(Earliest(), base::IndexSegment::kNever);
    Run({"FLUSHALL"});
  }
}

TEST_F(Hashes, ManyFieldsOfOneHashThatAreDueAtOnceAreHiddenAtOnceAndLeaveInSlices) {
  constexpr int kFields = 20'000;
  for (int i = 0; i < kFields; ++i) {
    Run({"HSETEX", "h", "PX", i % 4 == 0 ? "100000" : "500", "FIELDS", "1", std::to_string(i), "v"});
  }
  harness_.Sleep(500);
  // Nobody who looks takes out so many.
  EXPECT_EQ(EventsOf({"HLEN", "h"}), Events{});
  EXPECT_EQ(Run({"HLEN", "h"}), ":5000\r\n");
  EXPECT_EQ(Run({"HGET", "h", "1"}), "$-1\r\n");
  EXPECT_EQ(Run({"HGET", "h", "4"}), "$1\r\nv\r\n");
  EXPECT_TRUE(Run({"HGETALL", "h"}).starts_with("*10000\r\n"));
  EXPECT_EQ(Run({"HSET", "h", "1", "new"}), ":1\r\n");
  EXPECT_EQ(Run({"HLEN", "h"}), ":5001\r\n");
  harness_.TakeEvents();
  harness_.Sleep(250);  // so long a large hash may wait
  Sweep();
  EXPECT_EQ(expired_fields(), 14'999u);
  EXPECT_GT(harness_.TakeEvents().size(), 10u);
  EXPECT_EQ(Run({"HLEN", "h"}), ":5001\r\n");
  harness_.Sleep(100'000);
  Sweep();
  EXPECT_EQ(Run({"HGETALL", "h"}), "*2\r\n$1\r\n1\r\n$3\r\nnew\r\n");
}

TEST_F(Hashes, ThoseWithTimesAreCountedWhateverHappensToThem) {
  for (const int fields : {2, 300, 700}) {
    const auto make = [&] {
      Run({"DEL", "h"});
      for (int j = 0; j < fields; ++j) Run({"HSET", "h", Numbered("f", j), "v"});
      EXPECT_EQ(WithTimes(), 0u);
      Run({"HEXPIRE", "h", "100", "FIELDS", "2", "f0", "f1"});
      EXPECT_EQ(WithTimes(), 1u);
    };
    make();
    Run({"HPERSIST", "h", "FIELDS", "1", "f0"});
    Run({"EXPIRE", "h", "100"});
    Run({"PERSIST", "h"});
    EXPECT_EQ(WithTimes(), 1u);
    Run({"HSET", "h", "f1", "v"});
    EXPECT_EQ(WithTimes(), 0u);
    make();
    for (int j = 0; j < fields; ++j) Run({"HDEL", "h", Numbered("f", j)});
    EXPECT_EQ(WithTimes(), 0u);
    make();
    Run({"SET", "h", "string"});
    EXPECT_EQ(WithTimes(), 0u);
    make();
    Run({"SET", "h", "string", "EX", "100"});
    EXPECT_EQ(WithTimes(), 0u);
    make();
    for (int j = 0; j < 600; ++j) Run({"HSETEX", "h", "EX", "50", "FIELDS", "1", Numbered("more", j), "v"});
    EXPECT_EQ(WithTimes(), 1u);
    Run({"SWAPDB", "0", "1"});
    EXPECT_EQ(WithTimes(), 0u);
    Run({"SWAPDB", "1", "0"});
    EXPECT_EQ(WithTimes(), 1u);
    Run({"MOVE", "h", "1"});
    EXPECT_EQ(WithTimes(), 0u);
    Run({"FLUSHALL"});
  }
}

// The policies that evict what has a time to live mean keys.
TEST_F(Hashes, AFieldWithATimeMakesNoVolatileKey) {
  Run({"HSETEX", "h", "EX", "100", "FIELDS", "1", "a", "1"});
  EXPECT_EQ(VolatileKeys(), 0u);
  EXPECT_EQ(Run({"TTL", "h"}), ":-1\r\n");
  EXPECT_EQ(Run({"PERSIST", "h"}), ":0\r\n");
  Run({"EXPIRE", "h", "100"});
  EXPECT_EQ(VolatileKeys(), 1u);
}

}  // namespace
}  // namespace zedis::commands
