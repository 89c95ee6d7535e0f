// The numbers of the RDB format that files and DUMP payloads share.
#pragma once

#include <cstdint>

namespace zedis::rdb {

// How a value is laid out. The names in parentheses are the writers.
enum class ValueType : std::uint8_t {
  kString = 0,
  kList = 1,           // elements (<= 3.0)
  kSet = 2,            // members
  kSortedSetText = 3,  // members with scores as text (<= 3.2)
  kHash = 4,           // fields and values
  kSortedSet = 5,      // members with binary scores
  kHashZipmap = 9,     // (<= 2.4)
  kListZiplist = 10,   // (<= 3.0)
  kSetIntset = 11,
  kSortedSetZiplist = 12,  // (<= 6.2)
  kHashZiplist = 13,       // (<= 6.2)
  kListQuicklist = 14,     // of ziplists (3.2 to 6.2)
  kStream1 = 15,           // (5.0 to 6.2)
  kHashListpack = 16,
  kSortedSetListpack = 17,
  kListQuicklist2 = 18,  // of listpacks
  kStream2 = 19,
  kSetListpack = 20,  // since version 11
  kStream3 = 21,      // since version 11
  // Hashes whose fields have times to live.
  kHashTtlPreview = 22,          // (candidates of Redis 7.4); in payloads of Valkey 9 a layout of its own
  kHashTtlListpackPreview = 23,  // (candidates of Redis 7.4)
  kHashTtl = 24,                 // since version 12
  kHashTtlListpack = 25,         // since version 12
};

// What redis-server 7.0 reads, and so what is written as long as it can say what there is to say.
inline constexpr int kVersionOf70 = 10;
inline constexpr int kVersionOf72 = 11;
inline constexpr int kVersionOf74 = 12;
// Valkey 9 began to count anew, so that its numbers are not mistaken for those of later versions of Redis.
inline constexpr int kVersionOfValkey9 = 80;

// Whether payloads and files of this version can be read.
constexpr bool IsReadable(int version) { return version <= kVersionOf74 || version == kVersionOfValkey9; }

// The first two bits of a length, and the strings that they introduce instead of one.
inline constexpr unsigned kLengthOf6Bits = 0;
inline constexpr unsigned kLengthOf14Bits = 1;
inline constexpr unsigned kSpecialString = 3;
inline constexpr std::uint8_t kLengthOf32Bits = 0x80;
inline constexpr std::uint8_t kLengthOf64Bits = 0x81;

enum SpecialString : std::uint8_t { kInt8 = 0, kInt16 = 1, kInt32 = 2, kLzf = 3 };

// Of a node of a quicklist.
inline constexpr std::uint64_t kContainerPlain = 1;
inline constexpr std::uint64_t kContainerPacked = 2;

}  // namespace zedis::rdb
