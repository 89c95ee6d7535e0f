#include "server/acl_password.h"

#include <gtest/gtest.h>

#include <vector>

namespace zedis::server {
namespace {

TEST(AclPasswordTest, HashesAreThoseOfTheStandard) {
  EXPECT_EQ(HashPassword(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HashPassword("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_TRUE(IsPasswordHash(HashPassword("abc")));
  EXPECT_FALSE(IsPasswordHash(HashPassword("abc").substr(1)));
  EXPECT_FALSE(IsPasswordHash(std::string(64, 'A')));
}

TEST(AclPasswordTest, AnyOfTheHashesMatches) {
  const std::vector<std::string> hashes = {HashPassword("one"), HashPassword("two")};
  EXPECT_TRUE(MatchesPassword("one", hashes));
  EXPECT_TRUE(MatchesPassword("two", hashes));
  EXPECT_FALSE(MatchesPassword("three", hashes));
  EXPECT_FALSE(MatchesPassword("", hashes));
  EXPECT_FALSE(MatchesPassword("", {}));
}

TEST(AclPasswordTest, RandomPasswordsHaveTheirDigits) {
  EXPECT_EQ(RandomPassword(1).size(), 1u);
  EXPECT_EQ(RandomPassword(4).size(), 1u);
  EXPECT_EQ(RandomPassword(5).size(), 2u);
  EXPECT_EQ(RandomPassword(256).size(), 64u);
  EXPECT_EQ(RandomPassword(4096).size(), 1024u);
  EXPECT_NE(RandomPassword(256), RandomPassword(256));
}

}  // namespace
}  // namespace zedis::server
