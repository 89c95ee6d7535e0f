#include "commands/sort_options.h"

#include "commands/hash_value.h"
#include "commands/string_value.h"

namespace zedis::commands {

using engine::Args;
using engine::EqualsIgnoreCase;
using engine::Expected;
using engine::OptionCursor;

// Redis reads patterns up to a zero byte.
KeyPattern::KeyPattern(std::string_view pattern) : is_element_(pattern == "#") {
  const std::string_view readable = pattern.substr(0, pattern.find('\0'));
  const std::size_t star = readable.find('*');
  if (is_element_ || star == std::string_view::npos) return;
  leads_to_keys_ = true;
  before_ = pattern.substr(0, star);
  behind_ = pattern.substr(star + 1);
  const std::size_t arrow = readable.find("->", star + 1);
  if (arrow == std::string_view::npos || arrow + 2 == readable.size()) return;
  behind_ = pattern.substr(star + 1, arrow - star - 1);
  field_ = pattern.substr(arrow + 2);
}

std::optional<std::string> KeyPattern::Text(engine::Context& ctx, std::string_view element) const {
  std::string name(before_);
  name.append(element).append(behind_);
  const store::Entry* entry = ctx.Find(ctx.keyspace.MakeKey(name));
  if (entry == nullptr) return std::nullopt;
  if (field_.empty()) {
    if (entry->type() != store::Type::kString) return std::nullopt;
    return std::string(StringText(*entry).view());
  }
  if (entry->type() != store::Type::kHash) return std::nullopt;
  const std::optional<types::HashItem> item = ReadHash(ctx, entry).Find(types::HashField(field_));
  if (!item) return std::nullopt;
  types::IntegerText digits;
  return std::string(item->value.Text(digits));
}

namespace {

constexpr engine::Error kByDenied{"ERR BY option of SORT denied due to insufficient ACL permissions."};
constexpr engine::Error kGetDenied{"ERR GET option of SORT denied due to insufficient ACL permissions."};

}  // namespace

Expected<SortOptions> ParseSortOptions(engine::Context& ctx, Args args, bool may_store) {
  SortOptions options;
  OptionCursor cursor(args, 2);
  while (!cursor.done()) {
    if (cursor.Take("asc")) {
      options.descending = false;
    } else if (cursor.Take("desc")) {
      options.descending = true;
    } else if (cursor.Take("alpha")) {
      options.alphabetic = true;
    } else if (cursor.TakeWith("limit", 2)) {
      TRY(options.limit_start, engine::ParseInteger(cursor.Next()));
      TRY(options.limit_count, engine::ParseInteger(cursor.Next()));
    } else if (may_store && cursor.TakeWith("store", 1)) {
      options.store = cursor.position();
      cursor.Next();
    } else if (cursor.TakeWith("by", 1)) {
      options.by.emplace(cursor.Next());
      options.keeps_order |= !options.by->LeadsToKeys();  // for good, as in Redis
      if (!options.keeps_order && !ctx.host.MayReadEveryKey(ctx, args)) return std::unexpected(&kByDenied);
    } else if (cursor.TakeWith("get", 1)) {
      options.get.emplace_back(cursor.Next());
      if (!ctx.host.MayReadEveryKey(ctx, args)) return std::unexpected(&kGetDenied);
    } else {
      return std::unexpected(&engine::kSyntaxError);
    }
  }
  if (options.keeps_order) options.by.reset();
  return options;
}

std::size_t LocateSortDestination(Args args) {
  std::size_t found = 0;
  for (std::size_t i = 2; i < args.size(); ++i) {
    if (EqualsIgnoreCase("limit", args[i])) {
      i += 2;
    } else if (EqualsIgnoreCase("get", args[i]) || EqualsIgnoreCase("by", args[i])) {
      i += 1;
    } else if (EqualsIgnoreCase("store", args[i]) && i + 1 < args.size()) {
      found = i + 1;
    }
  }
  return found;
}

bool SortReadsOtherKeys(Args args) {
  // A word that looks like an option and is none makes the request wrong, or locks more than it needs.
  for (std::size_t i = 2; i + 1 < args.size(); ++i) {
    if ((EqualsIgnoreCase("get", args[i]) || EqualsIgnoreCase("by", args[i])) &&
        KeyPattern(args[i + 1]).LeadsToKeys()) {
      return true;
    }
  }
  return false;
}

}  // namespace zedis::commands
