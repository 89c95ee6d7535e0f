#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "commands/command_harness.h"

namespace zedis::commands {
namespace {

std::string Name(int number) { return "member" + std::to_string(number); }

// The bulk strings of a reply that is one, or an array of them.
std::vector<std::string> BulksOf(std::string_view reply) {
  std::vector<std::string> bulks;
  for (std::size_t at = reply.find('$'); at != std::string_view::npos; at = reply.find('$', at)) {
    const std::size_t size = std::stoul(std::string(reply.substr(at + 1)));
    const std::size_t text = reply.find("\r\n", at) + 2;
    bulks.emplace_back(reply.substr(text, size));
    at = text + size;
  }
  return bulks;
}

TEST(Sets, EveryChangeIsReportedOnceAndAnEmptySetIsGone) {
  CommandHarness harness;
  EXPECT_EQ(harness.Run({"SADD", "s", "1", "2", "x"}), ":3\r\n");
  EXPECT_EQ(harness.Run({"SADD", "s", "1"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"SREM", "s", "1", "1", "no"}), ":1\r\n");
  EXPECT_EQ(harness.Run({"SMOVE", "s", "t", "x"}), ":1\r\n");
  EXPECT_EQ(harness.Run({"SMOVE", "s", "t", "2"}), ":1\r\n");
  EXPECT_EQ(harness.TakeEvents(),
            (std::vector<std::string>{"sadd s", "srem s", "srem s", "sadd t", "srem s", "del s", "sadd t"}));
  EXPECT_EQ(harness.Run({"SINTERSTORE", "u", "t", "t"}), ":2\r\n");
  EXPECT_EQ(harness.Run({"SDIFFSTORE", "u", "t", "t"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"SPOP", "t", "1"}).substr(0, 4), "*1\r\n");
  harness.Run({"SPOP", "t"});
  EXPECT_EQ(harness.TakeEvents(), (std::vector<std::string>{"sinterstore u", "del u", "spop t", "spop t", "del t"}));
  EXPECT_EQ(harness.Run({"DBSIZE"}), ":0\r\n");
}

TEST(Sets, ASetThatGrowsFromOneMemberKeepsThemAll) {
  for (const bool texts : {false, true}) {
    CommandHarness harness;
    for (int i = 0; i < 3000; ++i) {
      const std::string member = texts ? Name(i) : std::to_string(i * 7);
      ASSERT_EQ(harness.Run({"SADD", "s", member}), ":1\r\n");
      ASSERT_EQ(harness.Run({"SADD", "s", member}), ":0\r\n");
      ASSERT_EQ(harness.Run({"SCARD", "s"}), ":" + std::to_string(i + 1) + "\r\n");
    }
    for (int i = 0; i < 3000; ++i) {
      ASSERT_EQ(harness.Run({"SISMEMBER", "s", texts ? Name(i) : std::to_string(i * 7)}), ":1\r\n");
      ASSERT_EQ(harness.Run({"SISMEMBER", "s", Name(i + 3000)}), ":0\r\n");
    }
    EXPECT_EQ(BulksOf(harness.Run({"SMEMBERS", "s"})).size(), 3000u);
  }
}

TEST(Sets, DueKeysAreMissingAndATargetThatIsDueDoesNotMoveItsSources) {
  CommandHarness harness;
  for (int round = 0; round < 40; ++round) {
    const std::string source = "source" + std::to_string(round);
    const std::string target = "target" + std::to_string(round);
    harness.Run({"SADD", target, "old"});
    harness.Run({"SADD", source, "a", "b"});
    harness.Run({"PEXPIRE", target, "10"});
    harness.Sleep(20);
    if (round % 2 == 0) {
      ASSERT_EQ(harness.Run({"SUNIONSTORE", target, source, "missing"}), ":2\r\n");
    } else {
      ASSERT_EQ(harness.Run({"SMOVE", source, target, "a"}), ":1\r\n");
      ASSERT_EQ(harness.Run({"SMEMBERS", target}), "*1\r\n$1\r\na\r\n");
    }
    ASSERT_EQ(harness.Run({"PTTL", target}), ":-1\r\n");
  }
}

// Chi-squared at 199 degrees of freedom: standard deviation 20. The seed is fixed, so that this never fails by chance.
class Chance : public testing::TestWithParam<bool> {
 protected:
  void Fill(int members) {
    for (int i = 0; i < members; ++i) harness_.Run({"SADD", "s", GetParam() ? Name(i) : std::to_string(i)});
  }
  static double ChiSquared(const std::map<std::string, int>& counts, double expected, int members) {
    double chi = (members - static_cast<double>(counts.size())) * expected;
    for (const auto& [member, count] : counts) chi += (count - expected) * (count - expected) / expected;
    return chi;
  }
  CommandHarness harness_;
};

TEST_P(Chance, SrandmemberIsUniformWhateverItsCount) {
  for (const int members : {100, 200}) {
    Fill(members);
    for (const char* count : {"-10", "3", "10", "40", "90"}) {
      std::map<std::string, int> drawn;
      int total = 0;
      while (total < members * 200) {
        for (const std::string& member : BulksOf(harness_.Run({"SRANDMEMBER", "s", count}))) {
          ++drawn[member];
          ++total;
        }
      }
      EXPECT_LT(ChiSquared(drawn, static_cast<double>(total) / members, members),
                members + 5 * std::sqrt(2.0 * members))
          << members << " " << count;
    }
  }
}

TEST_P(Chance, SpopIsUniformWhateverItsCount) {
  for (const int members : {50, 200}) {
    for (const char* count : {"1", "20", "40", "49"}) {
      std::map<std::string, int> popped;
      int total = 0;
      while (total < members * 100) {
        harness_.Run({"DEL", "s"});
        Fill(members);
        for (const std::string& member : BulksOf(harness_.Run({"SPOP", "s", count}))) {
          ++popped[member];
          ++total;
        }
        if (count[0] == '1') {
          for (const std::string& member : BulksOf(harness_.Run({"SPOP", "s"}))) {
            ++popped[member];
            ++total;
          }
          if (total > members * 20) break;  // filling takes the time
        }
      }
      EXPECT_LT(ChiSquared(popped, static_cast<double>(total) / members, members),
                members + 5 * std::sqrt(2.0 * members))
          << members << " " << count;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfIntegersAndTexts, Chance, testing::Bool());

}  // namespace
}  // namespace zedis::commands
