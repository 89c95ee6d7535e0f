#include "server/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

#include "base/memory_count.h"

namespace zedis::server {
namespace {

using base::MemoryCount;

class ConnectionMemory : public ::testing::Test {
 protected:
  // What was counted since the test began.
  static std::int64_t Now() { return static_cast<std::int64_t>(MemoryCount::ClientBytes()); }
  const std::int64_t start_ = Now();
  const std::int64_t start_used_ = static_cast<std::int64_t>(MemoryCount::UsedBytes());

  ~ConnectionMemory() override {
    EXPECT_EQ(Now(), start_);
    EXPECT_EQ(static_cast<std::int64_t>(MemoryCount::UsedBytes()), start_used_);
  }
};

TEST_F(ConnectionMemory, AConnectionIsCounted) {
  const Connection connection{net::Stream()};
  EXPECT_EQ(Now() - start_, static_cast<std::int64_t>(sizeof(Connection)));
}

TEST_F(ConnectionMemory, ATailIsCountedAsItGrowsAndShrinks) {
  Tail tail;
  EXPECT_EQ(Now(), start_);
  tail.Assign(std::string(1000, 'x'));
  EXPECT_GE(Now() - start_, 1000);
  EXPECT_LT(Now() - start_, 1500);
  tail.Room(100'000);
  EXPECT_GE(Now() - start_, 101'000);
  tail.DropFront(1000);
  EXPECT_EQ(Now(), start_);
  tail.Assign("rest");
}

TEST_F(ConnectionMemory, PendingOutputIsCountedUntilItIsWritten) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  net::Stream one{net::Descriptor(ends[0])};
  const net::Descriptor other(ends[1]);
  const std::int64_t descriptors = Now();
  PendingOutput pending;
  const std::int64_t empty = Now();
  EXPECT_GT(empty, descriptors);
  for (int i = 0; i < 10; ++i) pending.Append(std::string(1000, 'x'));
  EXPECT_GE(Now() - empty, 10'000);
  ASSERT_TRUE(pending.WriteTo(one));
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(Now(), empty);
  pending.Append("what is never sent");
}

TEST_F(ConnectionMemory, AnOutputBufferIsCountedWithItsCapacity) {
  resp::OutputBuffer output;
  EXPECT_EQ(Now(), start_);
  output.Append(std::string(3 << 20, 'x'));
  EXPECT_EQ(Now() - start_, static_cast<std::int64_t>(output.Capacity()));
  output.Clear();  // too large to keep
  EXPECT_EQ(Now(), start_);
  output.Append("x");
}

}  // namespace
}  // namespace zedis::server
