#include "server/command_syntax.h"

#include <gtest/gtest.h>

#include "engine/registry.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

std::string Shown(std::string_view line) {
  const auto arguments = ParseSyntax(line);
  if (!arguments) return "malformed";
  resp::OutputBuffer output;
  ReplyArguments(resp::Reply(output, resp::Protocol::kResp3), *arguments);
  std::string text(output.Bytes());
  std::string shown;
  for (const char c : text) {
    if (c != '\r') shown += c == '\n' ? ' ' : c;
  }
  return shown;
}

TEST(CommandSyntaxTest, ArgumentsWithTypesAndKeys) {
  EXPECT_EQ(Shown(""), "*0 ");
  EXPECT_EQ(Shown("value"), "*1 %2 $4 name $5 value $4 type $6 string ");
  EXPECT_EQ(Shown("key#1 n:int"),
            "*2 %3 $4 name $3 key $4 type $3 key $14 key_spec_index :1 %2 $4 name $1 n $4 type $7 integer ");
  EXPECT_EQ(Shown("a:pattern#1"), "*1 %3 $4 name $1 a $4 type $7 pattern $14 key_spec_index :1 ");
}

TEST(CommandSyntaxTest, WordsAndWhatFollowsThem) {
  EXPECT_EQ(Shown("[NX@2.6.12]"),
            "*1 %5 $4 name $2 nx $4 type $10 pure-token $5 token $2 NX $5 since $6 2.6.12 $5 flags ~1 +optional ");
  EXPECT_EQ(Shown("change=CH"), "*1 %3 $4 name $6 change $4 type $10 pure-token $5 token $2 CH ");
  EXPECT_EQ(Shown("EX seconds:int!2.0.0"),
            "*1 %4 $4 name $7 seconds $4 type $7 integer $5 token $2 EX $16 deprecated_since $5 2.0.0 ");
  EXPECT_EQ(Shown("equal=\"=\""), "*1 %3 $4 name $5 equal $4 type $10 pure-token $5 token $1 = ");
  EXPECT_EQ(Shown("ADDR 'ip:port'"), "*1 %3 $4 name $7 ip:port $4 type $6 string $5 token $4 ADDR ");
}

TEST(CommandSyntaxTest, GroupsAndRepetition) {
  EXPECT_EQ(
      Shown("where(L|R)"),
      "*1 %3 $4 name $5 where $4 type $5 oneof $9 arguments *2 %3 $4 name $1 l $4 type $10 pure-token $5 token $1 L "
      "%3 $4 name $1 r $4 type $10 pure-token $5 token $1 R ");
  EXPECT_EQ(Shown("[GET p{a b}@6.2.0...+]"),
            "*1 %6 $4 name $1 p $4 type $5 block $5 token $3 GET $5 since $5 6.2.0 $5 flags ~3 +optional +multiple "
            "+multiple_token $9 arguments *2 %2 $4 name $1 a $4 type $6 string %2 $4 name $1 b $4 type $6 string ");
}

TEST(CommandSyntaxTest, WhatIsMalformedIsFound) {
  for (const char* line : {"a  b", " a", "a ", "[a", "a]", "x(A|", "x(A", "x{a", "a#", "a#k", "'a", "a=b", "a:float",
                           "(A|B)", "A b c(", "a....", "EX 'seconds' ]"}) {
    EXPECT_EQ(Shown(line), "malformed") << line;
  }
}

TEST(CommandSyntaxTest, EveryRowIsWellFormed) {
  const engine::Registry registry(AllTables());
  const auto check = [](const engine::ResolvedCommand& command) {
    const engine::Command& row = *command.row;
    EXPECT_TRUE(ParseSyntax(row.syntax)) << row.name;
    if ((row.flags & engine::kNotYet) != 0) return;
    for (const engine::KeySpec& spec : row.keys) {
      if ((spec.flags & engine::kKeyNotKey) != 0) continue;
      const auto number = static_cast<std::size_t>(&spec - row.keys.data());
      EXPECT_NE(row.syntax.find("#" + std::to_string(number)), std::string_view::npos) << row.name;
    }
  };
  for (const engine::ResolvedCommand& command : registry.commands()) {
    check(command);
    for (const engine::ResolvedCommand& subcommand : command.subcommands) check(subcommand);
  }
}

}  // namespace
}  // namespace zedis::server
