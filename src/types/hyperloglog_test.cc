#include "types/hyperloglog.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "types/hyperloglog_dense.h"
#include "types/hyperloglog_sparse.h"

namespace zedis::types {
namespace {

// The naive twin of packed registers: one bit after the other.
class NaiveDense {
 public:
  explicit NaiveDense(std::string_view packed) {
    for (const char c : packed) {
      for (int bit = 0; bit < 8; ++bit) bits_.push_back((static_cast<unsigned char>(c) >> bit & 1) != 0);
    }
  }
  std::uint8_t At(std::size_t index) const {
    unsigned value = 0;
    for (std::size_t bit = 0; bit < 6; ++bit) value |= (bits_[index * 6 + bit] ? 1u : 0u) << bit;
    return static_cast<std::uint8_t>(value);
  }
  void Set(std::size_t index, std::uint8_t value) {
    for (std::size_t bit = 0; bit < 6; ++bit) bits_[index * 6 + bit] = (value >> bit & 1) != 0;
  }
  std::string Packed() const {
    std::string packed(bits_.size() / 8, '\0');
    for (std::size_t i = 0; i < bits_.size(); ++i) packed[i / 8] = static_cast<char>(packed[i / 8] | bits_[i] << i % 8);
    return packed;
  }
  HllRegisters All() const {
    HllRegisters all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = At(i);
    return all;
  }

