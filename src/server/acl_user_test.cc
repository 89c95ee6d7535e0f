#include "server/acl_user.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

#include "server/tables.h"

namespace zedis::server {
namespace {

class AclUserTest : public testing::Test {
 protected:
  // "OK", or what is wrong.
  std::string Apply(std::initializer_list<std::string_view> rules) {
    for (const std::string_view rule : rules) {
      if (const auto applied = user_.Apply(world_, rule); !applied) return std::string(TextOf(applied.error()));
    }
    return "OK";
  }
  std::string Commands(std::initializer_list<std::string_view> rules) {
    EXPECT_EQ(Apply(rules), "OK");
    return user_.selectors().front().CommandRules(catalog_);
  }
  std::string Line() const { return user_.Line(catalog_); }
  Denial Check(std::initializer_list<std::string_view> words, int database = 0) const {
    const std::vector<std::string_view> args(words);
    const engine::ResolvedCommand* command = registry_.Find(args[0]);
    if (command->has_subcommands) command = engine::Registry::FindSubcommand(*command, args[1]);
    return user_.Check(*command, args, database);
  }

  const engine::Registry registry_{AllTables()};
  const CommandCatalog catalog_{registry_};
  const RuleWorld world_{catalog_, 16, false};
  User user_{"u", 1, false};
};

constexpr Denial kAllowed{};

TEST_F(AclUserTest, ANewUserMayNothing) {
  EXPECT_EQ(Line(), "user u off resetchannels -@all");
  EXPECT_FALSE(user_.enabled());
  EXPECT_FALSE(user_.unrestricted());
  EXPECT_EQ(Check({"get", "k"}).reason, DenialReason::kCommand);
  EXPECT_EQ(Check({"auth", "x"}), kAllowed);
}

TEST_F(AclUserTest, TheDefaultUserMayEverything) {
  user_ = User::MakeDefault(1);
  EXPECT_EQ(Line(), "user default on nopass ~* &* +@all");
  EXPECT_TRUE(user_.unrestricted());
  EXPECT_EQ(Apply({"-get"}), "OK");
  EXPECT_FALSE(user_.unrestricted());
}

TEST_F(AclUserTest, WhatIsWrongIsTold) {
  const std::string syntax = "Syntax error";
  for (const char* rule : {"foo", "%", "%~a", "%X~a", "%RR~a", "~a b", "&a b", "+get|", "db=", "db=1,", "db=-1", "(on)",
                           "(>x)", "((+get))", "(", ")", "+config|"}) {
    EXPECT_EQ(Apply({rule}), syntax) << rule;
  }
  for (const char* rule : {"+nosuch", "-nosuch", "+@nosuch", "-@nosuch", "+", "-", "+|x", "+config|nosuch",
                           "-config|nosuch", "-select|0", "+select|a|b", "(+nosuch)"}) {
    EXPECT_EQ(Apply({rule}), "Unknown command or category name in ACL") << rule;
  }
  EXPECT_EQ(Apply({"+config|get|x"}), "Allowing first-arg of a subcommand is not supported");
  EXPECT_EQ(Apply({"~*", "~a"}).substr(0, 34), "Adding a pattern after the * patte");
  EXPECT_EQ(Apply({"&*", "&a"}).substr(0, 34), "Adding a pattern after the * patte");
  EXPECT_EQ(Apply({"<x"}), "The password you are trying to remove from the user does not exist");
  EXPECT_EQ(Apply({"#x"}).substr(0, 46), "The password hash must be exactly 64 character");
  EXPECT_EQ(Apply({"db=16"}), "The provided database ID is out of range");
  EXPECT_EQ(Apply({"", "resetkeys", "resetchannels", "%R", "&"}), "OK");
}

TEST_F(AclUserTest, ARuleThatFailsChangesNothing) {
  ASSERT_EQ(Apply({"on", "~a", "+get", ">x"}), "OK");
  const std::string before = Line();
  for (const char* rule : {"%RX~b", "db=1,99", "(~b +nosuch)", "#0", "+config|nosuch"}) {
    EXPECT_NE(Apply({rule}), "OK");
    EXPECT_EQ(Line(), before) << rule;
  }
}

TEST_F(AclUserTest, CommandsAreToldAsRedisTellsThem) {
  EXPECT_EQ(Commands({"+get", "+set"}), "-@all +get +set");
  EXPECT_EQ(Commands({"+@all", "-@dangerous"}), "+@all -@dangerous");
  EXPECT_EQ(Commands({"+@all", "-@write", "+set"}), "+@all -@write +set");
  EXPECT_EQ(Commands({"+@all", "-get", "-config|get", "-client"}), "+@all -client -config|get -get");
  EXPECT_EQ(Commands({"-@all", "+client|id", "+client|info"}), "-@all +client|id +client|info");
  EXPECT_EQ(Commands({"-@all", "+config", "-config|set"}), "-@all +config -config|set");
  EXPECT_EQ(Commands({"+@all", "+select|0"}), "+@all");
  EXPECT_EQ(Commands({"-select", "+select|0", "+select|1", "+select|0"}), "+@all -select +select|0 +select|1");
  EXPECT_EQ(Commands({"+select"}), "+@all");
  EXPECT_EQ(Commands({"nocommands", "+@read", "-mget"}), "-@all +@read -mget");
  EXPECT_EQ(Commands({"ALLCOMMANDS", "-GET"}), "+@all -get");
}

TEST_F(AclUserTest, WhatIsToldGivesTheSameRulesBack) {
  std::mt19937 random(1);
  const auto pick = [&](std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random); };
  for (int round = 0; round < 200; ++round) {
    user_ = User("u", 1, pick(2) == 0);
    for (std::size_t i = pick(12); i > 0; --i) {
      const engine::ResolvedCommand* command = catalog_.all()[pick(catalog_.all().size())];
      const CategoryName category = CategoryNames()[pick(CategoryNames().size())];
      const char* sign = pick(2) == 0 ? "+" : "-";
      switch (pick(6)) {
        case 0:
        case 1:
          ASSERT_EQ(Apply({fmt::format("{}@{}", sign, category.name)}), "OK");
          break;
        case 2:
          ASSERT_EQ(Apply({fmt::format("{}@all", sign)}), "OK");
          break;
        case 3:
          ASSERT_EQ(
              Apply({fmt::format("(~k{} {}{} {}@{} db={})", i, sign, command->row->name, sign, category.name, i)}),
              "OK");
          break;
        default:
          ASSERT_EQ(Apply({fmt::format("{}{}", sign, command->row->name)}), "OK");
      }
    }
    const std::string line = Line();
    std::vector<std::string_view> words;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      words.push_back(std::string_view(line).substr(at, end - at));
      at = end + 1;
    }
    const auto rules = JoinSelectors(std::span(words).subspan(2));
    ASSERT_TRUE(rules);
    const User before = std::exchange(user_, User("u", 1, false));
    for (const std::string& rule : *rules) ASSERT_EQ(Apply({rule}), "OK") << rule;
    EXPECT_EQ(Line(), line);
    for (const engine::ResolvedCommand* command : catalog_.all()) {
      const std::vector<std::string_view> args(20, "k1");
      EXPECT_EQ(user_.Check(*command, args, 1), before.Check(*command, args, 1)) << command->row->name << ": " << line;
    }
  }
}

