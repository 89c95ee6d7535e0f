#include "store/garbage.h"

#include "store/value_ops.h"

namespace zedis::store {

GarbageList::~GarbageList() {
  while (FreeSlice()) {
  }
}

bool GarbageList::FreeSlice() {
  if (!values_.empty()) {
    const FarValue value = values_.front();
    const TypeRow& row = RowOf(value.type);
    if (row.free_slice != nullptr) {
      if (row.free_slice(value.far)) values_.pop_front();
    } else {
      row.free(value.far);
      values_.pop_front();
    }
    return !empty();
  }
  if (!databases_.empty()) {
    if (databases_.front()->DrainSlice()) databases_.pop_front();
    return !empty();
  }
  return false;
}

}  // namespace zedis::store
