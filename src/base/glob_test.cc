#include "base/glob.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

#include "base/glob_reference.h"

namespace zedis::base {
namespace {

using namespace std::string_view_literals;

TEST(Glob, MatchesAsRedisServerDoes) {
  struct Case {
    std::string_view pattern, text;
    bool matches;
  };
  constexpr Case kCases[] = {
      {"", "", true},
      {"", "a", false},
      {"*", "", false},
      {"**", "", false},
      {"*", "a", true},
      {"a*", "a", true},
      {"a**", "a", true},
      {"*a", "ba", true},
      {"a?c", "abc", true},
      {"a?", "a", false},
      {"h[ae]llo", "hello", true},
      {"h[ae]llo", "hillo", false},
      {"h[^e]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"h[a-c]", "hb", true},
      {"h[c-a]", "hb", true},
      {"h[a-c]", "hd", false},
      {"[a-", "-", true},  // no range: the class ends first
      {"[a-", "a", true},
      {"[abc", "b", true},  // the pattern's end closes the class
      {"[", "[", false},
      {"[^", "x", true},
      {"[]", "]", false},
      {"[]a]", "a", false},
      {"[\\]]", "]", true},
      {"[\\", "\\", true},
      {"[a-\xff]", "z", false},  // bytes are signed: from 0xff (-1) to 'a'
      {"[a-\xff]", "B", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\\", "\\", true},
      {"a\\", "a\\", true},
      {"*\\**", "a*b", true},
      {"*\\**", "ab", false},
      {"user:*:name", "user:1:2:name", true},
      {"user:*:name", "user:1:nam", false},
      {"a\0b"sv, "a\0b"sv, true},
      {"a"sv, "a\0"sv, false},
      {"A", "a", false},
  };
  for (const Case& c : kCases) EXPECT_EQ(GlobMatch(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
}

TEST(Glob, IgnoresCaseExceptForEscapesInClasses) {
  EXPECT_TRUE(GlobMatch("HeLLo*", "hEllOx", true));
  EXPECT_TRUE(GlobMatch("*LO", "hello", true));
  EXPECT_TRUE(GlobMatch("[A-C]", "b", true));
  EXPECT_TRUE(GlobMatch("[X]", "x", true));
  EXPECT_TRUE(GlobMatch("\\X", "x", true));
  EXPECT_FALSE(GlobMatch("[\\X]", "x", true));
  EXPECT_FALSE(GlobMatch("[Z-a]", "z", true));  // swapped first, then made lower: z to a
}

TEST(Glob, ManyStarsStayPolynomial) {
  // Trying every way would take longer than the age of the universe.
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a";
  pattern += "*b";
  const std::string text(20000, 'a');
  EXPECT_FALSE(GlobMatch(pattern, text));
  EXPECT_TRUE(GlobMatch(pattern, text + "b"));
  EXPECT_FALSE(GlobMatch("*[a]*[a]*[a]*[a]*[b]", text));
}

TEST(Glob, AgreesWithTheReferenceOnRandomPatterns) {
  constexpr std::string_view kPatternBytes = "abAB-]^[[*?\\\xff";
  constexpr std::string_view kTextBytes = "abAB-]^[*\\\xff";
  std::mt19937 random(7);
  int matches = 0;
  for (int i = 0; i < 100000; ++i) {
    std::string pattern(random() % 9, ' ');
    std::string text(random() % 6, ' ');
    for (char& c : pattern) c = kPatternBytes[random() % kPatternBytes.size()];
    for (char& c : text) c = kTextBytes[random() % kTextBytes.size()];
    const bool ignore_case = random() % 2 == 0;
    const std::optional<bool> expected = GlobReference(ignore_case, 1000000).Match(pattern, text);
    ASSERT_TRUE(expected.has_value());
    ASSERT_EQ(GlobMatch(pattern, text, ignore_case), *expected) << pattern << " on " << text;
    matches += *expected ? 1 : 0;
  }
  EXPECT_GT(matches, 1000);
}

}  // namespace
}  // namespace zedis::base