 private:
  std::vector<bool> bits_;
};

// The registers of any HyperLogLog, or nothing.
std::optional<HllRegisters> RegistersOf(std::string_view bytes) {
  HllRegisters registers{};
  if (!HllMerge(bytes, registers)) return std::nullopt;
  return registers;
}

std::string RunsOf(std::string_view bytes) {
  std::string text;
  EXPECT_TRUE(ForEachHllRun(bytes.substr(kHllHeaderBytes), [&](std::size_t, const HllRun& run) {
    if (!text.empty()) text += ' ';
    text += run.value > 0 ? "v" + std::to_string(run.value) + "," : run.bytes == 2 ? "Z" : "z";
    text += std::to_string(run.length);
  }));
  return text;
}

std::uint64_t Fnv(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

class HyperLogLogs : public ::testing::Test {
 protected:
  std::size_t Below(std::size_t limit) { return random_() % limit; }
  // In a block of exactly that size, so that sanitizers see a read beyond either end.
  std::vector<char> RandomPacked() {
    std::vector<char> packed(kHllPackedBytes);
    for (char& c : packed) c = static_cast<char>(random_());
    return packed;
  }
  // Values as hashes give them: each half as often as the one below.
  std::uint8_t Value() { return HllPlaceOf(std::to_string(random_())).value; }

  std::mt19937 random_{11};
};

// What redis-server 7.0.15 shows by PFDEBUG DECODE after PFADD of one element.
TEST_F(HyperLogLogs, ElementsHaveTheRegistersThatRedisGivesThem) {
  const auto runs = [](std::string_view element) {
    HllEditor editor(EmptyHyperLogLog(), 3000);
    EXPECT_EQ(editor.Raise(HllPlaceOf(element)), HllEditor::Change::kRaised);
    EXPECT_EQ(editor.Raise(HllPlaceOf(element)), HllEditor::Change::kNone);
    return RunsOf(editor.Bytes());
  };
  EXPECT_EQ(RunsOf(EmptyHyperLogLog()), "Z16384");
  EXPECT_EQ(runs(""), "Z5938 v2,1 Z10445");
  EXPECT_EQ(runs("x"), "Z16374 v2,1 z9");
  EXPECT_EQ(runs(std::string(7, 'x')), "Z4290 v2,1 Z12093");
  EXPECT_EQ(runs(std::string(8, 'x')), "Z5076 v2,1 Z11307");
  EXPECT_EQ(runs(std::string(9, 'x')), "Z2779 v5,1 Z13604");
  EXPECT_EQ(runs(std::string(15, 'x')), "Z12070 v1,1 Z4313");
  EXPECT_EQ(runs(std::string(16, 'x')), "Z10349 v1,1 Z6034");
  EXPECT_EQ(runs(std::string(1000, 'x')), "Z11258 v1,1 Z5125");
}

// The values and estimates of redis-server 7.0.15 for the elements e0, e1, ...
TEST_F(HyperLogLogs, BytesAndEstimatesAreThoseOfRedis) {
  struct Expected {
    int elements;
    std::uint64_t estimate;
    std::size_t size;
    std::uint64_t fnv;  // of the value, the estimate remembered
  };
  constexpr Expected kExpected[] = {
      {1, 1, 21, 0x546d16fdfd2c805a},           {10, 10, 48, 0xd06c25fbeaa23420},
      {100, 100, 285, 0x40dec5e3b1513cfa},      {1000, 1008, 1906, 0x4ded8ea0046b668d},
      {1500, 1509, 2719, 0xf02083a1232a1a76},   {2000, 2000, 12304, 0xdd4d26f186b57d33},
      {10000, 9973, 12304, 0x91141a0852dc0034}, {100000, 100853, 12304, 0xfd1fc23694773e63}};
  HllEditor editor(EmptyHyperLogLog(), 3000);
  int next = 0;
  for (const Expected& expected : kExpected) {
    for (; next < expected.elements; ++next) editor.Raise(HllPlaceOf("e" + std::to_string(next)));
    EXPECT_EQ(HllCount(editor.Bytes()), expected.estimate);
    EXPECT_EQ(HllRemembered(editor.Bytes()), std::nullopt);
    std::string bytes(editor.Bytes());
    HllRemember(bytes.data(), expected.estimate);
    EXPECT_EQ(HllRemembered(bytes), expected.estimate);
    EXPECT_EQ(bytes.size(), expected.size);
    EXPECT_EQ(Fnv(bytes), expected.fnv) << expected.elements;
  }
}

TEST_F(HyperLogLogs, PackedRegistersAreTheTwins) {
  for (int round = 0; round < 10; ++round) {
    std::vector<char> packed = RandomPacked();
    const std::string_view view(packed.data(), packed.size());
    NaiveDense twin(view);
    HllRegisters registers;
    UnpackDense(packed.data(), registers);
    ASSERT_EQ(registers, twin.All());
    UnpackDensePortable(packed.data(), registers);
    ASSERT_EQ(registers, twin.All());

    HllRegisters other;
    for (std::uint8_t& value : other) value = static_cast<std::uint8_t>(Below(64));
    HllRegisters greater;
    for (std::size_t i = 0; i < greater.size(); ++i) greater[i] = std::max(other[i], twin.At(i));
    HllRegisters merged = other;
    MergeDense(packed.data(), merged);
    ASSERT_EQ(merged, greater);
    merged = other;
    MergeDensePortable(packed.data(), merged);
    ASSERT_EQ(merged, greater);

    for (int i = 0; i < 2000; ++i) {
      const std::size_t index = Below(4) == 0 ? kHllRegisters - 1 - Below(9) : Below(kHllRegisters);
      ASSERT_EQ(DenseRegister(packed.data(), index), twin.At(index));
      const HllPlace place{static_cast<std::uint32_t>(index), static_cast<std::uint8_t>(Below(64))};
      if (Below(2) == 0) {
        SetDenseRegister(packed.data(), index, place.value);
        twin.Set(index, place.value);
      } else {
        ASSERT_EQ(RaiseDenseRegister(packed.data(), place), place.value > twin.At(index));
        twin.Set(index, std::max(twin.At(index), place.value));
      }
    }
    ASSERT_EQ(view, twin.Packed());
    registers = twin.All();
    std::vector<char> again(kHllPackedBytes, 'x');
    PackDense(registers, again.data());
    ASSERT_EQ(again, packed);
    again.assign(kHllPackedBytes, 'x');
    PackDensePortable(registers, again.data());
    ASSERT_EQ(again, packed);
  }
}

// Ascending, descending, dense in one corner, or anywhere: where runs split and join, and where to resume.
TEST_F(HyperLogLogs, SparseRegistersAreTheTwins) {
  for (int round = 0; round < 60; ++round) {
    const std::size_t limit = 100 + Below(5000);
    HllEditor editor(EmptyHyperLogLog(), limit);
    HllRegisters twin{};
    const std::size_t style = Below(4);
    std::size_t index = style == 1 ? kHllRegisters : 0;
    for (int step = 0; step < 1500; ++step) {
      if (style == 0) index = std::min(index + Below(12), kHllRegisters - 1);
      if (style == 1) index -= std::min(index, Below(12));
      if (style == 2) index = Below(300);
      if (style == 3) index = Below(kHllRegisters);
      index = std::min(index, kHllRegisters - 1);
      const HllPlace place{static_cast<std::uint32_t>(index), Below(500) == 0 ? std::uint8_t{33} : Value()};
      const bool was_dense = editor.IsDense();
      const auto change = editor.Raise(place);
      ASSERT_EQ(change, place.value > twin[index] ? HllEditor::Change::kRaised : HllEditor::Change::kNone);
      twin[index] = std::max(twin[index], place.value);
      ASSERT_TRUE(IsHyperLogLog(editor.Bytes()));
      ASSERT_TRUE(was_dense <= editor.IsDense());
      if (!editor.IsDense()) ASSERT_LE(editor.Bytes().size(), limit);
      if (step % 50 == 0) ASSERT_EQ(RegistersOf(editor.Bytes()), twin);
    }
    ASSERT_EQ(RegistersOf(editor.Bytes()), twin);
    ASSERT_EQ(HllCount(editor.Bytes()), HllEstimate(HllHistogramOf(twin)));
    ASSERT_TRUE(editor.MakeDense());
    ASSERT_EQ(editor.Bytes().size(), kHllDenseBytes);
    ASSERT_EQ(RegistersOf(editor.Bytes()), twin);
    ASSERT_EQ(HllCount(editor.Bytes()), HllEstimate(HllHistogramOf(twin)));
  }
}

// Resuming where the last search ended must lead to the runs that searching from the start leads to.
TEST_F(HyperLogLogs, OneEditorMakesTheBytesThatManyMake) {
  for (int round = 0; round < 30; ++round) {
    std::string bytes = EmptyHyperLogLog();
    HllEditor one(bytes, 100000);
    std::size_t index = 0;
    for (int step = 0; step < 800; ++step) {
      index = Below(50) == 0 ? Below(kHllRegisters) : (index + Below(round % 2 == 0 ? 3 : 40)) % kHllRegisters;
      const HllPlace place{static_cast<std::uint32_t>(index), static_cast<std::uint8_t>(1 + Below(3))};
      HllEditor fresh(bytes, 100000);
      ASSERT_EQ(one.Raise(place), fresh.Raise(place));
      bytes = fresh.Bytes();
      ASSERT_EQ(one.Bytes(), bytes);
    }
  }
}

TEST_F(HyperLogLogs, RaisingAllRegistersIsRaisingEach) {
  for (int round = 0; round < 40; ++round) {
    HllRegisters registers{};
    for (std::size_t i = 0; i < 10 + Below(3000); ++i) registers[Below(kHllRegisters)] = Value();
    HllEditor all(EmptyHyperLogLog(), 3000);
    for (std::size_t i = 0; i < Below(500); ++i) all.Raise({static_cast<std::uint32_t>(Below(kHllRegisters)), Value()});
    HllEditor each(std::string(all.Bytes()), 3000);
    const bool dense = Below(3) == 0;
    if (dense) ASSERT_TRUE(each.MakeDense());
    for (std::uint32_t i = 0; i < kHllRegisters; ++i) {
      if (registers[i] > 0) each.Raise({i, registers[i]});
    }
    ASSERT_TRUE(all.Raise(registers, dense));
    ASSERT_EQ(all.Bytes(), each.Bytes());
  }
}

TEST_F(HyperLogLogs, HeadersAreChecked) {
  const std::string empty = EmptyHyperLogLog();
  EXPECT_TRUE(IsHyperLogLog(empty));
  for (std::size_t size = 0; size < kHllHeaderBytes; ++size) EXPECT_FALSE(IsHyperLogLog(empty.substr(0, size)));
  for (std::size_t i = 0; i < 4; ++i) {
    std::string bytes = empty;
    bytes[i] = 'x';
    EXPECT_FALSE(IsHyperLogLog(bytes));
  }
  for (const int encoding : {2, 3, 127, 128, 255}) {
    std::string bytes = empty;
    bytes[4] = static_cast<char>(encoding);
    EXPECT_FALSE(IsHyperLogLog(bytes));
  }
  HllEditor dense(empty, 3000);
  ASSERT_TRUE(dense.MakeDense());
  EXPECT_EQ(HllRemembered(dense.Bytes()), 0u);
  std::string bytes(dense.Bytes());
  EXPECT_TRUE(IsHyperLogLog(bytes));
  EXPECT_FALSE(IsHyperLogLog(bytes + 'x'));
  bytes.pop_back();
  EXPECT_FALSE(IsHyperLogLog(bytes));
}

TEST_F(HyperLogLogs, RunsThatAreNotAllRegistersAreRefused) {
  const std::string header = EmptyHyperLogLog().substr(0, kHllHeaderBytes);
  const auto is_whole = [&](std::string_view runs) {
    const std::string bytes = header + std::string(runs);
    HllEditor editor(bytes, 3000);
    const bool made = editor.MakeDense();
    EXPECT_EQ(HllCount(bytes).has_value(), made);
    EXPECT_EQ(RegistersOf(bytes).has_value(), made);
    if (!made) EXPECT_EQ(editor.Bytes(), bytes);
    return made;
  };
  using namespace std::string_view_literals;
  EXPECT_TRUE(is_whole("\x7f\xff"sv));
  EXPECT_FALSE(is_whole(""sv));
  EXPECT_FALSE(is_whole("\x7f"sv));
  EXPECT_FALSE(is_whole("\x7f\xfe"sv));
  EXPECT_TRUE(is_whole("\x7f\xfe\x80"sv));
  EXPECT_TRUE(is_whole("\x80\x7f\xfe"sv));
  EXPECT_FALSE(is_whole("\x7f\xfe\x81"sv));
  EXPECT_FALSE(is_whole("\x7f\xff\x80"sv));
  EXPECT_FALSE(is_whole("\x7f\xff\x00"sv));
  EXPECT_FALSE(is_whole("\x7f\xff\x40"sv));
  EXPECT_FALSE(is_whole("\x7f\xff\x7f\xff"sv));
  // What lies behind the register that is raised is not looked at; what lies before it is.
  EXPECT_EQ(HllEditor(header, 3000).Raise({0, 1}), HllEditor::Change::kCorrupted);
  EXPECT_EQ(HllEditor(header, 3000).Raise({0, 40}), HllEditor::Change::kCorrupted);
  EXPECT_EQ(HllEditor(header + "\x7f", 3000).Raise({0, 1}), HllEditor::Change::kCorrupted);
  EXPECT_EQ(HllEditor(header + "\x01\x01", 3000).Raise({3, 1}), HllEditor::Change::kRaised);
  EXPECT_EQ(HllEditor(header + "\x01\x01", 3000).Raise({4, 1}), HllEditor::Change::kCorrupted);
  EXPECT_EQ(HllEditor(header + "\x01\x01", 3000).Raise({3, 40}), HllEditor::Change::kCorrupted);
}

TEST_F(HyperLogLogs, EstimatesAreWithinTheirError) {
  HllRegisters registers{};
  EXPECT_EQ(HllEstimate(HllHistogramOf(registers)), 0u);
  double worst = 0;
  std::uint64_t next = 1000;
  for (std::uint64_t n = 1; n <= 1'000'000; ++n) {
    const HllPlace place = HllPlaceOf(std::to_string(n));
    registers[place.index] = std::max(registers[place.index], place.value);
    if (n != next) continue;
    next += next / 4;
    const double error = static_cast<double>(HllEstimate(HllHistogramOf(registers))) / static_cast<double>(n) - 1;
    worst = std::max(worst, std::abs(error));
  }
  EXPECT_LT(worst, 0.03);
}

TEST_F(HyperLogLogs, RegistersThatNoElementHasAreCountedAsRedisDoes) {
  HllHistogram histogram{};
  histogram[63] = kHllRegisters;
  EXPECT_EQ(HllEstimate(histogram), std::uint64_t{1} << 63);
  histogram = {};
  histogram[kHllValueMax] = kHllRegisters;
  EXPECT_EQ(HllEstimate(histogram), std::uint64_t{1} << 63);
}

}  // namespace
}  // namespace zedis::types
