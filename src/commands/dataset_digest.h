// The digest of DEBUG DIGEST and DIGEST-VALUE, the same as Redis computes: SHA-1 hashes combined by xor where order
// does not matter, and hashed again where it does. Equal data sets have equal digests, whatever order they are walked
// in.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/value_ops.h"

namespace zedis::commands {

class DatasetDigest final : public store::ValueDigest {
 public:
  void Mix(std::string_view bytes) override;
  void Add(std::string_view bytes) override;
  void AddMixed(std::initializer_list<std::string_view> parts, std::string_view also) override;
  // A number in network byte order.
  void MixNumber(std::uint32_t number);
  // Type, value and whether there is a time to live (not which).
  void MixEntry(const store::Entry& entry);
  void Add(const DatasetDigest& other) {
    Add(std::string_view(reinterpret_cast<const char*>(other.bytes_.data()), kBytes));
  }

  std::string Hex() const;

 private:
  static constexpr std::size_t kBytes = 20;
  std::array<unsigned char, kBytes> bytes_{};
};

}  // namespace zedis::commands
