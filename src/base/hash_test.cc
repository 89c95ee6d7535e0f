#include "base/hash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace zedis::base {
namespace {

// Keys that are alike, of all lengths: counted ones, one byte repeated, and what differs in the last bytes only.
std::set<std::string> SimilarKeys() {
  std::set<std::string> keys;
  for (int i = 0; i < 20'000; ++i) {
    keys.insert("k" + std::to_string(i));
    keys.insert("key:" + std::to_string(i));
    keys.insert(std::to_string(i));
  }
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t size = 0; size <= 40; ++size) keys.insert(std::string(size, static_cast<char>(byte)));
    for (int last = 0; last < 256; ++last) {
      keys.insert({static_cast<char>(byte), static_cast<char>(last)});
      keys.insert({static_cast<char>(byte), static_cast<char>(byte), static_cast<char>(last)});
      keys.insert(std::string(8, static_cast<char>(byte)) + static_cast<char>(last));
    }
  }
  return keys;
}

TEST(HashTest, SimilarKeysHaveDifferentHashesWhateverTheSeed) {
  const std::set<std::string> keys = SimilarKeys();
  for (const std::uint64_t seed : {0ull, 1ull, 0x9e3779b97f4a7c15ull, 0x0123456789abcdefull}) {
    std::set<std::uint64_t> hashes;
    for (const std::string& key : keys) hashes.insert(HashBytes(key, seed));
    EXPECT_EQ(hashes.size(), keys.size()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace zedis::base
