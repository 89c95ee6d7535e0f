#include "store/keyspace.h"

#include <new>

namespace zedis::store {

Keyspace::Keyspace(int shard_bits, int databases, std::uint64_t seed)
    : shard_bits_(shard_bits),
      shards_count_(1 << shard_bits),
      databases_(databases),
      seed_(seed),
      shards_(std::make_unique<Shard[]>(static_cast<std::size_t>(1) << shard_bits)) {
  CHECK(shard_bits >= 0 && shard_bits <= kMaxShardBits && databases >= 1);
  // One array, a cache line each, so that finding a key's database needs no pointer.
  const std::size_t count = static_cast<std::size_t>(shards_count_) * static_cast<std::size_t>(databases);
  databases_by_shard_ =
      static_cast<Database*>(::operator new(count * sizeof(Database), std::align_val_t{alignof(Database)}));
  for (int i = 0; i < shards_count_; ++i) {
    shards_[i].arena.SetColour(static_cast<unsigned>(i));
    for (int j = 0; j < databases; ++j) new (&database(i, j)) Database(shards_[i].arena, seed, shards_[i].garbage);
  }
}

Keyspace::~Keyspace() {
  for (int i = 0; i < shards_count_; ++i) {
    for (int j = 0; j < databases_; ++j) {
      database(i, j).Clear();
      database(i, j).~Database();
    }
    while (shards_[i].garbage.FreeSlice()) {
    }
  }
  ::operator delete(databases_by_shard_, std::align_val_t{alignof(Database)});
}

}  // namespace zedis::store