TEST_F(AclUserTest, KeysMayBeReadOrWritten) {
  ASSERT_EQ(Apply({"+@all", "~rw*", "%R~r*", "%W~w*"}), "OK");
  EXPECT_EQ(Line(), "user u off ~rw* %R~r* %W~w* resetchannels +@all");
  EXPECT_EQ(Check({"get", "r"}), kAllowed);
  EXPECT_EQ(Check({"get", "w"}), (Denial{DenialReason::kKey, 1}));
  EXPECT_EQ(Check({"set", "w", "v"}), kAllowed);
  EXPECT_EQ(Check({"set", "w", "v", "GET"}), (Denial{DenialReason::kKey, 1}));
  EXPECT_EQ(Check({"copy", "r", "w"}), kAllowed);
  EXPECT_EQ(Check({"copy", "r", "r"}), (Denial{DenialReason::kKey, 2}));
  EXPECT_EQ(Check({"mset", "w", "v", "r", "v"}), (Denial{DenialReason::kKey, 3}));
  EXPECT_EQ(Check({"exists", "w"}), kAllowed);
  EXPECT_EQ(Check({"exists", "x"}), (Denial{DenialReason::kKey, 1}));
  ASSERT_EQ(Apply({"%W~r*"}), "OK");
  EXPECT_EQ(Line(), "user u off ~rw* ~r* %W~w* resetchannels +@all");
  EXPECT_EQ(Check({"copy", "r", "r"}), kAllowed);
}

