// SORT and SORT_RO. With patterns that lead to other keys, which may be anywhere, all shards are locked: the elements
// of any but the smallest collection would name keys of nearly all of them. Without, it is the shards of the keys
// named.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "commands/list_value.h"
#include "commands/set_value.h"
#include "commands/sort_options.h"
#include "commands/tables.h"
#include "store/sorted_set_of.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Type;

constexpr Error kNoDouble{"ERR One or more scores can't be converted into double"};

// Texts that live as long as this. The keys that are read meanwhile may be due, and what expires changes the shard.
class TextStore {
 public:
  std::string_view Add(std::string_view text) {
    if (text.size() > left_) Grow(text.size());
    char* at = end_ - left_;
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    left_ -= text.size();
    return {at, text.size()};
  }

 private:
  void Grow(std::size_t bytes) {
    constexpr std::size_t kChunkBytes = 64 * 1024;
    left_ = std::max(bytes, kChunkBytes);
    end_ = chunks_.emplace_back(std::make_unique_for_overwrite<char[]>(left_)).get() + left_;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* end_ = nullptr;
  std::size_t left_ = 0;
};

struct Item {
  std::string_view text;
  std::string_view weight = {};  // alphabetic
  bool has_weight = false;
  double score = 0;
};

class Sorter {
 public:
  Sorter(Context& ctx, const SortOptions& options) : ctx_(ctx), options_(options) {}

  // The elements of the collection; null: none.
  void Collect(const Entry* entry);
  // Puts what is asked for in order.
  Outcome Sort();
  // What comes of it: one text for each element, or for each GET; nothing where a pattern leads to nothing.
  // visit(std::optional<std::string_view>)
  template <class Visit>
  void ForEachResult(Visit visit);
  [[nodiscard]] std::size_t Results() const { return count_ * std::max<std::size_t>(options_.get.size(), 1); }

 private:
  void Add(const types::Element& element) {
    types::IntegerText digits;
    items_.push_back({.text = texts_.Add(element.Text(digits))});
  }
  void CutToLimit();
  // False if a text is no number.
  bool ReadWeights();
  bool ReadWeight(Item& item, std::string_view text);
  [[nodiscard]] int Compare(const Item& one, const Item& other) const;
  [[nodiscard]] int CompareTexts(std::string_view one, std::string_view other) const;

