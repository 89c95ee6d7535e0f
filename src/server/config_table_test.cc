#include "server/config_table.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "server/config.h"
#include "server/config_value.h"

namespace zedis::server {
namespace {

TEST(ConfigTable, NamesAndAliasesAreUniqueAndLowerCase) {
  std::set<std::string_view> seen;
  const auto check = [&](std::string_view name) {
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_"), std::string_view::npos) << name;
    EXPECT_EQ(FindRefusedLine(name), nullptr) << name;
  };
  for (const auto& directive : Directives()) {
    check(directive.name);
    if (!directive.alias.empty()) check(directive.alias);
  }
  EXPECT_GT(seen.size(), 220u);
}

TEST(ConfigTable, EveryInitialValueParsesAndIsCanonical) {
  for (const auto& directive : Directives()) {
    const Value value = InitialValue(directive);  // CHECKs that it parses
    if (directive.name == "threads") continue;    // 0 stands for the number of cores
    EXPECT_EQ(value.text, directive.initial) << directive.name;
  }
}

// What CONFIG REWRITE writes must be read back as it was.
TEST(ConfigTable, EveryShownValueIsAcceptedAgain) {
  for (const auto& directive : Directives()) {
    const Value value = InitialValue(directive);
    const auto again = ParseValue(directive, Words(&value.text, 1), Value{});
    ASSERT_TRUE(again) << directive.name << ": " << again.error();
    EXPECT_EQ(again->text, value.text) << directive.name;
    EXPECT_EQ(again->number, value.number) << directive.name;
  }
}

TEST(ConfigTable, FindsByEitherNameInAnyCase) {
  const auto by_name = FindDirective("REPLICA-priority");
  const auto by_alias = FindDirective("Slave-Priority");
  ASSERT_TRUE(by_name && by_alias);
  EXPECT_EQ(by_name->index, by_alias->index);
  EXPECT_FALSE(by_name->by_alias);
  EXPECT_TRUE(by_alias->by_alias);
  EXPECT_FALSE(FindDirective(""));
  EXPECT_FALSE(FindDirective("replica-priorit"));
}

TEST(ConfigTable, SecretsAreMarked) {
  for (const auto* name : {"requirepass", "masterauth", "tls-key-file-pass", "tls-client-key-file-pass"}) {
    EXPECT_TRUE(Directives()[FindDirective(name)->index].sensitive) << name;
  }
}

// The tunables must start with what the table says, for code that runs without a Config (tests, benchmarks).
TEST(ConfigTable, TunablesStartWithTheInitialValues) {
  base::Tunables fresh;
  for (const auto& directive : Directives()) {
    if (directive.tunable == nullptr) continue;
    EXPECT_EQ((fresh.*directive.tunable).Get(), InitialValue(directive).number) << directive.name;
  }
  base::Tunables configured;
  const Config config(configured, "/");
  for (std::size_t i = 0; i < base::kOutputClasses; ++i) {
    EXPECT_EQ(fresh.output_buffer_limits[i].hard_bytes.Get(), configured.output_buffer_limits[i].hard_bytes.Get());
    EXPECT_EQ(fresh.output_buffer_limits[i].soft_bytes.Get(), configured.output_buffer_limits[i].soft_bytes.Get());
    EXPECT_EQ(fresh.output_buffer_limits[i].soft_seconds.Get(), configured.output_buffer_limits[i].soft_seconds.Get());
  }
}

TEST(ConfigTable, NoTwoDirectivesShareATunable) {
  for (const auto& a : Directives()) {
    for (const auto& b : Directives()) {
      if (&a == &b || a.tunable == nullptr) continue;
      EXPECT_NE(a.tunable, b.tunable) << a.name << " " << b.name;
    }
  }
}

}  // namespace
}  // namespace zedis::server
