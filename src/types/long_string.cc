#include "types/long_string.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>

#include "types/allocate.h"

namespace zedis::types {
namespace {

constexpr std::size_t kHeaderBytes = 24;
constexpr std::size_t kGrowthStepMax = std::size_t{1} << 20;
constexpr std::size_t kMapBytesMin = std::size_t{1} << 20;  // from here on zeros come from the system

}  // namespace

LongString* LongString::Create(std::string_view bytes, std::size_t capacity) {
  capacity = std::max(capacity, bytes.size());
  void* block = Allocate(kHeaderBytes + capacity);
  auto* string = new (block) LongString;
  string->capacity_ = AllocatedBytes(block) - kHeaderBytes;
  string->size_ = bytes.size();
  if (!bytes.empty()) std::memcpy(string->data_, bytes.data(), bytes.size());
  return string;
}

LongString* LongString::CreateZeroed(std::size_t size) {
  if (size < kMapBytesMin) {
    LongString* string = Create({}, size);
    std::memset(string->data_, 0, size);
    string->size_ = size;
    return string;
  }
  auto* string = new (MapZeroed(kHeaderBytes + size)) LongString;
  string->mapped_ = true;
  string->capacity_ = size;
  string->size_ = size;
  return string;
}

std::size_t LongString::MemoryBytes() const { return kHeaderBytes + capacity_; }

LongString* LongString::Resize(std::size_t size) {
  static_assert(offsetof(LongString, data_) == kHeaderBytes);
  LongString* result = this;
  const std::size_t kept = std::min(size, size_);
  // Acquire: what a sender of the old bytes read happens before we write.
  const bool shared = references_.load(std::memory_order_acquire) != 1;
  if (size > capacity_ && size - kept >= kMapBytesMin) {
    result = CreateZeroed(size);
    std::memcpy(result->data_, data_, kept);
    Release();
    return result;
  }
  if (shared || size > capacity_) {
    const std::size_t spare = size > size_ && size_ != 0 ? std::min(size, kGrowthStepMax) : 0;
    result = Create({data_, kept}, size + spare);
    Release();
  }
  if (size > kept) std::memset(result->data_ + kept, 0, size - kept);
  result->size_ = size;
  return result;
}

void LongString::Release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    const bool mapped = mapped_;
    const std::size_t bytes = kHeaderBytes + capacity_;
    this->~LongString();
    mapped ? Unmap(this, bytes) : Free(this);
  }
}

}  // namespace zedis::types
