#include "server/access.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <thread>

#include "server/handler_harness.h"

namespace zedis::server {
namespace {

TEST(AccessTest, ASessionHoldsItsRulesUntilTheyChange) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*", "&*"}), "+OK\r\n");
  EXPECT_EQ(server.Run({"AUTH", "u", "x"}), "+OK\r\n");
  EXPECT_EQ(server.session.unrestricted_at, server.access.version());
  const std::shared_ptr<const engine::SessionUser> held = server.session.user;
  EXPECT_EQ(server.Run({"GET", "k"}), "$-1\r\n");
  EXPECT_EQ(server.session.user, held);
  const std::string_view rules[] = {"-get"};
  ASSERT_TRUE(server.access.SetUser("u", rules));
  EXPECT_NE(server.session.unrestricted_at, server.access.version());
  EXPECT_EQ(server.Run({"GET", "k"}), "-NOPERM this user has no permissions to run the 'get' command\r\n");
  EXPECT_EQ(server.Run({"EXISTS", "k"}), ":0\r\n");
  EXPECT_NE(server.session.user, held);
  EXPECT_EQ(server.session.unrestricted_at, 0u);
  // The snapshot that was held is what it was.
  EXPECT_TRUE(static_cast<const User&>(*held).unrestricted());
}

TEST(AccessTest, TheSessionOfADeletedUserEnds) {
  HandlerHarness server;
  const std::string_view rules[] = {"on", "nopass", "+@all", "~*", "&*"};
  ASSERT_TRUE(server.access.SetUser("u", rules));
  EXPECT_EQ(server.Run({"AUTH", "u", "x"}), "+OK\r\n");
  EXPECT_TRUE(server.access.DeleteUser("u"));
  EXPECT_FALSE(server.access.DeleteUser("u"));
  EXPECT_TRUE(server.access.IsOrphan(server.session));
  ASSERT_TRUE(server.access.SetUser("u", rules));
  EXPECT_TRUE(server.access.IsOrphan(server.session));
  EXPECT_EQ(server.Run({"GET", "k"}), "-NOAUTH Authentication required.\r\n");
  EXPECT_TRUE(server.session.close_after_reply);
}

TEST(AccessTest, AFailedSetUserChangesNothing) {
  HandlerHarness server;
  const std::uint64_t version = server.access.version();
  EXPECT_EQ(server.Run({"ACL", "SETUSER", "u", "on", "+nosuch"}),
            "-ERR Error in ACL SETUSER modifier '+nosuch': Unknown command or category name in ACL\r\n");
  EXPECT_EQ(server.access.Find("u"), nullptr);
  EXPECT_EQ(server.access.version(), version);
  EXPECT_EQ(server.Run({"ACL", "SETUSER", "default", "off", "+nosuch"}).substr(0, 4), "-ERR");
  EXPECT_TRUE(server.access.Find("default")->enabled());
}

TEST(AccessTest, RulesChangeWhileOthersReadThem) {
  HandlerHarness server;
  const std::string_view rules[] = {"on", ">pw", "+@all", "~k*"};
  ASSERT_TRUE(server.access.SetUser("u", rules));
  std::atomic<bool> stop = false;
  const auto read = [&] {
    engine::Session session;
    server.access.Begin(session);
    for (int seen = 0; seen < 100 || !stop.load(); ++seen) {
      EXPECT_TRUE(server.access.LogIn(session, "u", "pw"));
      const User* user = server.access.Rules(session);
      ASSERT_NE(user, nullptr);
      EXPECT_EQ(user->name(), "u");
      EXPECT_EQ(user->selectors().front().KeyRules(), "~k*");
    }
  };
  std::thread first(read);
  std::thread second(read);
  for (int i = 0; i < 200; ++i) {
    const std::string_view change[] = {i % 2 == 0 ? "-get" : "+get"};
    ASSERT_TRUE(server.access.SetUser("u", change));
    ASSERT_TRUE(server.access.SetUser("other", change));
    EXPECT_TRUE(server.access.DeleteUser("other"));
  }
  stop = true;
  first.join();
  second.join();
}

}  // namespace
}  // namespace zedis::server
