#include "net/socket.h"

#include <gtest/gtest.h>

namespace zedis::net {
namespace {

TEST(Address, OnlyThisMachineIsLocal) {
  EXPECT_TRUE((Address{.host = "127.0.0.1", .port = 1}.IsLocal()));
  EXPECT_TRUE((Address{.host = "127.8.9.10", .port = 1}.IsLocal()));
  EXPECT_TRUE((Address{.host = "::1", .port = 1}.IsLocal()));
  EXPECT_TRUE((Address{.host = "::ffff:127.0.0.1", .port = 1}.IsLocal()));
  EXPECT_TRUE((Address{.host = "/run/zedis.sock", .is_unix = true}.IsLocal()));
  EXPECT_FALSE((Address{.host = "10.0.0.1", .port = 1}.IsLocal()));
  EXPECT_FALSE((Address{.host = "12.7.0.1", .port = 1}.IsLocal()));
  EXPECT_FALSE((Address{.host = "::2", .port = 1}.IsLocal()));
}

TEST(Address, TextBracketsIpv6) {
  EXPECT_EQ((Address{.host = "127.0.0.1", .port = 6379}.Text()), "127.0.0.1:6379");
  EXPECT_EQ((Address{.host = "::1", .port = 6379}.Text()), "[::1]:6379");
}

}  // namespace
}  // namespace zedis::net
