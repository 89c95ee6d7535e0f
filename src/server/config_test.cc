// The expected texts are those of redis-server 7.0.15, compared by hand, unless a comment says otherwise.
#include "server/config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "server/config_match.h"
#include "server/config_table.h"

namespace zedis::server {
namespace {

class ConfigTest : public testing::Test {
 protected:
  // "OK", or the error.
  std::string Set(std::vector<Config::Assignment> assignments, bool is_local = true) {
    const auto result = config_.Set(assignments, is_local);
    return result ? "OK" : result.error();
  }
  std::string Set(std::string_view name, std::string_view value) { return Set({{name, value}}); }

  // The reason after "CONFIG SET failed (possibly related to argument 'name') - ".
  std::string Reason(std::string_view name, std::string_view value) {
    const std::string text = Set(name, value);
    const std::string start = fmt::format("CONFIG SET failed (possibly related to argument '{}') - ", name);
    return text.starts_with(start) ? text.substr(start.size()) : text;
  }

  // The value that CONFIG GET shows after setting it, or the reason in <>.
  std::string After(std::string_view name, std::string_view value) {
    const std::string reason = Reason(name, value);
    return reason == "OK" ? Get(name) : "<" + reason + ">";
  }

  std::string Get(std::string_view name) {
    const auto pairs = config_.Get(std::vector{name});
    return pairs.size() == 1 ? pairs[0].second : fmt::format("({} values)", pairs.size());
  }
  std::vector<std::string> NamesOf(std::vector<std::string_view> patterns) {
    std::vector<std::string> names;
    for (auto& [name, value] : config_.Get(patterns)) names.push_back(name);
    return names;
  }

  std::expected<void, std::string> Load(std::vector<std::string> arguments) {
    return config_.Load(*ParseCommandLine(arguments));
  }

