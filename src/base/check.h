// CHECK, DCHECK, TRY: with the thread annotations of base/annotations.h all the macros there are.
//
// CHECK states what the programmer relies on; it stays on in release builds and ends the process when it
// does not hold. What clients, files and the network do wrong is never checked with it: that is a value.
#pragma once

#include <cstdlib>

namespace zedis::base {

// Writes "CHECK failed: ..." to standard error and aborts.
[[noreturn, gnu::cold, gnu::noinline]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace zedis::base

#define CHECK(condition)                                          \
  do {                                                            \
    if (!(condition)) [[unlikely]]                                \
      ::zedis::base::CheckFailed(#condition, __FILE__, __LINE__); \
  } while (false)

// For hot paths: on in debug and sanitizer builds only.
#ifdef NDEBUG
#define DCHECK(condition) \
  do {                    \
    if (false) {          \
      (void)(condition);  \
    }                     \
  } while (false)
#else
#define DCHECK(condition) CHECK(condition)
#endif

// TRY(declaration, expression): declares a variable from the value of a std::expected, or returns its error.
#define ZEDIS_CONCAT_INNER(a, b) a##b
#define ZEDIS_CONCAT(a, b) ZEDIS_CONCAT_INNER(a, b)
#define TRY(declaration, expression) TRY_INNER(ZEDIS_CONCAT(try_result_, __LINE__), declaration, expression)
#define TRY_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                      \
  if (!temporary) [[unlikely]]                        \
    return std::unexpected(temporary.error());        \
  declaration = *std::move(temporary)
