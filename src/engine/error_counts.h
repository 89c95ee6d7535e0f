// How many error replies began with which code (ERR, WRONGTYPE, OOM ...). One worker counts, INFO reads at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "engine/counter.h"

namespace zedis::engine {

class ErrorCounts {
 public:
  // Scripts may invent codes: those beyond so many are in total() only.
  static constexpr std::size_t kCodesMax = 64;
  static constexpr std::size_t kCodeBytesMax = 31;

  // `text` as it is sent, without the minus.
  void Count(std::string_view text);
  // Its code; what has none counts as ERR, as in Redis.
  static std::string_view CodeOf(std::string_view text);

  std::uint64_t total() const { return total_.Get(); }
  // Calls visit(code, count).
  template <class Visit>
  void ForEach(Visit visit) const {
    const std::size_t size = size_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < size; ++i) visit(codes_[i].name(), codes_[i].count.Get());
  }

 private:
  struct Code {
    std::array<char, kCodeBytesMax> bytes;
    std::uint8_t length = 0;
    Counter count;
    std::string_view name() const { return {bytes.data(), length}; }
  };

  Counter total_;
  std::atomic<std::size_t> size_{0};
  std::array<Code, kCodesMax> codes_;
};

}  // namespace zedis::engine
