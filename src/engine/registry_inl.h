// Implementation of ForEachKey; include engine/registry.h.
#pragma once

#include "base/numbers.h"
#include "engine/registry.h"

namespace zedis::engine {

// Where a specification's keys begin, or nothing if its keyword is not there.
std::optional<std::int64_t> BeginOf(const KeySpec& spec, Args args);

template <class Visit>
bool ForEachKey(const Command& row, Args args, Visit visit) {
  const auto count = static_cast<std::int64_t>(args.size());
  for (const KeySpec& spec : row.keys) {
    if (spec.find == KeySpec::Find::kUnknown) {
      if (const std::size_t at = spec.locate != nullptr ? spec.locate(args) : 0; at != 0) visit(at, spec);
      continue;
    }
    const std::optional<std::int64_t> begin = BeginOf(spec, args);
    if (!begin) continue;
    std::int64_t first = *begin;
    std::int64_t last = first;
    if (spec.find == KeySpec::Find::kKeynum) {
      if (first + spec.keynum_index >= count) return false;
      const auto keys = base::ParseInt64(args[static_cast<std::size_t>(first + spec.keynum_index)]);
      if (!keys || *keys < 0 || *keys > count) return false;
      first += spec.first_key;
      last = first + (*keys - 1) * spec.step;
    } else if (spec.last >= 0) {
      last = first + spec.last;
    } else {
      last = count + spec.last;
      // A limit of n means that only the first 1/n of what is left are keys.
      if (spec.last == -1 && spec.limit > 1) last = first + (count - first) / spec.limit + spec.last;
    }
    if (last >= count || (spec.find == KeySpec::Find::kRange && last < first)) return false;
    for (std::int64_t i = first; i <= last; i += spec.step) visit(static_cast<std::size_t>(i), spec);
  }
  return true;
}

}  // namespace zedis::engine
