#include "types/long_string.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace zedis::types {
namespace {

// Grown and shrunk at random, small and of many megabytes, alone and while somebody reads the old bytes.
TEST(LongStrings, ResizeAgreesWithATwin) {
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::string twin(1 + random() % 2000, 'a');
    LongString* string = LongString::Create(twin, 0);
    for (int step = 0; step < 40; ++step) {
      LongString* reader = random() % 3 == 0 ? string : nullptr;
      const std::string read(string->View());
      if (reader != nullptr) reader->Retain();
      const std::size_t size = random() % (random() % 8 == 0 ? 6u << 20 : 8000u);
      string = string->Resize(size);
      twin.resize(size);
      ASSERT_EQ(string->View(), twin);
      ASSERT_GE(string->MemoryBytes(), size);
      if (size > 0) {
        const std::size_t at = random() % size;
        twin[at] = string->Data()[at] = static_cast<char>(step + 1);
      }
      if (reader != nullptr) {
        ASSERT_EQ(reader->View(), read);
        reader->Release();
      }
    }
    string->Release();
  }
}

TEST(LongStrings, ZerosOfAnySize) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{5000}, std::size_t{1} << 20, std::size_t{3} << 20}) {
    LongString* string = LongString::CreateZeroed(size);
    ASSERT_EQ(string->View(), std::string(size, '\0'));
    string->Release();
  }
}

}  // namespace
}  // namespace zedis::types
