#include <gtest/gtest.h>

#include <random>
#include <string>

#include "commands/command_harness.h"

namespace zedis::commands {
namespace {

using Events = std::vector<std::string>;

std::string Bulk(std::string_view text) { return fmt::format("${}\r\n{}\r\n", text.size(), text); }
std::string Integer(std::int64_t value) { return fmt::format(":{}\r\n", value); }
const std::string kOk = "+OK\r\n";
const std::string kNull = "$-1\r\n";

class Strings : public ::testing::Test, public CommandHarness {
 protected:
  using CommandHarness::Run;
  std::string Encoding(std::string_view key) { return Run({"object", "encoding", key}); }
};

TEST_F(Strings, SetSaysWhatItChanged) {
  EXPECT_EQ(Run({"set", "k", "v"}), kOk);
  EXPECT_EQ(TakeEvents(), Events{"set k"});
  EXPECT_EQ(Run({"set", "k", "v", "px", "100"}), kOk);
  EXPECT_EQ(TakeEvents(), (Events{"set k", "expire k"}));
  EXPECT_EQ(Run({"set", "k", "v", "nx"}), kNull);
  EXPECT_EQ(Run({"set", "k", "v", "ifeq", "w"}), kNull);
  EXPECT_EQ(TakeEvents(), Events{});
  EXPECT_EQ(Run({"setnx", "k", "v"}), Integer(0));
  EXPECT_EQ(Run({"setex", "k", "10", "v"}), kOk);
  EXPECT_EQ(TakeEvents(), (Events{"set k", "expire k"}));
}

TEST_F(Strings, NewKeysAreAnEventOnlyIfAskedFor) {
  tunables().notify_keyspace_events.Set(base::kNotifyNew | base::kNotifyString);
  Run({"set", "k", "1"});
  Run({"set", "k", "2"});
  Run({"incr", "k"});
  Run({"append", "l", "x"});
  EXPECT_EQ(TakeEvents(), (Events{"new k", "set k", "set k", "incrby k", "new l", "append l"}));
}

TEST_F(Strings, OverwritingADueKeyExpiresIt) {
  Run({"set", "k", "v", "px", "100"});
  Sleep(100);
  TakeEvents();
  EXPECT_EQ(Run({"set", "k", "w"}), kOk);
  EXPECT_EQ(TakeEvents(), (Events{"expired k", "set k"}));
  EXPECT_EQ(stats().expired_keys.Get(), 1u);
  EXPECT_EQ(Run({"pttl", "k"}), Integer(-1));
  EXPECT_EQ(Run({"dbsize"}), Integer(1));
}

TEST_F(Strings, NothingIsInheritedFromADueKey) {
  const auto make_due = [&] {
    Run({"set", "k", "5", "px", "100"});
    Sleep(1000);
  };
  make_due();
  EXPECT_EQ(Run({"set", "k", "w", "keepttl"}), kOk);
  EXPECT_EQ(Run({"pttl", "k"}), Integer(-1));
  make_due();
  EXPECT_EQ(Run({"incr", "k"}), Integer(1));
  EXPECT_EQ(Run({"pttl", "k"}), Integer(-1));
  make_due();
  EXPECT_EQ(Run({"append", "k", "x"}), Integer(1));
  make_due();
  EXPECT_EQ(Run({"set", "k", "5", "ifeq", "5"}), kNull);
  EXPECT_EQ(Run({"delifeq", "k", "5"}), Integer(0));
}

TEST_F(Strings, EditsKeepTheTimeToLive) {
  Run({"set", "k", "5", "px", "1000"});
  Run({"incr", "k"});
  Run({"incrbyfloat", "k", "1.5"});
  Run({"append", "k", std::string(1000, 'x')});
  Run({"setrange", "k", "0", "y"});
  Run({"setbit", "k", "30000", "1"});
  Run({"bitfield", "k", "set", "u8", "0", "1"});
  EXPECT_EQ(Run({"pttl", "k"}), Integer(1000));
  TakeEvents();
  Run({"getset", "k", "v"});
  EXPECT_EQ(TakeEvents(), Events{"set k"});
  EXPECT_EQ(Run({"pttl", "k"}), Integer(-1));
}

TEST_F(Strings, ATimeInThePast) {
  EXPECT_EQ(Run({"set", "k", "v", "pxat", "5"}), kOk);
  EXPECT_EQ(TakeEvents(), (Events{"set k", "expire k"}));
  EXPECT_EQ(Run({"get", "k"}), kNull);
  EXPECT_EQ(TakeEvents(), Events{"expired k"});
  Run({"set", "k", "v"});
  TakeEvents();
  EXPECT_EQ(Run({"getex", "k", "pxat", "5"}), Bulk("v"));
  EXPECT_EQ(TakeEvents(), Events{"del k"});
  Run({"set", "k", "v"});
  TakeEvents();
  EXPECT_EQ(Run({"msetex", "2", "k", "1", "l", "2", "exat", "5"}), Integer(1));
  EXPECT_EQ(TakeEvents(), Events{"del k"});
  EXPECT_EQ(Run({"exists", "k", "l"}), Integer(0));
}

TEST_F(Strings, GetExSaysWhatItChanged) {
  Run({"set", "k", "v"});
  TakeEvents();
  Run({"getex", "k"});
  Run({"getex", "k", "persist"});
  EXPECT_EQ(TakeEvents(), Events{});
  Run({"getex", "k", "ex", "10"});
  EXPECT_EQ(TakeEvents(), Events{"expire k"});
  Run({"getex", "k", "persist"});
  EXPECT_EQ(TakeEvents(), Events{"persist k"});
  Run({"getdel", "k"});
  EXPECT_EQ(TakeEvents(), Events{"del k"});
}

TEST_F(Strings, ManyKeys) {
  EXPECT_EQ(Run({"msetex", "2", "a", "1", "b", "2", "nx", "ex", "10"}), Integer(1));
  EXPECT_EQ(TakeEvents(), (Events{"set a", "expire a", "set b", "expire b"}));
  EXPECT_EQ(Run({"msetex", "2", "b", "1", "c", "2", "nx"}), Integer(0));
  EXPECT_EQ(Run({"msetex", "2", "b", "1", "c", "2", "xx"}), Integer(0));
  EXPECT_EQ(TakeEvents(), Events{});
  EXPECT_EQ(Run({"msetex", "1", "a", "3", "xx", "keepttl"}), Integer(1));
  EXPECT_EQ(Run({"pttl", "a"}), Integer(10'000));
  EXPECT_EQ(Run({"msetnx", "c", "1", "c", "2"}), Integer(1));
  EXPECT_EQ(Run({"mget", "a", "c", "d"}), "*3\r\n" + Bulk("3") + Bulk("2") + kNull);
}

TEST_F(Strings, BitsSayWhatTheyChanged) {
  Run({"setbit", "k", "7", "1"});
  EXPECT_EQ(TakeEvents(), Events{"setbit k"});
  Run({"setbit", "k", "7", "1"});
  Run({"bitfield", "k", "set", "u8", "0", "1"});
  Run({"bitfield", "k", "get", "u8", "800"});
  EXPECT_EQ(TakeEvents(), Events{});
  Run({"setbit", "k", "8", "0"});
  EXPECT_EQ(TakeEvents(), Events{"setbit k"});
  Run({"bitop", "not", "l", "k"});
  Run({"bitop", "and", "l", "m"});
  Run({"bitop", "and", "l", "m"});
  EXPECT_EQ(TakeEvents(), (Events{"set l", "del l"}));
}

// A reply that waits for its socket shows the value as it was, whatever happens to the key meanwhile.
TEST_F(Strings, ChangesDoNotReachRepliesOnTheirWay) {
  const std::string value(100'000, 'a');
  Run({"set", "k", value});
  RunOnly({"get", "k"});
  RunOnly({"getrange", "k", "10", "50009"});
  ASSERT_EQ(output().Attachments().size(), 2u);
  RunOnly({"setrange", "k", "0", "bbb"});
  RunOnly({"append", "k", "ccc"});
  RunOnly({"setbit", "k", "1", "0"});
  RunOnly({"bitfield", "k", "set", "u8", "#9", "0"});
  EXPECT_EQ(output().Attachments()[0].Bytes(), value);
  EXPECT_EQ(output().Attachments()[1].Bytes(), value.substr(0, 50'000));
  RunOnly({"getdel", "k"});
  RunOnly({"set", "k", "x"});
  EXPECT_EQ(output().Attachments()[0].Bytes(), value);
  EXPECT_EQ(output().Attachments()[2].Bytes().substr(0, 4), std::string_view("\"bba", 4));
  output().Clear();
}

TEST_F(Strings, LimitsOfLength) {
  tunables().proto_max_bulk_len_bytes.Set(100);
  const std::string too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n";
  Run({"set", "k", std::string(90, 'x')});
  TakeEvents();
  EXPECT_EQ(Run({"append", "k", std::string(11, 'x')}), too_long);
  EXPECT_EQ(Run({"setrange", "k", "100", "x"}), too_long);
  EXPECT_EQ(Run({"setrange", "new", "9223372036854775807", "x"}), too_long);
  EXPECT_EQ(Run({"setbit", "k", "800", "1"}), "-ERR bit offset is not an integer or out of range\r\n");
  EXPECT_EQ(TakeEvents(), Events{});
  EXPECT_EQ(Run({"append", "k", std::string(10, 'x')}), Integer(100));
  EXPECT_EQ(Run({"setrange", "k", "99", "x"}), Integer(100));
  EXPECT_EQ(Run({"setbit", "k", "799", "1"}), Integer(0));
  EXPECT_EQ(Run({"lcs", "k", "k"}),
            "-ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len\r\n");
}

// Values wander between integer, near and far, with and without a time to live, under keys of any size; the twin is a
// std::string and whether it was edited.
TEST_F(Strings, EditsAgreeWithATwin) {
  std::mt19937 random(3);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  for (const std::size_t key_size : {1, 16, 254, 255, 256, 300, 700}) {
    const std::string key(key_size, 'k');
    std::string twin;
    bool exists = false;
    bool edited = false;
    for (int step = 0; step < 3000; ++step) {
      const std::string text(below(step % 7 == 0 ? 600 : 40), static_cast<char>('0' + below(10)));
      switch (below(8)) {
        case 0:
          Run({"set", key, text});
          twin = text, exists = true, edited = false;
          break;
        case 1:
          Run({"set", key, std::to_string(step)});
          twin = std::to_string(step), exists = true, edited = false;
          break;
        case 2:
        case 3:
          EXPECT_EQ(Run({"append", key, text}), Integer(static_cast<std::int64_t>(twin.size() + text.size())));
          twin += text, edited = exists, exists = true;
          break;
        case 4: {
          const std::size_t offset = below(700);
          Run({"setrange", key, std::to_string(offset), text});
          if (text.empty()) break;
          if (twin.size() < offset + text.size()) twin.resize(offset + text.size());
          twin.replace(offset, text.size(), text);
          exists = edited = true;
          break;
        }
        case 5: {
          const std::size_t bit = below(6000);
          Run({"setbit", key, std::to_string(bit), "1"});
          if (twin.size() <= bit / 8) twin.resize(bit / 8 + 1);
          twin[bit / 8] = static_cast<char>(twin[bit / 8] | 1 << (7 - bit % 8));
          exists = edited = true;
          break;
        }
        case 6:
          below(2) == 0 ? Run({"pexpire", key, "1000"}) : Run({"persist", key});
          break;
        case 7:
          if (below(4) != 0) break;
          Run({"del", key});
          twin.clear(), exists = edited = false;
          break;
      }
      ASSERT_EQ(Run({"get", key}), exists ? Bulk(twin) : kNull) << "step " << step;
      ASSERT_EQ(Run({"strlen", key}), Integer(static_cast<std::int64_t>(twin.size())));
      if (!exists) continue;
      const auto number = twin.size() <= 20 ? base::ParseInt64(twin) : std::nullopt;
      ASSERT_EQ(Encoding(key), Bulk(edited || (!number && twin.size() > 44) ? "raw" : number ? "int" : "embstr"));
    }
  }
}

TEST_F(Strings, EncodingTravelsWithTheValue) {
  Run({"append", "k", "x"});
  Run({"append", "k", "y"});
  EXPECT_EQ(Encoding("k"), Bulk("raw"));
  Run({"expire", "k", "100"});
  EXPECT_EQ(Encoding("k"), Bulk("raw"));
  Run({"rename", "k", "l"});
  EXPECT_EQ(Encoding("l"), Bulk("raw"));
  Run({"copy", "l", "m"});
  EXPECT_EQ(Encoding("m"), Bulk("raw"));
  Run({"set", "m", "x"});
  EXPECT_EQ(Encoding("m"), Bulk("embstr"));
  Run({"incrbyfloat", "f", "1"});
  EXPECT_EQ(Encoding("f"), Bulk("embstr"));
  Run({"incr", "f"});
  EXPECT_EQ(Encoding("f"), Bulk("int"));
}

}  // namespace
}  // namespace zedis::commands
