#include "types/hash.h"

#include <cstring>

#include "types/allocate.h"

namespace zedis::types {
namespace {

// A packed hash that is new in its block grows by at least this much, so that not each field moves it.
constexpr std::size_t kRoomBytes = 16;

}  // namespace

Hash::Hash(PackedHashView packed, std::uint64_t seed)
    : seed_(seed), size_(static_cast<std::uint32_t>(packed.Bytes().size())) {
  MoveTo(size_ + size_ / 4 + kRoomBytes);
  if (size_ != 0) std::memcpy(block_, packed.Bytes().data(), size_);
}

void Hash::FreeBlock() {
  if (block_ != nullptr) Free(block_);
  block_ = nullptr;
}

// Into a new block of at least `capacity` bytes.
void Hash::MoveTo(std::size_t capacity) {
  char* old = block_;
  block_ = static_cast<char*>(Allocate(RoundToSizeClass(capacity)));
  capacity_ = static_cast<std::uint32_t>(AllocatedBytes(block_));
  if (old == nullptr) return;
  std::memcpy(block_, old, size_);
  Free(old);
}

std::size_t Hash::MemoryBytes() const {
  return sizeof(Hash) + (IsIndexed() ? indexed_->MemoryBytes() : AllocatedBytes(block_));
}

std::unique_ptr<Hash> Hash::Duplicate() const {
  auto copy = std::make_unique<Hash>(IsIndexed() ? PackedHashView() : Packed(), seed_);
  if (!IsIndexed()) return copy;
  copy->FreeBlock();
  copy->indexed_ = indexed_->Duplicate();
  return copy;
}

void Hash::BecomeIndexed() {
  indexed_ = std::make_unique<IndexedHash>(seed_);
  IntegerText digits;
  Packed().ForEach([&](const HashItem& item) {
    const HashField field(item.field);
    indexed_->AddNew(field.Text(), field.Hash(seed_), item.value.Text(digits), item.expire_at_ms);
    return true;
  });
  FreeBlock();
}

HashPut Hash::Put(const HashField& field, const HashWrite& write, const HashLimits& limits) {
  while (!IsIndexed()) {
    const HashPut result = Edit([&](PackedHash& packed) { return packed.Put(field, write, limits); });
    if (result == HashPut::kNoRoom) {
      // A first time to live takes more than its field.
      MoveTo(std::size_t{capacity_} * 5 / 4 + field.Text().size() + write.value.size() + 2 * kRoomBytes);
    } else if (result == HashPut::kTooLarge) {
      BecomeIndexed();
    } else {
      return result;
    }
  }
  return indexed_->Put(field.Text(), field.Hash(seed_), write);
}

bool Hash::Remove(const HashField& field, std::int64_t now_ms) {
  if (IsIndexed()) return indexed_->Remove(field.Text(), field.Hash(seed_), now_ms);
  return Edit([&](PackedHash& packed) { return packed.Remove(field, now_ms); });
}

void Hash::SetExpiry(const HashField& field, std::int64_t expire_at_ms) {
  if (IsIndexed()) return indexed_->SetExpiry(field.Text(), field.Hash(seed_), expire_at_ms);
  while (!Edit([&](PackedHash& packed) { return packed.SetExpiry(field, expire_at_ms); })) {
    MoveTo(std::size_t{capacity_} * 5 / 4 + 2 * kRoomBytes);
  }
}

IndexedHash::Removed Hash::RemoveDueSlice(std::int64_t now_ms, std::int64_t due_by_ms) {
  if (IsIndexed()) return indexed_->RemoveDueSlice(now_ms, due_by_ms);
  return {.count = Edit([&](PackedHash& packed) { return packed.RemoveDue(now_ms); }), .finished = true};
}

}  // namespace zedis::types