TEST_F(AclUserTest, OneSelectorHasToAllowAllOfACommand) {
  ASSERT_EQ(Apply({"~a", "+get", "(~b +set)", "(~a ~b +mget)"}), "OK");
  EXPECT_EQ(Line(),
            "user u off ~a resetchannels -@all +get (~b resetchannels -@all +set) "
            "(~a ~b resetchannels -@all +mget)");
  EXPECT_EQ(Check({"get", "a"}), kAllowed);
  EXPECT_EQ(Check({"set", "b", "v"}), kAllowed);
  EXPECT_EQ(Check({"get", "b"}).reason, DenialReason::kKey);
  EXPECT_EQ(Check({"mget", "a", "b"}), kAllowed);
  EXPECT_EQ(Check({"mget", "a", "c"}), (Denial{DenialReason::kKey, 2}));
  EXPECT_EQ(Check({"lpush", "a", "v"}).reason, DenialReason::kCommand);
}

TEST_F(AclUserTest, ChannelsAreMatchedAndPatternsCompared) {
  ASSERT_EQ(Apply({"&news.*"}), "OK");
  EXPECT_TRUE(user_.MayListen("news.a", false));
  EXPECT_FALSE(user_.MayListen("old", false));
  EXPECT_TRUE(user_.MayListen("news.*", true));
  EXPECT_FALSE(user_.MayListen("news.a*", true));
  ASSERT_EQ(Apply({"allchannels"}), "OK");
  EXPECT_TRUE(user_.MayListen("*", true));
}

TEST_F(AclUserTest, DatabasesAreThoseNamedAndTheSelectedOne) {
  ASSERT_EQ(Apply({"+@all", "~*", "db=1,2"}), "OK");
  EXPECT_EQ(Check({"get", "k"}, 1), kAllowed);
  EXPECT_EQ(Check({"get", "k"}, 0), (Denial{DenialReason::kDatabase, 0}));
  EXPECT_EQ(Check({"select", "2"}, 0), kAllowed);
  EXPECT_EQ(Check({"select", "3"}, 1), (Denial{DenialReason::kDatabase, 1}));
  EXPECT_EQ(Check({"swapdb", "1", "2"}, 0), kAllowed);
  EXPECT_EQ(Check({"swapdb", "1", "0"}, 0), (Denial{DenialReason::kDatabase, 2}));
  EXPECT_EQ(Check({"copy", "a", "b", "DB", "0"}, 1), (Denial{DenialReason::kDatabase, 4}));
  EXPECT_EQ(Check({"flushall"}, 1), (Denial{DenialReason::kDatabase, 0}));
  EXPECT_EQ(Check({"ping"}, 0), kAllowed);
}

TEST_F(AclUserTest, FlagsAndPasswords) {
  ASSERT_EQ(Apply({"on", "nopass", ">x"}), "OK");
  EXPECT_FALSE(user_.needs_no_password());
  EXPECT_EQ(user_.password_hashes().size(), 1u);
  ASSERT_EQ(Apply({">x", "<x", "skip-sanitize-payload"}), "OK");
  EXPECT_EQ(Line(), "user u on skip-sanitize-payload resetchannels -@all");
  ASSERT_EQ(Apply({"sanitize-payload", "NOPASS"}), "OK");
  EXPECT_EQ(Line(), "user u on nopass sanitize-payload resetchannels -@all");
  ASSERT_EQ(Apply({"reset"}), "OK");
  EXPECT_EQ(Line(), "user u off sanitize-payload resetchannels -@all");
}

TEST(AclRulesTest, SelectorsThatStandApartAreJoined) {
  const std::vector<std::string_view> words = {"on", "(~a", "+get", "&x)", "(~b)", "+set"};
  EXPECT_EQ(*JoinSelectors(words), (std::vector<std::string>{"on", "(~a +get &x)", "(~b)", "+set"}));
  const std::vector<std::string_view> open = {"on", "(~a", "+get"};
  EXPECT_EQ(JoinSelectors(open).error(), "(~a");
}

}  // namespace
}  // namespace zedis::server
