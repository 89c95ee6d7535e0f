#include "commands/dataset_digest.h"

// OpenSSL 3 would have SHA-1 fetched from a provider, which initialises half of the library for it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>

namespace zedis::commands {
namespace {

void Sha1(const void* bytes, std::size_t count, unsigned char* hash) {
  SHA_CTX context;
  SHA1_Init(&context);
  SHA1_Update(&context, bytes, count);
  SHA1_Final(hash, &context);
}

}  // namespace

void DatasetDigest::Add(std::string_view bytes) {
  static_assert(kBytes == SHA_DIGEST_LENGTH);
  unsigned char hash[kBytes];
  Sha1(bytes.data(), bytes.size(), hash);
  for (std::size_t i = 0; i < kBytes; ++i) bytes_[i] = static_cast<unsigned char>(bytes_[i] ^ hash[i]);
}

void DatasetDigest::Mix(std::string_view bytes) {
  Add(bytes);
  unsigned char hash[kBytes];
  Sha1(bytes_.data(), kBytes, hash);
  std::copy_n(hash, kBytes, bytes_.data());
}

void DatasetDigest::AddMixed(std::initializer_list<std::string_view> parts, std::string_view also) {
  DatasetDigest member;
  for (const std::string_view part : parts) member.Mix(part);
  if (!also.empty()) member.Add(also);
  Add(member);
}

void DatasetDigest::MixNumber(std::uint32_t number) {
  const std::uint32_t big_endian = __builtin_bswap32(number);
  Mix({reinterpret_cast<const char*>(&big_endian), sizeof big_endian});
}

void DatasetDigest::MixEntry(const store::Entry& entry) {
  const store::TypeRow& row = store::RowOf(entry.type());
  MixNumber(row.digest_number);
  row.digest(entry, *this);
  if (entry.has_ttl()) Add("!!expire!!");
}

std::string DatasetDigest::Hex() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : bytes_) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace zedis::commands
