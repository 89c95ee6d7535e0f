// Registry: finds a command's row by the name a client wrote, in any case. Built once at start from the tables of all
// families, then read by every worker without locks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "engine/command.h"

namespace zedis::engine {

// A row with what dispatch derives from it.
struct ResolvedCommand {
  enum class KeyShape : std::uint8_t { kNone, kOne, kRange, kGeneral };

  const Command* row = nullptr;
  // Of the row, beside what else every request needs, on one cache line.
  Handler run = nullptr;
  std::uint32_t flags = 0;
  Arity arity;
  Locks locks = Locks::kKeys;
  KeyShape shape = KeyShape::kNone;
  bool has_subcommands = false;
  std::int16_t first = 0;  // kOne, kRange: argument index of the first key
  std::int16_t last = 0;   // kRange: negative counts from the end
  std::int16_t step = 1;
  std::uint32_t number = 0;                 // index into per-command statistics
  std::uint32_t categories = 0;             // with those that follow from flags
  const ResolvedCommand* parent = nullptr;  // of a subcommand
  std::string_view name;                    // that clients know it by; of commands, not of subcommands
  std::vector<ResolvedCommand> subcommands;
};

// A command that clients know by another name than its row's; "": they do not know it at all.
struct Rename {
  std::string original;
  std::string name;  // in lower case
};

class Registry {
 public:
  explicit Registry(std::span<const std::span<const Command>> families, std::span<const Rename> renames = {});

  // Null if there is no such command. Does not look at subcommands.
  const ResolvedCommand* Find(std::string_view name) const {
    const std::uint64_t packed = Pack(name);
    const Named& first = table_[Bucket(packed)];
    if (first.packed == packed && first.whole_size == name.size()) [[likely]]
      return first.command;
    return FindSlow(name, packed);
  }
  static const ResolvedCommand* FindSubcommand(const ResolvedCommand& container, std::string_view name);

  // All top-level commands in the order of the tables; `count` includes subcommands.
  std::span<const ResolvedCommand> commands() const { return commands_; }
  std::uint32_t count() const { return count_; }
  std::span<const Rename> renames() const { return renames_; }

 private:
  static constexpr std::uint32_t kTableSize = 2048;

  // A row under its packed name.
  struct Named {
    std::uint64_t packed = 0;
    const ResolvedCommand* command = nullptr;
    std::uint32_t whole_size = 0;  // letters of a name of which the packed form says all there is to know: 8 at most
  };
  // The first and last bytes of a name with its length, letters in lower case. Names of up to 8 bytes that consist of
  // letters differ in it: setting bit 5 maps only letters to letters.
  static std::uint64_t Pack(std::string_view name) {
    const std::size_t size = name.size();
    std::uint64_t packed = 0;
    if (size >= 4) {
      packed = base::internal::LoadWord<std::uint32_t>(name.data()) |
               base::internal::LoadWord<std::uint32_t>(name.data() + size - 4) << 32;
    } else if (size > 0) {
      const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<std::uint8_t>(name[i])}; };
      packed = byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16;
    }
    return (packed | 0x2020202020202020) + size;
  }
  static std::uint32_t Bucket(std::uint64_t packed) {
    return static_cast<std::uint32_t>(packed * 0x9e3779b97f4a7c15ull >> 53);
  }
  const ResolvedCommand* FindSlow(std::string_view name, std::uint64_t packed) const;
  std::string_view NameOf(const Command& row) const;
  void Enter(const ResolvedCommand& command);

  std::vector<Rename> renames_;
  std::vector<ResolvedCommand> commands_;
  std::uint32_t count_ = 0;
  std::unique_ptr<Named[]> table_;
};

// Calls visit(argument index, KeySpec) for each key of a request, as the row's key specifications say. Returns false
// if the arguments contradict them (a number of keys that is no number or more than there are).
template <class Visit>
bool ForEachKey(const Command& row, Args args, Visit visit);

// The ACL categories of a row, with those that Redis derives from its flags.
std::uint32_t AllCategories(const Command& row);

// As clients write commands in texts for people: "CLIENT".
std::string UpperCase(std::string_view name);

bool EqualsIgnoreCase(std::string_view lower, std::string_view any);

}  // namespace zedis::engine

#include "engine/registry_inl.h"