  Context& ctx_;
  SortOptions options_;
  TextStore texts_;
  std::vector<Item> items_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::string scratch_;
};

void Sorter::Collect(const Entry* entry) {
  if (entry == nullptr) return;
  switch (entry->type()) {
    case Type::kList: {
      const ListReader list(*entry);
      list.ForRange(0, list.Size(), types::Direction::kForward, [&](const types::Element& element) { Add(element); });
      break;
    }
    case Type::kSet:
      SetReader(entry).ForEach([&](const types::Element& element) {
        Add(element);
        return true;
      });
      // Stored, it is to be the same on every server.
      if (options_.keeps_order && options_.store != 0) {
        options_.keeps_order = false;
        options_.alphabetic = true;
      }
      return;
    case Type::kSortedSet:
      store::SortedSetOf(entry).ForEach([&](const types::Element& element, double) {
        Add(element);
        return true;
      });
      break;
    case Type::kString:
    case Type::kHash:
    case Type::kStream:
      return;
  }
  if (options_.keeps_order && options_.descending) std::ranges::reverse(items_);
}

void Sorter::CutToLimit() {
  const auto size = static_cast<std::int64_t>(items_.size());
  const std::int64_t start = std::clamp<std::int64_t>(options_.limit_start, 0, size);
  const std::int64_t wanted = options_.limit_count < 0 ? size : std::min(options_.limit_count, size);
  first_ = static_cast<std::size_t>(start);
  count_ = static_cast<std::size_t>(std::min(wanted, size - start));
}

// As strtod reads it: space before it and hexadecimal are welcome, an empty text is 0.
bool Sorter::ReadWeight(Item& item, std::string_view text) {
  item.has_weight = true;
  if (options_.alphabetic) {
    item.weight = texts_.Add(text);
    return true;
  }
  if (const auto integer = base::ParseInt64(text)) {
    item.score = static_cast<double>(*integer);
    return true;
  }
  scratch_.assign(text);
  char* end = nullptr;
  errno = 0;
  item.score = std::strtod(scratch_.c_str(), &end);
  return *end == '\0' && errno != ERANGE && !std::isnan(item.score);
}

bool Sorter::ReadWeights() {
  bool all_good = true;
  for (Item& item : items_) {
    if (options_.by) {
      options_.by->Read(ctx_, item.text, [&](std::string_view text) { all_good &= ReadWeight(item, text); });
    } else if (options_.alphabetic) {
      item.weight = item.text;
      item.has_weight = true;
    } else {
      all_good &= ReadWeight(item, item.text);
    }
  }
  return all_good;
}

// Shown, texts are compared as the C locale does it, up to a zero byte; stored, all of them, as in Redis.
int Sorter::CompareTexts(std::string_view one, std::string_view other) const {
  if (options_.store == 0) {
    one = one.substr(0, one.find('\0'));
    other = other.substr(0, other.find('\0'));
  }
  return one.compare(other);
}

int Sorter::Compare(const Item& one, const Item& other) const {
  int order = 0;
  if (!options_.alphabetic) {
    order = one.score < other.score ? -1 : one.score > other.score ? 1 : 0;
  } else if (!one.has_weight || !other.has_weight) {
    order = static_cast<int>(one.has_weight) - static_cast<int>(other.has_weight);
  } else {
    order = CompareTexts(one.weight, other.weight);
  }
  return order != 0 ? order : one.text.compare(other.text);
}

Outcome Sorter::Sort() {
  CutToLimit();
  if (options_.keeps_order) return Done();
  if (!ReadWeights()) return kNoDouble;
  const auto before = [&](const Item& one, const Item& other) {
    return options_.descending ? Compare(other, one) < 0 : Compare(one, other) < 0;
  };
  const auto end = items_.begin() + static_cast<std::ptrdiff_t>(first_ + count_);
  end == items_.end() ? std::sort(items_.begin(), end, before)
                      : std::partial_sort(items_.begin(), end, items_.end(), before);
  return Done();
}

template <class Visit>
void Sorter::ForEachResult(Visit visit) {
  for (std::size_t i = first_; i < first_ + count_; ++i) {
    const std::string_view element = items_[i].text;
    if (options_.get.empty()) visit(std::optional(element));
    for (const KeyPattern& pattern : options_.get) {
      const auto found = [&](std::string_view text) { visit(std::optional(text)); };
      if (pattern.IsElement()) {
        found(element);
      } else if (!pattern.LeadsToKeys() || !pattern.Read(ctx_, element, found)) {
        visit(std::optional<std::string_view>());
      }
    }
  }
}

void Reply(Context& ctx, Sorter& sorter) {
  ctx.reply.ArrayHeader(sorter.Results());
  sorter.ForEachResult(
      [&](std::optional<std::string_view> text) { text ? ctx.reply.Bulk(*text) : ctx.reply.NullBulk(); });
}

void Store(Context& ctx, const Key& destination, Sorter& sorter) {
  TextStore texts;
  std::vector<std::string_view> results;
  sorter.ForEachResult(
      [&](std::optional<std::string_view> text) { results.push_back(text ? texts.Add(*text) : std::string_view()); });
  ctx.reply.Integer(static_cast<std::int64_t>(results.size()));
  if (results.empty()) {
    if (ctx.FindForWrite(destination) != nullptr && ctx.Erase(destination)) {
      ctx.Changed(destination, {base::kNotifyGeneric, "del"});
    }
    return;
  }
  // Without an entry, so that it takes the place of whatever is there, time to live included.
  ListEditor list(ctx, destination, nullptr);
  list.Push(types::Side::kBack, results);
  list.Finish("sortstore", results.size());
}

template <bool kMayStore>
Outcome Sort(Context& ctx, Args args) {
  TRY(const SortOptions options, ParseSortOptions(ctx, args, kMayStore));
  const Entry* entry = ctx.Find(ctx.KeyAt(args, 1));
  const bool sortable = entry == nullptr || entry->type() == Type::kList || entry->type() == Type::kSet ||
                        entry->type() == Type::kSortedSet;
  if (!sortable) return kWrongType;
  Sorter sorter(ctx, options);
  sorter.Collect(entry);
  const Outcome sorted = sorter.Sort();
  if (!sorted.ok()) return sorted;
  options.store != 0 ? Store(ctx, ctx.KeyAt(args, options.store), sorter) : Reply(ctx, sorter);
  return Done();
}

constexpr KeySpec kSource = {.flags = kKeyReadOnly | kKeyAccess};
constexpr KeySpec kPatterns = {.flags = kKeyReadOnly | kKeyAccess,
                               .find = KeySpec::Find::kUnknown,
                               .notes =
                                   "For the optional BY/GET keyword. It is marked 'unknown' because the key names "
                                   "derive from the content of the key we sort"};
constexpr KeySpec kDestination = {.flags = kKeyOverwrite | kKeyUpdate,
                                  .find = KeySpec::Find::kUnknown,
                                  .locate = LocateSortDestination,
                                  .notes =
                                      "For the optional STORE keyword. It is marked 'unknown' because the keyword "
                                      "can appear anywhere in the argument array"};
constexpr KeySpec kSortKeys[] = {kSource, kPatterns, kDestination};
constexpr KeySpec kSortReadOnlyKeys[] = {kSource, kPatterns};

constexpr Command kSortCommands[] = {
    {.name = "sort",
     .arity = AtLeast(1),
     .flags = kWrite | kDenyOom,
     .categories = kCatSet | kCatSortedSet | kCatList | kCatDangerous,
     .keys = kSortKeys,
     .needs_all = SortReadsOtherKeys,
     .run = Sort<true>,
     .since = "1.0.0",
     .group = "generic",
     .summary = "Shows the elements of a list or set in order, or stores them, or what other keys say of them.",
     .complexity = "O(N + N log N), N being the number of elements; O(N) if they are not sorted.",
     .syntax = "key#0 [BY pattern:pattern#1] [LIMIT offset_count{offset:int count:int}] [GET pattern:pattern#1...+] "
               "[order(ASC|DESC)] [sorting=ALPHA] [STORE destination#2]"},
    {.name = "sort_ro",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatSet | kCatSortedSet | kCatList | kCatDangerous,
     .keys = kSortReadOnlyKeys,
     .needs_all = SortReadsOtherKeys,
     .run = Sort<false>,
     .since = "7.0.0",
     .group = "generic",
     .summary = "Shows the elements of a list or set in order, or what other keys say of them.",
     .complexity = "O(N + N log N), N being the number of elements; O(N) if they are not sorted.",
     .syntax = "key#0 [BY pattern:pattern#1] [LIMIT offset_count{offset:int count:int}] [GET pattern:pattern#1...+] "
               "[order(ASC|DESC)] [sorting=ALPHA]"},
};

}  // namespace

Table SortCommands() { return kSortCommands; }

}  // namespace zedis::commands
