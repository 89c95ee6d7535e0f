// The checksum of RDB files and DUMP payloads: CRC-64 "Jones" (polynomial 0xad93d23594c935a9, reflected in and out,
// beginning with 0).
#pragma once

#include <cstdint>
#include <string_view>

namespace zedis::rdb {

// Of what came before and these bytes. Crc64(0, "123456789") is 0xe9c6d914c4b8d9ca.
[[nodiscard]] std::uint64_t Crc64(std::uint64_t crc, std::string_view bytes);

}  // namespace zedis::rdb
