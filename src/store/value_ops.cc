#include "store/value_ops.h"

#include <array>

#include "types/list.h"
#include "types/long_string.h"

namespace zedis::store {
namespace {

using types::List;
using types::LongString;

constexpr std::size_t kListFreeElementsPerSlice = 4096;

void FreeNothing(void* far) { CHECK(far == nullptr); }

constexpr std::array<TypeRow, kTypeCount> kRows = {{
    {.type = Type::kString,
     .name = "string",
     .free = [](void* far) { static_cast<LongString*>(far)->Release(); },
     .free_slice = nullptr,
     .elements = [](const void*) -> std::size_t { return 1; },
     .memory = [](const void* far) { return static_cast<const LongString*>(far)->MemoryBytes(); },
     .duplicate = [](const void* far) -> void* {
       return LongString::Create(static_cast<const LongString*>(far)->View(), 0);
     }},
    {.type = Type::kList,
     .name = "list",
     .free = [](void* far) { delete static_cast<List*>(far); },
     .free_slice =
         [](void* far) {
           if (!static_cast<List*>(far)->FreeSlice(kListFreeElementsPerSlice)) return false;
           delete static_cast<List*>(far);
           return true;
         },
     .elements = [](const void* far) { return static_cast<const List*>(far)->Size(); },
     .memory = [](const void* far) { return static_cast<const List*>(far)->MemoryBytes(); },
     .duplicate = [](const void* far) -> void* { return static_cast<const List*>(far)->Duplicate().release(); }},
    {.type = Type::kSet,
     .name = "set",
     .free = FreeNothing,
     .free_slice = nullptr,
     .elements = nullptr,
     .memory = nullptr,
     .duplicate = nullptr},
    {.type = Type::kSortedSet,
     .name = "zset",
     .free = FreeNothing,
     .free_slice = nullptr,
     .elements = nullptr,
     .memory = nullptr,
     .duplicate = nullptr},
    {.type = Type::kHash,
     .name = "hash",
     .free = FreeNothing,
     .free_slice = nullptr,
     .elements = nullptr,
     .memory = nullptr,
     .duplicate = nullptr},
    {.type = Type::kStream,
     .name = "stream",
     .free = FreeNothing,
     .free_slice = nullptr,
     .elements = nullptr,
     .memory = nullptr,
     .duplicate = nullptr},
}};

constexpr bool InEnumOrder() {
  for (int i = 0; i < kTypeCount; ++i) {
    if (kRows[i].type != static_cast<Type>(i)) return false;
  }
  return true;
}
static_assert(InEnumOrder());

}  // namespace

const TypeRow& RowOf(Type type) { return kRows[static_cast<std::size_t>(type)]; }

}  // namespace zedis::store