  base::Tunables tunables_;
  Config config_{tunables_, "/tmp"};
};

using Strings = std::vector<std::string>;

TEST_F(ConfigTest, Booleans) {
  EXPECT_EQ(After("latency-tracking", "NO"), "no");
  EXPECT_FALSE(tunables_.latency_tracking.IsOn());
  EXPECT_EQ(After("latency-tracking", "Yes"), "yes");
  EXPECT_TRUE(tunables_.latency_tracking.IsOn());
  for (const auto* bad : {"", "1", "true", "yes "}) {
    EXPECT_EQ(Reason("latency-tracking", bad), "argument must be 'yes' or 'no'") << bad;
  }
}

TEST_F(ConfigTest, Integers) {
  EXPECT_EQ(After("timeout", "2147483647"), "2147483647");
  EXPECT_EQ(tunables_.client_timeout_s.Get(), 2147483647);
  for (const auto* bad : {"", " 5", "5 ", "+5", "007", "-0", "0x10", "1.5", "10kb", "9223372036854775808"}) {
    EXPECT_EQ(Reason("timeout", bad), "argument couldn't be parsed into an integer") << bad;
  }
  EXPECT_EQ(Reason("timeout", "-1"), "argument must be between 0 and 2147483647 inclusive");
  EXPECT_EQ(Reason("list-max-listpack-size", "-2147483649"),
            "argument must be between -2147483648 and 2147483647 inclusive");
  EXPECT_EQ(Reason("slowlog-log-slower-than", "-2"), "argument must be between -1 and 9223372036854775807 inclusive");
  EXPECT_EQ(Reason("maxclients", "4294967296"), "argument must be between 1 and 4294967295 inclusive");
  EXPECT_EQ(After("hz", "0"), "1");
  EXPECT_EQ(After("hz", "501"), "500");
  EXPECT_EQ(tunables_.hz.Get(), 500);
  EXPECT_EQ(Reason("hz", "-1"), "argument must be between 0 and 2147483647 inclusive");
}

TEST_F(ConfigTest, MemorySizes) {
  EXPECT_EQ(After("maxmemory", "1k"), "1000");
  EXPECT_EQ(After("maxmemory", "1Kb"), "1024");
  EXPECT_EQ(After("maxmemory", "1M"), "1000000");
  EXPECT_EQ(After("maxmemory", "1mb"), "1048576");
  EXPECT_EQ(After("maxmemory", "1G"), "1000000000");
  EXPECT_EQ(After("maxmemory", "1gB"), "1073741824");
  EXPECT_EQ(tunables_.maxmemory_bytes.Get(), 1073741824);
  EXPECT_EQ(After("maxmemory", "7b"), "7");
  EXPECT_EQ(After("maxmemory", "kb"), "0");
  EXPECT_EQ(After("maxmemory", ""), "0");
  EXPECT_EQ(After("maxmemory", "99999999999999999999"), "18446744073709551615");
  EXPECT_EQ(tunables_.maxmemory_bytes.Get(), INT64_MAX);
  // Redis lets the last one wrap around to 3028092406290448384.
  for (const auto* bad : {"-1", "+1", "1tb", "1 kb", "1e3", "1%", "20000000000gb"}) {
    EXPECT_EQ(Reason("maxmemory", bad), "argument must be a memory value") << bad;
  }
  EXPECT_EQ(Reason("proto-max-bulk-len", "1048575"),
            "argument must be between 1048576 and 9223372036854775807 inclusive");
  EXPECT_EQ(Reason("active-defrag-ignore-bytes", "99999999999999999999"),
            "argument must be between 1 and 9223372036854775807 inclusive");
  EXPECT_EQ(After("repl-backlog-size", "1"), "16384");
}

TEST_F(ConfigTest, MemoryOrPercent) {
  EXPECT_EQ(After("maxmemory-clients", "5%"), "5%");
  EXPECT_EQ(tunables_.maxmemory_clients_bytes.Get(), -5);
  EXPECT_EQ(After("maxmemory-clients", "0%"), "0");
  EXPECT_EQ(After("maxmemory-clients", "1gb"), "1073741824");
  EXPECT_EQ(tunables_.maxmemory_clients_bytes.Get(), 1 << 30);
  EXPECT_EQ(Reason("maxmemory-clients", "101%"), "percentage argument must be less or equal to 100");
  for (const auto* bad : {"-1%", "-1", "5 %", "%", "1.5%", "05%", "x"}) {
    EXPECT_EQ(Reason("maxmemory-clients", bad), "argument must be a memory or percent value") << bad;
  }
}

TEST_F(ConfigTest, EnumsAndFlags) {
  EXPECT_EQ(After("maxmemory-policy", "ALLKEYS-lru"), "allkeys-lru");
  EXPECT_EQ(tunables_.maxmemory_policy.Get(), static_cast<std::int64_t>(base::MaxmemoryPolicy::kAllkeysLru));
  EXPECT_EQ(Reason("appendfsync", "x"), "argument(s) must be one of the following: everysec, always, no");
  EXPECT_EQ(After("shutdown-on-sigint", "now save"), "save now");
  EXPECT_EQ(After("shutdown-on-sigint", "default save"), "save");
  EXPECT_EQ(After("shutdown-on-sigint", "default"), "default");
  EXPECT_EQ(Reason("shutdown-on-sigint", "foo save"),
            "argument(s) must be one of the following: default, save, nosave, now, force");
  EXPECT_EQ(Reason("shutdown-on-sigint", ""),
            "argument(s) must be one of the following: default, save, nosave, now, force");
  EXPECT_EQ(Reason("shutdown-on-sigint", "save nosave"),
            "shutdown options SAVE and NOSAVE can't be used simultaneously");
}

TEST_F(ConfigTest, NotifyKeyspaceEvents) {
  const std::pair<const char*, const char*> cases[] = {
      {"KEA", "AKE"},   {"Kg$lshzxet", "g$lshzxetK"}, {"g$lshzxetd", "A"}, {"Kn", "nK"}, {"mn", "nm"},
      {"tdKE", "tdKE"}, {"KEg$lshzxetdmn", "AKEm"},   {"AA", "A"},         {"", ""},
  };
  for (const auto& [given, shown] : cases) EXPECT_EQ(After("notify-keyspace-events", given), shown);
  EXPECT_EQ(Reason("notify-keyspace-events", "q"), "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  EXPECT_EQ(After("notify-keyspace-events", "Ex"), "xE");
  EXPECT_EQ(tunables_.notify_keyspace_events.Get(), base::kNotifyKeyevent | base::kNotifyExpired);
}

TEST_F(ConfigTest, ClientOutputBufferLimit) {
  constexpr auto kName = "client-output-buffer-limit";
  EXPECT_EQ(After(kName, "replica 1mb 2kb 3"), "normal 0 0 0 slave 1048576 2048 3 pubsub 33554432 8388608 60");
  EXPECT_EQ(After(kName, "pubsub 1 1 1 NORMAL 1gb 1g 1"),
            "normal 1073741824 1000000000 1 slave 1048576 2048 3 pubsub 1 1 1");
  const auto& replica = tunables_.output_buffer_limits[static_cast<std::size_t>(base::OutputClass::kReplica)];
  EXPECT_EQ(replica.hard_bytes.Get(), 1048576);
  EXPECT_EQ(replica.soft_bytes.Get(), 2048);
  EXPECT_EQ(replica.soft_seconds.Get(), 3);
  EXPECT_EQ(Set(kName, ""), "OK");
  EXPECT_EQ(Reason(kName, "slave 1 2"), "Wrong number of arguments in buffer limit configuration.");
  EXPECT_EQ(Reason(kName, "master 1 1 1"), "Invalid client class specified in buffer limit configuration.");
  for (const auto* bad : {"normal x 2 3", "normal 1 y 3", "normal 1 2 z", "normal -1 2 3", "normal 1 2 -3"}) {
    EXPECT_EQ(Reason(kName, bad), "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
  }
}

TEST_F(ConfigTest, OtherGrammars) {
  EXPECT_EQ(After("oom-score-adj-values", "3 2 -2000"), "3 2 -2000");
  EXPECT_EQ(Reason("oom-score-adj-values", "0 0"), "wrong number of arguments");
  EXPECT_EQ(Reason("oom-score-adj-values", "0 0 2001"),
            "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
  constexpr auto kPercentiles = "latency-tracking-info-percentiles";
  EXPECT_EQ(After(kPercentiles, "99.99 0 1e1 33.333333333333 +5"), "99.99 0 10 33.333333 5");
  EXPECT_EQ(After(kPercentiles, ""), "");
  EXPECT_EQ(Reason(kPercentiles, "100.1"),
            "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
  EXPECT_EQ(Reason(kPercentiles, "nan"), "Invalid latency-tracking-info-percentiles parameters");
  EXPECT_EQ(Reason(kPercentiles, "50 abc"), "Invalid latency-tracking-info-percentiles parameters");
  EXPECT_EQ(Set("bind", "127.0.0.1 -::1"), "OK");
  EXPECT_EQ(Get("bind"), "127.0.0.1 -::1");
  EXPECT_EQ(Reason("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"), "Too many bind addresses specified.");
  EXPECT_EQ(Reason("cluster-announce-hostname", "a_b"),
            "Hostnames may only contain alphanumeric characters, hyphens or dots");
  EXPECT_EQ(Reason("cluster-announce-hostname", std::string(256, 'a')), "Hostnames must be less than 256 characters");
  for (const auto* bad : {"{foo}", "{title", "{title}", "", "  {server-mode} "}) {
    EXPECT_EQ(Reason("proc-title-template", bad), "template format is invalid or contains unknown variables") << bad;
  }
  EXPECT_EQ(After("proc-title-template", "{title} {port}"), "{title} {port}");
}

// Not Redis's behaviour: what is not there yet can only be off.
TEST_F(ConfigTest, UnsupportedDirectivesAreAcceptedWhenOff) {
  EXPECT_EQ(Set({{"save", ""}, {"appendonly", "no"}, {"tls-port", "0"}}), "OK");
  EXPECT_EQ(Reason("appendonly", "yes"), "not supported yet: the only value accepted is 'no'");
  EXPECT_EQ(Reason("save", "60 1"), "not supported yet: the only value accepted is ''");
  for (const auto* bad : {"60", "a b", "0 1", "-1 1", "60 -1", "  60   1 ", "1.5 1"}) {
    EXPECT_EQ(Reason("save", bad), "Invalid save parameters") << bad;
  }
}

TEST_F(ConfigTest, SetNamesTheErrorRedisNames) {
  EXPECT_EQ(Set("nosuch", "1"), "Unknown option or number of arguments for CONFIG SET - 'nosuch'");
  EXPECT_EQ(Set("No\r\nSuch", "1"), "Unknown option or number of arguments for CONFIG SET - 'No  Such'");
  EXPECT_EQ(Set({{"nosuch", "1"}, {"timeout", "1"}, {"timeout", "1"}}),
            "Unknown option or number of arguments for CONFIG SET - 'nosuch'");
  EXPECT_EQ(Set({{"timeout", "x"}, {"nosuch", "1"}}),
            "Unknown option or number of arguments for CONFIG SET - 'nosuch'");
  EXPECT_EQ(Set({{"maxmemory", "1"}, {"MAXMEMORY", "2"}}),
            "CONFIG SET failed (possibly related to argument 'MAXMEMORY') - duplicate parameter");
  EXPECT_EQ(Set({{"timeout", "x"}, {"databases", "1"}}),
            "CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config");
  EXPECT_EQ(Set("MAXMEMORY", "x"),
            "CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value");
  EXPECT_EQ(Set("slave-priority", "x"),
            "CONFIG SET failed (possibly related to argument 'slave-priority') - "
            "argument couldn't be parsed into an integer");
  EXPECT_EQ(Set({{"slave-priority", "1"}, {"replica-priority", "2"}}), "OK");
  EXPECT_EQ(Get("slave-priority"), "2");
}

TEST_F(ConfigTest, SetIsAllOrNothing) {
  EXPECT_EQ(Set({{"timeout", "5"}, {"maxmemory", "1mb"}, {"port", "99999"}}),
            "CONFIG SET failed (possibly related to argument 'port') - argument must be between 0 and 65535 inclusive");
  EXPECT_EQ(Get("timeout"), "0");
  EXPECT_EQ(tunables_.maxmemory_bytes.Get(), 0);
}

TEST_F(ConfigTest, GuardedDirectives) {
  EXPECT_EQ(Reason("dir", "/"), "can't set protected config");
  ASSERT_TRUE(Load({"--enable-protected-configs", "local"}));
  EXPECT_EQ(Set({{"dir", "/"}}, false),
            "CONFIG SET failed (possibly related to argument 'dir') - can't set protected config");
  EXPECT_EQ(After("dir", "/"), "/");
  EXPECT_EQ(After("dir", "usr/../tmp"), "/tmp");
  EXPECT_EQ(Reason("dir", "/nosuch"), "No such file or directory");
  EXPECT_EQ(Reason("dir", "/etc/passwd"), "Not a directory");
  EXPECT_EQ(Reason("dir", ""), "No such file or directory");
  EXPECT_EQ(Get("dir"), "/tmp");
  EXPECT_EQ(Reason("dbfilename", "a/b"), "dbfilename can't be a path, just a filename");
}

TEST_F(ConfigTest, HandlersSeeChangesAndMayRefuse) {
  std::vector<std::string> calls;
  config_.OnChange("timeout", [&](const Value& value) -> std::expected<void, std::string> {
    calls.push_back("timeout " + value.text);
    EXPECT_EQ(config_.Number("timeout"), value.number) << "the new value can be read";
    return {};
  });
  config_.OnChange("maxclients", [&](const Value& value) -> std::expected<void, std::string> {
    calls.push_back("maxclients " + value.text);
    if (value.number > 100) return std::unexpected("too\nmany");
    return {};
  });
  EXPECT_EQ(Set({{"timeout", "0"}, {"maxclients", "10000"}}), "OK");
  EXPECT_EQ(calls, Strings{}) << "nothing changed";
  EXPECT_EQ(Set({{"maxclients", "50"}, {"timeout", "7"}}), "OK");
  EXPECT_EQ(calls, (Strings{"maxclients 50", "timeout 7"}));
  calls.clear();
  EXPECT_EQ(Set({{"timeout", "8"}, {"maxclients", "500"}, {"maxmemory", "5"}}),
            "CONFIG SET failed (possibly related to argument 'maxclients') - too many");
  EXPECT_EQ(calls, (Strings{"timeout 8", "maxclients 500", "timeout 7"})) << "what was applied is taken back";
  EXPECT_EQ(Get("timeout"), "7");
  EXPECT_EQ(Get("maxclients"), "50");
  EXPECT_EQ(Get("maxmemory"), "0");
  EXPECT_EQ(tunables_.client_timeout_s.Get(), 7);
}

TEST_F(ConfigTest, GetReturnsNamesAsTypedAndEachOnce) {
  EXPECT_EQ(NamesOf({"MaxMemory"}), (Strings{"MaxMemory"}));
  EXPECT_EQ(NamesOf({"maxmemory", "MAXMEMORY", "maxmem?ry"}), (Strings{"maxmemory"}));
  EXPECT_EQ(NamesOf({"nosuch", ""}), Strings{});
  EXPECT_EQ(NamesOf({"HASH-MAX-*value"}), (Strings{"hash-max-listpack-value", "hash-max-ziplist-value"}));
  EXPECT_EQ(NamesOf({"slaveof"}), Strings{"slaveof"});
  EXPECT_EQ(Get("client-output-buffer-limit"), "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
}

TEST_F(ConfigTest, HiddenDirectivesNeedTheirFullName) {
  EXPECT_EQ(NamesOf({"key-load*"}), Strings{});
  EXPECT_EQ(NamesOf({"*key-load-delay"}), Strings{});
  EXPECT_EQ(NamesOf({"KEY-load-delay"}), Strings{"KEY-load-delay"});
}

TEST_F(ConfigTest, GetOfEverythingShowsEveryNameOnce) {
  std::set<std::string> seen;
  for (const auto& name : NamesOf({"*"})) EXPECT_TRUE(seen.insert(name).second) << name;
  std::size_t expected = 0;
  for (const auto& directive : Directives()) {
    if (!directive.hidden) expected += directive.alias.empty() ? 1 : 2;
  }
  EXPECT_EQ(seen.size(), expected);
}

TEST(MatchesPattern, Wildcards) {
  for (const auto* pattern : {"maxmemory", "MAX*", "*", "m?xmemory", "max[m]emory", "max[^a-l]emory", "max[z-a]emory",
                              "maxmem\\ory", "*m*m*y", "maxmemor[y", "maxmemor[x-z", "**y*", "max[\\m]emory"}) {
    EXPECT_TRUE(MatchesPattern(pattern, "maxmemory")) << pattern;
  }
  for (const auto* pattern :
       {"", "maxmemor", "maxmemory?", "max[]m]emory", "max[^m]emory", "[", "*x", "maxmemory\\", "max[memory"}) {
    EXPECT_FALSE(MatchesPattern(pattern, "maxmemory")) << pattern;
  }
  EXPECT_TRUE(MatchesPattern("*", ""));
}

TEST(MatchesPattern, ManyStarsTakeNoTime) {
  std::string pattern;
  for (int i = 0; i < 30; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesPattern(pattern + "*b", std::string(60, 'a')));
}

TEST_F(ConfigTest, ThreadsReadWhileOthersSet) {
  ASSERT_EQ(Set({{"timeout", "300"}, {"tcp-keepalive", "300"}}), "OK");
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      const auto pairs = config_.Get(std::vector<std::string_view>{"timeout", "tcp-keepalive"});
      EXPECT_EQ(pairs[0].second, pairs[1].second) << "both values of one CONFIG SET are seen together";
      (void)tunables_.client_timeout_s.Get();
    }
  });
  std::vector<std::thread> writers;
  for (int t = 1; t <= 2; ++t) {
    writers.emplace_back([this, t] {
      for (int i = 0; i < 300; ++i) {
        const std::string text = std::to_string(t * 1000 + i);
        EXPECT_EQ(Set({{"timeout", text}, {"tcp-keepalive", text}}), "OK");
      }
    });
  }
  for (auto& writer : writers) writer.join();
  done = true;
  reader.join();
  EXPECT_EQ(config_.Number("timeout"), tunables_.client_timeout_s.Get());
}

}  // namespace
}  // namespace zedis::server
