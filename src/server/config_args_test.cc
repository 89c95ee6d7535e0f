#include "server/config_args.h"

#include <gtest/gtest.h>

namespace zedis::server {
namespace {

using Options = std::vector<std::vector<std::string>>;

CommandLine Parse(std::vector<std::string> arguments) {
  auto line = ParseCommandLine(arguments);
  EXPECT_TRUE(line) << line.error();
  return line.value_or(CommandLine{});
}

TEST(ParseCommandLine, NothingMeansDefaults) {
  const auto line = Parse({});
  EXPECT_EQ(line.action, CommandLine::Action::kServe);
  EXPECT_EQ(line.file, "");
  EXPECT_FALSE(line.reads_stdin);
  EXPECT_TRUE(line.options.empty());
}

TEST(ParseCommandLine, VersionAndHelp) {
  EXPECT_EQ(Parse({"-v"}).action, CommandLine::Action::kShowVersion);
  EXPECT_EQ(Parse({"--version"}).action, CommandLine::Action::kShowVersion);
  EXPECT_EQ(Parse({"-h"}).action, CommandLine::Action::kShowHelp);
  EXPECT_EQ(Parse({"--help"}).action, CommandLine::Action::kShowHelp);
}

TEST(ParseCommandLine, FileStandardInputAndOptions) {
  auto line = Parse({"a.conf", "--port", "7000", "--save", "60", "1", "--save", "300", "10", "-"});
  EXPECT_EQ(line.file, "a.conf");
  EXPECT_TRUE(line.reads_stdin);
  EXPECT_EQ(line.options, (Options{{"port", "7000"}, {"save", "60", "1"}, {"save", "300", "10"}}));
  line = Parse({"-", "--timeout", "4"});
  EXPECT_TRUE(line.reads_stdin);
  EXPECT_EQ(line.options, (Options{{"timeout", "4"}}));
  EXPECT_TRUE(Parse({"a.conf", "-"}).reads_stdin);
  EXPECT_EQ(Parse({"--timeout", "4", "-", "--port", "1"}).options, (Options{{"timeout", "4", "-"}, {"port", "1"}}))
      << "only the last argument";
}

TEST(ParseCommandLine, NameAndValueInOneArgument) {
  EXPECT_EQ(Parse({"--timeout 5", "--save 60 1"}).options, (Options{{"timeout", "5"}, {"save", "60", "1"}}));
  EXPECT_EQ(Parse({"--timeout \"7\""}).options, (Options{{"timeout", "7"}}));
  EXPECT_EQ(Parse({"--timeout 7", "8"}).options, (Options{{"timeout", "7", "8"}}));
  EXPECT_EQ(Parse({"--proc-title-template", "a b\""}).options, (Options{{"proc-title-template", "a b\""}}));
}

TEST(ParseCommandLine, AnOptionWithoutValueTakesTheNextArgument) {
  EXPECT_EQ(Parse({"--requirepass", "--x"}).options, (Options{{"requirepass", "--x"}}));
  EXPECT_EQ(Parse({"--timeout", "--port", "1"}).options, (Options{{"timeout", "--port", "1"}}));
  EXPECT_EQ(Parse({"--bind", "127.0.0.1", "-::1"}).options, (Options{{"bind", "127.0.0.1", "-::1"}}));
}

TEST(ParseCommandLine, SaveWithoutValueIsEmpty) {
  EXPECT_EQ(Parse({"--save"}).options, (Options{{"save", ""}}));
  EXPECT_EQ(Parse({"--save", ""}).options, (Options{{"save", ""}}));
  EXPECT_EQ(Parse({"--save", "--port", "1"}).options, (Options{{"save", ""}, {"port", "1"}}));
}

TEST(ParseCommandLine, OddArgumentsReachTheLoader) {
  EXPECT_EQ(Parse({"-x"}).options, (Options{{"-x"}}));
  EXPECT_EQ(Parse({"--port", "1", "--", "timeout", "7"}).options, (Options{{"port", "1"}, {"timeout", "7"}}));
}

TEST(ParseCommandLine, UnbalancedQuotesDoNotShowTheValue) {
  const std::vector<std::string> arguments = {"--requirepass \"abc"};
  const auto line = ParseCommandLine(arguments);
  ASSERT_FALSE(line);
  EXPECT_EQ(line.error(), "command line: '--requirepass ...': unbalanced quotes");
}

}  // namespace
}  // namespace zedis::server
