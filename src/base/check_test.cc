#include "base/check.h"

#include <gtest/gtest.h>

#include <expected>
#include <memory>
#include <utility>

namespace zedis::base {
namespace {

std::expected<int, const char*> Half(int number) {
  if (number % 2 != 0) return std::unexpected("odd");
  return number / 2;
}

std::expected<int, const char*> Quarter(int number) {
  TRY(const int half, Half(number));
  TRY(const int quarter, Half(half));
  return quarter;
}

std::expected<std::unique_ptr<int>, const char*> Boxed(int number) { return std::make_unique<int>(number); }

TEST(Check, PassesWhenTheConditionHolds) {
  int evaluations = 0;
  CHECK(++evaluations == 1);
  EXPECT_EQ(evaluations, 1);
}

TEST(CheckDeathTest, NamesTheConditionAndThePlace) {
  const int answer = 41;
  EXPECT_DEATH(CHECK(answer == 42), "CHECK failed: answer == 42 \\(.*check_test\\.cc:[0-9]+\\)");
}

TEST(CheckDeathTest, DcheckIsOnExactlyWithoutNdebug) {
#ifdef NDEBUG
  int evaluations = 0;
  DCHECK(++evaluations == 0);
  EXPECT_EQ(evaluations, 0);
#else
  EXPECT_DEATH(DCHECK(1 + 1 == 3), "CHECK failed: 1 \\+ 1 == 3");
#endif
}

TEST(Try, BindsTheValue) { EXPECT_EQ(Quarter(12), 3); }

TEST(Try, ReturnsTheFirstError) {
  EXPECT_STREQ(Quarter(7).error(), "odd");
  EXPECT_STREQ(Quarter(6).error(), "odd");
}

TEST(Try, MovesWhatCannotBeCopied) {
  const auto result = []() -> std::expected<int, const char*> {
    TRY(const std::unique_ptr<int> box, Boxed(5));
    return *box;
  }();
  EXPECT_EQ(result, 5);
}

}  // namespace
}  // namespace zedis::base
