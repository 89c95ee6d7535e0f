#include "server/acl_log.h"

#include <gtest/gtest.h>

namespace zedis::server {
namespace {

AclLog::Event Denied(std::string_view object) { return {"key", "toplevel", object, "u"}; }

TEST(AclLogTest, EqualDenialsCountUntilAMinuteHasPassed) {
  AclLog log;
  log.Add(Denied("a"), "client 1", 1000);
  log.Add(Denied("b"), "client 1", 2000);
  log.Add(Denied("a"), "client 2", 61'000);
  const auto entries = log.Latest(10);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].object, "a");
  EXPECT_EQ(entries[0].count, 2);
  EXPECT_EQ(entries[0].id, 0u);
  EXPECT_EQ(entries[0].client, "client 2");
  EXPECT_EQ(entries[0].created_ms, 1000);
  EXPECT_EQ(entries[0].updated_ms, 61'000);
  log.Add(Denied("a"), "client 2", 121'001);
  EXPECT_EQ(log.Latest(10).size(), 3u);
  EXPECT_EQ(log.Latest(10)[0].count, 1);
}

TEST(AclLogTest, IsAsLongAsItMayBe) {
  AclLog log;
  log.SetLengthMax(2);
  for (const char* object : {"a", "b", "c"}) log.Add(Denied(object), "", 0);
  EXPECT_EQ(log.Latest(10).size(), 2u);
  EXPECT_EQ(log.Latest(1)[0].object, "c");
  log.SetLengthMax(1);
  EXPECT_EQ(log.Latest(10).size(), 1u);
  log.Add(Denied(std::string(5000, 'x')), "", 0);
  EXPECT_EQ(log.Latest(1)[0].object.size(), 1024u);
  log.Clear();
  EXPECT_TRUE(log.Latest(10).empty());
}

}  // namespace
}  // namespace zedis::server
