// One directive of the configuration: what values it takes, where they go, and what it means here.
//
// A row of the table (config_table.cc) is built by one of the makers below and refined by the members that return
// a changed copy:
//
//   Int("timeout", "0", 0, kInt32Max).Tunes(&Tunables::client_timeout_s)
//
// Every value is kept in two forms: the text that CONFIG GET shows, and a number where there is one.
#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/tunables.h"

namespace zedis::server {

using Words = std::span<const std::string>;
using Names = std::span<const std::string_view>;

struct Value {
  std::string text;         // as CONFIG GET shows it
  std::int64_t number = 0;  // kBool: 0 or 1; kEnum: index; kFlags: bits; memory: bytes, at most 2^63-1
};

enum class ValueKind : std::uint8_t {
  kBool,
  kInt,
  kMemory,           // bytes, with units
  kMemoryOrPercent,  // as kMemory, or N%, whose number is -N
  kOctal,
  kEnum,
  kFlags,  // several of the names; the first of them is the empty set
  kString,
};

enum class Status : std::uint8_t {
  kActive,             // Zedis uses it
  kIgnored,            // accepted and kept; it has no meaning here
  kNotYet,             // accepted and kept; what it is about is not there yet
  kUnsupportedWhenOn,  // only its initial value is accepted
};

inline constexpr std::int64_t kInt32Min = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t kUint32Max = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
inline constexpr std::uint64_t kUint64Max = std::numeric_limits<std::uint64_t>::max();

struct Directive {
  // Replaces the parser of the kind. `current` is the value that is to be replaced.
  using Parser = std::expected<Value, std::string> (*)(const Directive&, Words, const Value& current);
  // The lines of a configuration file that give this value; null: one line.
  using Writer = std::vector<std::string> (*)(const Directive&, const Value&);
  using Publisher = void (*)(const Value&, base::Tunables&);

  std::string_view name;
  std::string_view alias;    // an older or newer spelling, "" if none
  std::string_view initial;  // as in a configuration file
  ValueKind kind = ValueKind::kString;
  Status status = Status::kActive;
  bool immutable = false;  // only at start
  bool multi_arg = false;  // takes several words
  bool sensitive = false;  // never logged, never in a message
  bool hidden = false;     // not shown by patterns, only by its full name
  bool guarded = false;    // CONFIG SET only as enable-protected-configs allows
  bool refreshes = false;  // CONFIG SET of the value that it has puts it into effect once more: a file may have changed
  bool appends = false;    // later lines of a file add to earlier ones: the parser starts from `current`
  std::int64_t min = 0;
  std::uint64_t max = 0;
  Names names;  // kEnum, kFlags
  Parser parse = nullptr;
  Writer write = nullptr;
  base::Tunable base::Tunables::* tunable = nullptr;
  Publisher publish = nullptr;  // for values that are more than one tunable

  // A copy changed by `change`.
  template <typename Change>
  constexpr Directive With(Change change) const {
    Directive copy = *this;
    change(copy);
    return copy;
  }

  constexpr Directive Alias(std::string_view other) const {
    return With([&](Directive& d) { d.alias = other; });
  }
  constexpr Directive Ignored() const {
    return With([](Directive& d) { d.status = Status::kIgnored; });
  }
  constexpr Directive NotYet() const {
    return With([](Directive& d) { d.status = Status::kNotYet; });
  }
  constexpr Directive OnlyInitial() const {
    return With([](Directive& d) { d.status = Status::kUnsupportedWhenOn; });
  }
  constexpr Directive Immutable() const {
    return With([](Directive& d) { d.immutable = true; });
  }
  constexpr Directive MultiArg() const {
    return With([](Directive& d) { d.multi_arg = true; });
  }
  constexpr Directive Sensitive() const {
    return With([](Directive& d) { d.sensitive = true; });
  }
  constexpr Directive Hidden() const {
    return With([](Directive& d) { d.hidden = true; });
  }
  constexpr Directive Guarded() const {
    return With([](Directive& d) { d.guarded = true; });
  }
  constexpr Directive Refreshes() const {
    return With([](Directive& d) { d.refreshes = true; });
  }
  constexpr Directive Appends() const {
    return With([](Directive& d) { d.appends = true; });
  }
  constexpr Directive Tunes(base::Tunable base::Tunables::* member) const {
    return With([&](Directive& d) { d.tunable = member; });
  }
  constexpr Directive Publishes(Publisher publisher) const {
    return With([&](Directive& d) { d.publish = publisher; });
  }
  constexpr Directive ParsedBy(Parser parser) const {
    return With([&](Directive& d) { d.parse = parser; });
  }
  constexpr Directive WrittenBy(Writer writer) const {
    return With([&](Directive& d) { d.write = writer; });
  }
};

constexpr Directive Bool(std::string_view name, std::string_view initial) {
  return {.name = name, .alias = {}, .initial = initial, .kind = ValueKind::kBool, .names = {}};
}
constexpr Directive Int(std::string_view name, std::string_view initial, std::int64_t min, std::int64_t max) {
  return {.name = name,
          .alias = {},
          .initial = initial,
          .kind = ValueKind::kInt,
          .min = min,
          .max = static_cast<std::uint64_t>(max),
          .names = {}};
}
constexpr Directive Memory(std::string_view name, std::string_view initial, std::int64_t min, std::uint64_t max) {
  return {
      .name = name, .alias = {}, .initial = initial, .kind = ValueKind::kMemory, .min = min, .max = max, .names = {}};
}
constexpr Directive Enum(std::string_view name, std::string_view initial, Names names) {
  return {.name = name, .alias = {}, .initial = initial, .kind = ValueKind::kEnum, .names = names};
}
constexpr Directive String(std::string_view name, std::string_view initial) {
  return {.name = name, .alias = {}, .initial = initial, .kind = ValueKind::kString, .names = {}};
}

}  // namespace zedis::server
