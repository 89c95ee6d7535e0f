// Places as members of sorted sets: GEOADD GEOPOS GEODIST GEOHASH. GEOSEARCH and its like are in geo_search.cc.

#include "commands/geo_arguments.h"
#include "commands/sorted_set_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "types/geo_search.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::SortedSetOf;
using store::Type;
using types::GeoPoint;
using types::SetMember;
using types::SortedSetView;

struct AddOptions {
  bool only_new = false;
  bool only_existing = false;
  bool count_changed = false;
};

AddOptions ParseAddOptions(OptionCursor& cursor) {
  AddOptions options;
  while (true) {
    if (cursor.Take("nx")) {
      options.only_new = true;
    } else if (cursor.Take("xx")) {
      options.only_existing = true;
    } else if (cursor.Take("ch")) {
      options.count_changed = true;
    } else {
      return options;
    }
  }
}

using Scores = fmt::basic_memory_buffer<double, 64>;

Outcome GeoAdd(Context& ctx, Args args) {
  OptionCursor cursor(args, 2);
  const AddOptions options = ParseAddOptions(cursor);
  const Args places = args.subspan(cursor.position());
  if (places.empty() || places.size() % 3 != 0 || (options.only_new && options.only_existing)) return kSyntaxError;
  Scores scores;
  for (std::size_t i = 0; i < places.size(); i += 3) {
    TRY(const GeoPoint point, ParseGeoPoint(ctx, places[i], places[i + 1]));
    scores.push_back(static_cast<double>(types::GeoScoreOf(point)));
  }
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kSortedSet, key));
  std::int64_t added = 0;
  std::int64_t updated = 0;
  if (entry != nullptr || !options.only_existing) {
    SortedSetEditor set(ctx, key, entry);
    set.Expect(places[2], scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const SetMember member(places[3 * i + 2]);
      const std::optional<double> current = set.ScoreOf(member);
      if (current ? options.only_new : options.only_existing) continue;
      const SortedSetEditor::Change change = set.Put(member, current, scores[i]);
      added += change == SortedSetEditor::Change::kAdded ? 1 : 0;
      updated += change == SortedSetEditor::Change::kUpdated ? 1 : 0;
    }
    set.Save();
    // Redis has ZADD do it, and observers see that.
    if (added + updated > 0) set.Announce("zadd", static_cast<std::uint64_t>(added + updated));
  }
  ctx.reply.Integer(added + (options.count_changed ? updated : 0));
  return Done();
}

Outcome GeoPos(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  const SortedSetView set = SortedSetOf(entry);
  const Args members = args.subspan(2);
  ctx.reply.ArrayHeader(members.size());
  for (const std::string_view member : members) {
    const std::optional<GeoPoint> place = PlaceOfMember(set, member);
    place ? ReplyGeoPoint(ctx, *place) : ctx.reply.NullArray();
  }
  return Done();
}

Outcome GeoHash(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  const SortedSetView set = SortedSetOf(entry);
  const Args members = args.subspan(2);
  ctx.reply.ArrayHeader(members.size());
  for (const std::string_view member : members) {
    if (const std::optional<GeoPoint> place = PlaceOfMember(set, member)) {
      const auto text = types::GeoHashText(*place);
      ctx.reply.Bulk({text.data(), text.size()});
    } else {
      ctx.reply.NullBulk();
    }
  }
  return Done();
}

Outcome GeoDist(Context& ctx, Args args) {
  if (args.size() > 5) return kSyntaxError;
  double metres_per_unit = 1;
  if (args.size() == 5) {
    TRY(metres_per_unit, ParseGeoUnit(args[4]));
  }
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  const SortedSetView set = SortedSetOf(entry);
  const std::optional<GeoPoint> one = PlaceOfMember(set, args[2]);
  const std::optional<GeoPoint> other = PlaceOfMember(set, args[3]);
  one&& other ? ReplyDistance(ctx, types::GeoDistance(*one, *other) / metres_per_unit) : ctx.reply.NullBulk();
  return Done();
}

constexpr KeySpec kAddKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};

constexpr Command kCommands[] = {
    {.name = "geoadd",
     .arity = AtLeast(4),
     .flags = kWrite | kDenyOom,
     .categories = kCatGeo,
     .keys = kAddKey,
     .run = GeoAdd,
     .since = "3.2.0",
     .group = "geo",
     .summary = "Adds places to a sorted set, or moves them.",
     .complexity = "O(log(N)) for each place, N being the members of the sorted set",
     .syntax = "key#0 [condition(NX|XX)@6.2.0] [change=CH@6.2.0] "
               "longitude_latitude_member{longitude:double latitude:double member}...",
     .history = "6.2.0 CH, NX and XX."},
    {.name = "geopos",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatGeo,
     .keys = kReadOneKey,
     .run = GeoPos,
     .since = "3.2.0",
     .group = "geo",
     .summary = "Returns the longitudes and latitudes of members.",
     .complexity = "O(1) for each member",
     .syntax = "key#0 member..."},
    {.name = "geodist",
     .arity = AtLeast(3),
     .flags = kReadonly,
     .categories = kCatGeo,
     .keys = kReadOneKey,
     .run = GeoDist,
     .since = "3.2.0",
     .group = "geo",
     .summary = "Returns how far two members are from each other.",
     .complexity = "O(1)",
     .syntax = "key#0 member1 member2 [unit(M|KM|FT|MI)]"},
    {.name = "geohash",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatGeo,
     .keys = kReadOneKey,
     .run = GeoHash,
     .since = "3.2.0",
     .group = "geo",
     .summary = "Returns the places of members in the letters of geohash.org.",
     .complexity = "O(1) for each member",
     .syntax = "key#0 member..."},
};

}  // namespace

Table GeoCommands() { return kCommands; }

}  // namespace zedis::commands
