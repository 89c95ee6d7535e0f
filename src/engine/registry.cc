#include "engine/registry.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace zedis::engine {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

void Resolve(const Command& row, ResolvedCommand& resolved, std::uint32_t& count) {
  resolved.row = &row;
  resolved.run = row.run;
  resolved.flags = row.flags;
  resolved.arity = row.arity;
  resolved.locks = row.locks;
  resolved.has_subcommands = !row.subcommands.empty();
  resolved.number = count++;
  resolved.categories = AllCategories(row);
  if (row.keys.size() == 1 && row.keys[0].keyword.empty() && row.keys[0].find == KeySpec::Find::kRange &&
      row.keys[0].limit <= 1) {
    const KeySpec& spec = row.keys[0];
    resolved.first = spec.index;
    resolved.last = static_cast<std::int16_t>(spec.last >= 0 ? spec.index + spec.last : spec.last);
    resolved.step = spec.step;
    resolved.shape = spec.last == 0 ? ResolvedCommand::KeyShape::kOne : ResolvedCommand::KeyShape::kRange;
  } else if (!row.keys.empty()) {
    resolved.shape = ResolvedCommand::KeyShape::kGeneral;
  }
  resolved.subcommands.resize(row.subcommands.size());
  for (std::size_t i = 0; i < row.subcommands.size(); ++i) Resolve(row.subcommands[i], resolved.subcommands[i], count);
}

}  // namespace

bool EqualsIgnoreCase(std::string_view lower, std::string_view any) {
  if (lower.size() != any.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if (lower[i] != Lower(any[i])) return false;
  }
  return true;
}

Registry::Registry(std::span<const std::span<const Command>> families) : table_(std::make_unique<Named[]>(kTableSize)) {
  static_assert(kTableSize == 1u << (64 - 53));
  std::size_t total = 0;
  for (const auto& family : families) total += family.size();
  commands_.resize(total);
  std::size_t next = 0;
  for (const auto& family : families) {
    for (const Command& row : family) Resolve(row, commands_[next++], count_);
  }
  CHECK(total < kTableSize / 2);
  for (ResolvedCommand& command : commands_) {
    for (ResolvedCommand& sub : command.subcommands) sub.parent = &command;
    const std::string_view name = command.row->name;
    CHECK(Find(name) == nullptr);  // a name twice
    const std::uint64_t packed = Pack(name);
    std::uint32_t bucket = Bucket(packed);
    while (table_[bucket].command != nullptr) bucket = (bucket + 1) % kTableSize;
    const bool letters = std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    table_[bucket] = {packed, &command, letters && name.size() <= 8 ? static_cast<std::uint32_t>(name.size()) : 0};
  }
}

const ResolvedCommand* Registry::FindSlow(std::string_view name, std::uint64_t packed) const {
  for (std::uint32_t bucket = Bucket(packed); table_[bucket].command != nullptr; bucket = (bucket + 1) % kTableSize) {
    const Named& candidate = table_[bucket];
    if (candidate.packed == packed && EqualsIgnoreCase(candidate.command->row->name, name)) return candidate.command;
  }
  return nullptr;
}

const ResolvedCommand* Registry::FindSubcommand(const ResolvedCommand& container, std::string_view name) {
  const std::size_t prefix = container.row->name.size() + 1;
  for (const ResolvedCommand& sub : container.subcommands) {
    if (EqualsIgnoreCase(sub.row->name.substr(prefix), name)) return &sub;
  }
  return nullptr;
}

std::optional<std::int64_t> BeginOf(const KeySpec& spec, Args args) {
  if (spec.keyword.empty()) return spec.index;
  const auto count = static_cast<std::int64_t>(args.size());
  const bool forward = spec.start_from > 0;
  const std::int64_t step = forward ? 1 : -1;
  for (std::int64_t i = forward ? spec.start_from : count + spec.start_from; i > 0 && i < count - 1; i += step) {
    const std::string_view word = args[static_cast<std::size_t>(i)];
    if (word.size() != spec.keyword.size()) continue;
    bool equal = true;
    for (std::size_t j = 0; j < word.size(); ++j) equal &= Lower(word[j]) == Lower(spec.keyword[j]);
    if (equal) return i + 1;
  }
  return std::nullopt;
}

std::uint32_t AllCategories(const Command& row) {
  std::uint32_t categories = row.categories;
  if ((row.flags & kWrite) != 0) categories |= kCatWrite;
  if ((row.flags & kReadonly) != 0 && (categories & kCatScripting) == 0) categories |= kCatRead;
  if ((row.flags & kAdmin) != 0) categories |= kCatAdmin | kCatDangerous;
  if ((row.flags & kPubsub) != 0) categories |= kCatPubsub;
  if ((row.flags & kBlocking) != 0) categories |= kCatBlocking;
  categories |= (row.flags & kFast) != 0 ? kCatFast : kCatSlow;
  return categories;
}

}  // namespace zedis::engine
