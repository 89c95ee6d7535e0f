// What the store has to know of each type to own its values: one row per type, in the order of Type. Nobody else
// switches on the type of a far value.
#pragma once

#include <cstddef>
#include <string_view>

#include "store/entry.h"

namespace zedis::store {

struct TypeRow {
  Type type;
  std::string_view name;    // as TYPE replies
  void (*free)(void* far);  // all at once
  // Frees part of a large value, a bounded amount; true when all of it is gone. Null: freeing is O(1).
  bool (*free_slice)(void* far);
  std::size_t (*elements)(const void* far);  // how long freeing takes
  std::size_t (*memory)(const void* far);    // bytes
  void* (*duplicate)(const void* far);       // for COPY
};

const TypeRow& RowOf(Type type);

}  // namespace zedis::store
