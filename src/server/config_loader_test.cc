#include "server/config_loader.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "server/config.h"
#include "server/config_table.h"

namespace zedis::server {
namespace {

class ConfigLoaderTest : public testing::Test {
 protected:
  ConfigLoaderTest() {
    char pattern[] = "/tmp/zedis-config-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  ~ConfigLoaderTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view text) {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << text;
    return folder_ + "/" + name;
  }

  // "OK", or the error with the folder's name left out.
  std::string LoadText(std::string_view text) { return Tell(ConfigLoader(config_, folder_).LoadText("f", text)); }
  std::string LoadOptions(const std::vector<std::vector<std::string>>& options) {
    return Tell(ConfigLoader(config_, folder_).LoadOptions(options));
  }
  std::string Tell(const std::expected<void, std::string>& result) {
    std::string text = result ? "OK" : result.error();
    for (std::size_t at = 0; (at = text.find(folder_)) != std::string::npos;) text.replace(at, folder_.size(), "DIR");
    return text;
  }
  std::string Value(std::string_view name) { return config_.values[FindDirective(name)->index].text; }

  std::string folder_;
  ConfigValues config_ = InitialValues("/tmp");
};

TEST_F(ConfigLoaderTest, ReadsCommentsSpacesCrlfAndAnyCase) {
  EXPECT_EQ(LoadText("# c\r\n\t# c\r\n\r\n  TimeOut 5  \r\n\"port\" '7'"), "OK");
  EXPECT_EQ(Value("timeout"), "5");
  EXPECT_EQ(Value("port"), "7");
}

TEST_F(ConfigLoaderTest, TheLastLineWins) {
  EXPECT_EQ(LoadText("timeout 5\ntimeout 6\nbind 1.1.1.1 2.2.2.2\nbind 127.0.0.1\n"), "OK");
  EXPECT_EQ(Value("timeout"), "6");
  EXPECT_EQ(Value("bind"), "127.0.0.1");
}

TEST_F(ConfigLoaderTest, LinesOfSeveralWords) {
  EXPECT_EQ(LoadText("client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit pubsub 4 5 6\n"
                     "oom-score-adj-values \"1 2 3\"\nshutdown-on-sigint now save\n"),
            "OK");
  EXPECT_EQ(Value("client-output-buffer-limit"), "normal 1 2 3 slave 268435456 67108864 60 pubsub 4 5 6");
  EXPECT_EQ(Value("oom-score-adj-values"), "1 2 3");
  EXPECT_EQ(Value("shutdown-on-sigint"), "save now");
}

TEST_F(ConfigLoaderTest, ErrorsNameThePlaceTheLineAndTheReason) {
  EXPECT_EQ(LoadText("port 0\nfoo 1\n"), "f line 2: 'foo 1': unknown directive");
  EXPECT_EQ(LoadText("port x"), "f line 1: 'port x': argument couldn't be parsed into an integer");
  EXPECT_EQ(LoadText("\n\nport"), "f line 3: 'port': wrong number of arguments");
  EXPECT_EQ(LoadText("port 1 2"), "f line 1: 'port 1 2': wrong number of arguments");
  EXPECT_EQ(LoadText("timeout 5 # five"), "f line 1: 'timeout 5 # five': wrong number of arguments");
  EXPECT_EQ(LoadText("loglevel \"notice\"x"),
            "f line 1: 'loglevel \"notice\"x': unbalanced quotes in configuration line");
  EXPECT_EQ(LoadText("unixsocketperm 8"),
            "f line 1: 'unixsocketperm 8': argument couldn't be parsed as an octal number");
  EXPECT_EQ(LoadText("unixsocketperm 1000"),
            "f line 1: 'unixsocketperm 1000': argument must be between 0 and 777 inclusive");
  EXPECT_EQ(LoadText("unixsocketperm 0700"), "OK");
  EXPECT_EQ(Value("unixsocketperm"), "700");
  EXPECT_EQ(LoadText("appendfilename \"\""), "f line 1: 'appendfilename \"\"': appendfilename can't be empty");
  EXPECT_EQ(LoadText("dir /nosuch"), "f line 1: 'dir /nosuch': No such file or directory");
  EXPECT_EQ(LoadText(std::string_view("timeout 5\0 6", 12)),
            "f line 1: 'timeout 5\\x00 6': the line holds a zero byte");
  EXPECT_EQ(LoadText("foo \x1b[2J"), "f line 1: 'foo \\x1b[2J': unknown directive");
  EXPECT_EQ(LoadOptions({{"port", "a"}}), "command line: '--port a': argument couldn't be parsed into an integer");
  EXPECT_EQ(LoadOptions({{"-x"}}), "command line: '---x': unknown directive");
}

TEST_F(ConfigLoaderTest, ErrorsHideSecrets) {
  EXPECT_EQ(LoadText("requirepass secret more"), "f line 1: 'requirepass (hidden)': wrong number of arguments");
  EXPECT_EQ(LoadText("RequirePass \"secret"),
            "f line 1: 'RequirePass (hidden)': unbalanced quotes in configuration line");
  EXPECT_EQ(LoadText("\"primaryauth\" a b"), "f line 1: 'primaryauth (hidden)': wrong number of arguments");
  EXPECT_EQ(LoadText("require-pass secret"), "f line 1: 'require-pass (hidden)': unknown directive");
  EXPECT_EQ(LoadText("user bob >secret\nuser bob >other"),
            "f line 2: 'user (hidden)': Duplicate user found. A user can only be defined once in config files");
  EXPECT_EQ(LoadOptions({{"requirepass", "a", "b"}}),
            "command line: 'requirepass (hidden)': wrong number of arguments");
}

TEST_F(ConfigLoaderTest, RenamesOneAfterTheOther) {
  EXPECT_EQ(LoadText("rename-command CONFIG \"\"\nrename-command Get Fetch\nrename-command set GET\n"), "OK");
  EXPECT_EQ(LoadText("rename-command fetch get2"), "OK");
  std::map<std::string, std::string> names;
  for (const auto& rename : config_.renames.list()) names[rename.original] = rename.name;
  EXPECT_EQ(names, (std::map<std::string, std::string>{{"config", ""}, {"get", "get2"}, {"set", "get"}}));
  EXPECT_EQ(LoadText("rename-command config x"),
            "f line 1: 'rename-command config x': No such command in rename-command");
  EXPECT_EQ(LoadText("rename-command del get"),
            "f line 1: 'rename-command del get': Target command name already exists");
  EXPECT_EQ(LoadText("rename-command del"), "f line 1: 'rename-command del': wrong number of arguments");
}

TEST_F(ConfigLoaderTest, UsersAreKeptAsTheyAre) {
  EXPECT_EQ(LoadText("user default on nopass ~* &* +@all\nUser \"b\" on '~it is' (+get ~x)"), "OK");
  EXPECT_EQ(config_.users, (std::vector<std::vector<std::string>>{{"default", "on", "nopass", "~*", "&*", "+@all"},
                                                                  {"b", "on", "~it is", "(+get", "~x)"}}));
  EXPECT_EQ(LoadText("user"), "f line 1: 'user': wrong number of arguments");
}

TEST_F(ConfigLoaderTest, RefusesWhatIsNotThere) {
  EXPECT_EQ(LoadText("loadmodule /x"), "f line 1: 'loadmodule /x': modules are not supported");
  EXPECT_EQ(LoadText("sentinel x"), "f line 1: 'sentinel x': sentinel mode is not supported");
  EXPECT_EQ(LoadText("appendonly yes"),
            "f line 1: 'appendonly yes': not supported yet: the only value accepted is 'no'");
  EXPECT_EQ(LoadText("cluster-enabled yes"),
            "f line 1: 'cluster-enabled yes': not supported yet: the only value accepted is 'no'");
  EXPECT_EQ(LoadText("slaveof 1.2.3.4 5"),
            "f line 1: 'slaveof 1.2.3.4 5': not supported yet: the only value accepted is ''");
  EXPECT_EQ(LoadText("replicaof a"), "f line 1: 'replicaof a': wrong number of arguments");
  EXPECT_EQ(LoadText("replicaof a 99999"), "f line 1: 'replicaof a 99999': Invalid master port");
  EXPECT_EQ(LoadText("save 60"), "f line 1: 'save 60': Invalid save parameters");
  EXPECT_EQ(LoadText("save \"\"\nappendonly no\nreplicaof no one\nlist-max-ziplist-entries 5\n"), "OK");
}

TEST_F(ConfigLoaderTest, Includes) {
  Write("a.inc", "timeout 11\n");
  Write("b.inc", "port 12\nfoo 1\n");
  EXPECT_EQ(LoadText("timeout 1\ninclude " + folder_ + "/a.inc\n"), "OK");
  EXPECT_EQ(Value("timeout"), "11");
  EXPECT_EQ(LoadText("timeout 1\ninclude a.inc\n"), "OK") << "relative to the directory of the start";
  EXPECT_EQ(Value("timeout"), "11");
  EXPECT_EQ(LoadText("include nosuch*.conf"), "OK");
  EXPECT_EQ(LoadText("include *.inc"), "DIR/b.inc line 2: 'foo 1': unknown directive");
  EXPECT_EQ(Value("port"), "12");
  EXPECT_EQ(LoadText("include nosuch"),
            "f line 1: 'include nosuch': can't open config file 'DIR/nosuch': No such file or directory");
  EXPECT_EQ(LoadText("include"), "f line 1: 'include': wrong number of arguments");
  EXPECT_EQ(LoadText("include a b"), "f line 1: 'include a b': wrong number of arguments");
}

TEST_F(ConfigLoaderTest, AnIncludeOfItselfEnds) {
  const std::string path = Write("loop", "include loop\n");
  EXPECT_EQ(LoadText("include loop"), "DIR/loop line 1: 'include loop': includes are nested too deeply");
}

TEST_F(ConfigLoaderTest, ConfigLoadsFileThenStandardInputThenOptions) {
  const std::string path = Write("z.conf", "timeout 1\nport 1\nhz 50\nrdbchecksum no\nio-threads 4\n");
  base::Tunables tunables;
  Config config(tunables, folder_);
  const std::vector<std::string> arguments = {path, "-"};
  CommandLine line = *ParseCommandLine(arguments);
  line.options = {{"timeout", "3"}};
  ASSERT_TRUE(config.Load(line, "timeout 2\nport 2\n"));
  EXPECT_EQ(config.Text("timeout"), "3");
  EXPECT_EQ(config.Text("port"), "2");
  EXPECT_EQ(tunables.hz.Get(), 50);
  EXPECT_EQ(config.file(), path);
  EXPECT_EQ(config.Given(Status::kIgnored), (std::vector<std::string>{"hz", "io-threads", "rdbchecksum"}));
  EXPECT_GE(config.Number("threads"), 1);

  line.options = {};
  EXPECT_EQ(Tell(config.Load(line, "port x")),
            "standard input line 1: 'port x': argument couldn't be parsed into an integer");
  line.file = folder_ + "/nosuch";
  EXPECT_EQ(Tell(config.Load(line)), "can't open config file 'DIR/nosuch': No such file or directory");
  line.file = folder_;
  EXPECT_EQ(Tell(config.Load(line)), "can't open config file 'DIR': Is a directory");
}

}  // namespace
}  // namespace zedis::server
