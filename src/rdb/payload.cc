#include "rdb/payload.h"

#include <cstring>

#include "rdb/crc64.h"
#include "rdb/format.h"
#include "rdb/save.h"

namespace zedis::rdb {
namespace {

constexpr std::size_t kVersionBytes = 2;
constexpr std::size_t kChecksumBytes = 8;

}  // namespace

std::string MakePayload(const store::Entry& entry, const base::Tunables& tunables) {
  const SaveOptions options(tunables, VersionFor(entry));
  std::string payload;
  Writer writer(payload, options.compress);
  writer.Byte(static_cast<std::uint8_t>(SavedType(entry, options)));
  SaveValue(entry, options, writer);
  writer.Byte(static_cast<std::uint8_t>(options.version));
  writer.Byte(0);
  writer.Uint64(Crc64(0, payload));
  return payload;
}

std::size_t SerializedLength(const store::Entry& entry, const base::Tunables& tunables) {
  std::string value;
  const SaveOptions options(tunables, VersionFor(entry));
  Writer writer(value, options.compress);
  SaveValue(entry, options, writer);
  return value.size();
}

std::optional<Payload> CheckPayload(std::string_view bytes) {
  if (bytes.size() < kVersionBytes + kChecksumBytes) return std::nullopt;
  const std::string_view summed = bytes.substr(0, bytes.size() - kChecksumBytes);
  const std::string_view body = summed.substr(0, summed.size() - kVersionBytes);
  std::uint16_t version;
  std::memcpy(&version, body.data() + body.size(), sizeof version);
  std::uint64_t checksum;
  std::memcpy(&checksum, summed.data() + summed.size(), sizeof checksum);
  if (!IsReadable(version) || Crc64(0, summed) != checksum) return std::nullopt;
  return Payload{body, version};
}

}  // namespace zedis::rdb
