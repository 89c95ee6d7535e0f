// Two fuzzers in one, chosen by the first byte. Even: the rest is taken for a packed sorted set; if it validates, every
// accessor must stay within it and agree with the others. Odd: the rest is a script of edits, done to a packed set, a
// set that leaves its packed form when it must, and standard containers.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "types/packed_sorted_set.h"
#include "types/sorted_set.h"
#include "types/sorted_set_model.h"

namespace zedis::types {
namespace {

std::vector<SortedSetModel::Entry> EntriesOf(const SortedSetView& view) {
  std::vector<SortedSetModel::Entry> entries;
  view.ForEach([&](const Element& element, double score) {
    IntegerText digits;
    entries.emplace_back(score, element.Text(digits));
    return true;
  });
  return entries;
}

void ReadAll(std::string_view bytes) {
  if (!ValidatePackedSortedSet(bytes)) return;
  const PackedSortedSetView view(bytes);
  const auto entries = EntriesOf(SortedSetView(view));
  CHECK(entries.size() == view.Size());
  std::size_t rank = entries.size();
  if (rank > 0) {
    view.ForRange(rank - 1, rank, Direction::kBackward, [&](const Element& element, double score) {
      const auto found = view.Find(SetMember(element));
      CHECK(found && found->rank == --rank && found->score == score && entries[rank].first == score);
      const RankRange ranks = view.RanksOf(ScoreRange{{score, false}, {score, false}});
      CHECK(ranks.first <= rank && rank < ranks.last);
      return true;
    });
  }
  SortedSet set(view, 1);
  set.BecomeIndexed();
  CHECK(EntriesOf(set.View()) == entries);
  std::vector<char> buffer(bytes.size());
  PackedSortedSet edited(buffer.data(), buffer.size(), bytes);
  while (edited.Size() > 0) edited.RemoveRange({edited.Size() / 2, edited.Size() / 2 + 1});
  CHECK(edited.Bytes().size() == kEmptyPackedSortedSet.size());
}

double ScoreFrom(std::string_view bytes) {
  double score = 0;
  std::memcpy(&score, bytes.data(), std::min(bytes.size(), sizeof score));
  return std::isnan(score) ? 0 : score;
}

// One step: what, the size of the score, the size of the text, score, text.
void Edit(std::string_view script) {
  constexpr SortedSetLimits kLimits{.entries = 20, .value_bytes = 40};
  char buffer[300];
  PackedSortedSet packed(buffer, sizeof buffer);
  SortedSet set(packed.View(), 7);
  SortedSetModel twin;
  bool is_packed = true;
  while (script.size() >= 3) {
    const auto what = static_cast<unsigned char>(script[0]);
    const std::size_t score_size = static_cast<unsigned char>(script[1]) % 9;
    const std::size_t text_size = static_cast<unsigned char>(script[2]) % 48;
    script.remove_prefix(3);
    const double score = ScoreFrom(script.substr(0, score_size));
    script.remove_prefix(std::min(score_size, script.size()));
    const std::string text(script.substr(0, text_size));
    script.remove_prefix(text.size());
    const SetMember member(text);
    const bool there = twin.ScoreOf(text) != nullptr;
    if (is_packed) {
      const auto found = packed.View().Find(member);
      CHECK(found.has_value() == there);
      if (what % 3 == 0) {
        if (found) packed.Remove(*found);
      } else {
        is_packed = (found ? packed.SetScore(*found, text, score) : packed.Add(text, score, kLimits)) ==
                    PackedSortedSet::Result::kDone;
      }
    }
    if (what % 3 == 0) {
      CHECK(set.Remove(member) == twin.Remove(text));
    } else {
      there ? set.SetScore(member, score) : set.Add(member, score, kLimits);
      twin.Put(text, score);
    }
    CHECK(set.Size() == twin.Size());
    if (is_packed) {
      CHECK(ValidatePackedSortedSet(packed.Bytes()) && EntriesOf(SortedSetView(packed.View())) == twin.Entries());
    }
  }
  CHECK(EntriesOf(set.View()) == twin.Entries());
  if (set.IsIndexed()) set.View().Indexed()->CheckStructure();
}

}  // namespace
}  // namespace zedis::types

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  data[0] % 2 == 0 ? zedis::types::ReadAll(rest) : zedis::types::Edit(rest);
  return 0;
}
