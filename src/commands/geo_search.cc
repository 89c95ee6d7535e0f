// Places within an area: GEOSEARCH GEOSEARCHSTORE, and the older GEORADIUS commands.

#include <algorithm>
#include <span>
#include <vector>

#include "commands/geo_arguments.h"
#include "commands/geo_request.h"
#include "commands/partial_sort.h"
#include "commands/reply_element.h"
#include "commands/sorted_set_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::SortedSetOf;
using store::Type;
using types::Element;
using types::GeoPoint;
using types::SetMember;
using types::SortedSetView;

struct Found {
  Element member;
  std::size_t number;  // in the order in which they were found
  double score;
  double distance;  // in metres
  GeoPoint place;
};

int CompareDistances(const Found& a, const Found& b) {
  if (a.distance == b.distance) return 0;
  return a.distance < b.distance ? -1 : 1;
}

// Brings those that are asked for to the front. Where all are, Redis's sort keeps the order of equal ones.
void SortFound(std::vector<Found>& found, const GeoRequest& request) {
  const int sign = request.order == GeoRequest::Order::kFarthestFirst ? -1 : 1;
  const auto compare = [sign](const Found& a, const Found& b) { return sign * CompareDistances(a, b); };
  const auto count = static_cast<std::size_t>(request.count);
  if (count == 0 || count >= found.size()) {
    std::ranges::sort(found, [&](const Found& a, const Found& b) {
      const int order = compare(a, b);
      return order != 0 ? order < 0 : a.number < b.number;
    });
  } else {
    PartialSort(std::span(found), count, compare);
  }
}

// REQUIRES: request.area. The results lie in the set.
std::vector<Found> Search(const SortedSetView& set, const GeoRequest& request) {
  std::vector<Found> found;
  const std::size_t enough = request.any ? static_cast<std::size_t>(request.count) : SIZE_MAX;
  for (const types::GeoScores& scores : request.area->Ranges()) {
    if (found.size() >= enough) break;
    const types::ScoreRange range{.min = {static_cast<double>(scores.first), false},
                                  .max = {static_cast<double>(scores.end), true}};
    set.ForRange(set.RanksOf(range), types::Direction::kForward, [&](const Element& member, double score) {
      const GeoPoint place = types::GeoPointOf(score);
      if (const auto distance = request.area->DistanceWithin(place)) {
        found.push_back({member, found.size(), score, *distance, place});
      }
      return found.size() < enough;
    });
  }
  if (request.order != GeoRequest::Order::kNone) SortFound(found, request);
  if (request.count > 0 && static_cast<std::uint64_t>(request.count) < found.size()) {
    found.resize(static_cast<std::size_t>(request.count));
  }
  return found;
}

// What x86 makes of a score that is no 64-bit integer.
std::int64_t ScoreAsInteger(double score) {
  return score >= -0x1p63 && score < 0x1p63 ? static_cast<std::int64_t>(score) : INT64_MIN;
}

void ReplyFound(Context& ctx, const GeoRequest& request, std::span<const Found> found) {
  ctx.reply.ArrayHeader(found.size());
  for (const Found& one : found) {
    if (request.parts() > 0) ctx.reply.ArrayHeader(static_cast<std::uint64_t>(request.parts()) + 1);
    ReplyElement(ctx.reply, one.member);
    if (request.with_distance) ReplyDistance(ctx, one.distance / request.area->metres_per_unit());
    if (request.with_hash) ctx.reply.Integer(ScoreAsInteger(one.score));
    if (request.with_place) ReplyGeoPoint(ctx, one.place);
  }
}

// REQUIRES: the keys were looked up, so that none of them goes away now.
void StoreFound(Context& ctx, const Key& target_key, const GeoRequest& request, std::span<const Found> found,
                std::string_view event) {
  SortedSetEditor target(ctx, target_key, ctx.Peek(target_key), SortedSetEditor::Fresh{});
  if (!found.empty()) target.Expect({}, found.size());
  for (const Found& one : found) {
    types::IntegerText digits;
    const double score = request.store_distances ? one.distance / request.area->metres_per_unit() : one.score;
    target.Put(SetMember(one.member.Text(digits)), std::nullopt, score);
  }
  target.Save();
  if (!found.empty()) target.Announce(event, found.size());
  target.AnnounceIfGone(1);
}

Outcome Run(Context& ctx, Args args, const GeoCommandForm& form) {
  const Key source = ctx.KeyAt(args, form.source());
  // Redis looks at the key before it reads the arguments, which may name a member.
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, source));
  SortedSetView set = SortedSetOf(entry);
  TRY(const GeoRequest request, ParseGeoRequest(ctx, args, form, entry != nullptr ? &set : nullptr));
  if (request.target) {
    ctx.FindForWrite(ctx.KeyAt(args, *request.target));  // one that is due goes away now, which may move the source
    entry = ctx.Peek(source);
    set = SortedSetOf(entry);
  }
  const std::vector<Found> found = entry != nullptr ? Search(set, request) : std::vector<Found>();
  if (!request.target) {
    ReplyFound(ctx, request, found);
    return Done();
  }
  StoreFound(ctx, ctx.KeyAt(args, *request.target), request, found, form.stores ? "geosearchstore" : "georadiusstore");
  ctx.reply.Integer(static_cast<std::int64_t>(found.size()));
  return Done();
}

using Start = GeoCommandForm::Start;

Outcome GeoSearch(Context& ctx, Args args) { return Run(ctx, args, {.start = Start::kOptions}); }
Outcome GeoSearchStore(Context& ctx, Args args) { return Run(ctx, args, {.start = Start::kOptions, .stores = true}); }
Outcome GeoRadius(Context& ctx, Args args) { return Run(ctx, args, {.start = Start::kPlace, .may_store = true}); }
Outcome GeoRadiusReadOnly(Context& ctx, Args args) { return Run(ctx, args, {.start = Start::kPlace}); }
Outcome GeoRadiusByMember(Context& ctx, Args args) {
  return Run(ctx, args, {.start = Start::kMember, .may_store = true});
}
Outcome GeoRadiusByMemberReadOnly(Context& ctx, Args args) { return Run(ctx, args, {.start = Start::kMember}); }

constexpr KeySpec StoreAfter(std::string_view keyword, std::int16_t start_from) {
  return {.flags = kKeyOverwrite | kKeyUpdate, .keyword = keyword, .start_from = start_from};
}
constexpr KeySpec kSearchStoreKeys[] = {{.flags = kKeyOverwrite | kKeyUpdate},
                                        {.flags = kKeyReadOnly | kKeyAccess, .index = 2}};
constexpr KeySpec kRadiusKeys[] = {
    {.flags = kKeyReadOnly | kKeyAccess}, StoreAfter("STORE", 6), StoreAfter("STOREDIST", 6)};
constexpr KeySpec kByMemberKeys[] = {
    {.flags = kKeyReadOnly | kKeyAccess}, StoreAfter("STORE", 5), StoreAfter("STOREDIST", 5)};

constexpr std::string_view kComplexity =
    "O(N+log(M)), N being the members in the cells around the area, M the members of the sorted set";

constexpr Command SearchRow(std::string_view name, Arity arity, std::uint32_t flags, std::span<const KeySpec> keys,
                            Handler run) {
  return {.name = name,
          .arity = arity,
          .flags = flags,
          .categories = kCatGeo,
          .keys = keys,
          .run = run,
          .since = "6.2.0",
          .group = "geo",
          .complexity = kComplexity};
}

constexpr Command Older(Command row, std::string_view since, std::string_view replaced_by) {
  row.since = since;
  row.deprecated_since = "6.2.0";
  row.replaced_by = replaced_by;
  return row;
}

constexpr Command Described(Command row, std::string_view summary, std::string_view syntax,
                            std::string_view history = {}) {
  row.summary = summary;
  return WithSyntax(row, syntax, history);
}

constexpr std::string_view kSearchHistory = "7.0.0 Units in upper case.\n9.0.0 BYPOLYGON.";

constexpr Command kCommands[] = {
    Described(SearchRow("geosearch", AtLeast(6), kReadonly, kReadOneKey, GeoSearch),
              "Returns the members whose places are within a circle, a box or a polygon.",
              "key#0 from(FROMMEMBER member|FROMLONLAT longitude_latitude{longitude:double latitude:double}) "
              "by(circle{BYRADIUS radius:double unit(M|KM|FT|MI)}|"
              "box{BYBOX width:double height:double unit(M|KM|FT|MI)}|"
              "polygon{BYPOLYGON vertices:int vertex{longitude:double latitude:double}...}@9.0.0) "
              "[order(ASC|DESC)] [count{COUNT count:int [ANY]}] [WITHCOORD] [WITHDIST] [WITHHASH]",
              kSearchHistory),
    Described(SearchRow("geosearchstore", AtLeast(7), kWrite | kDenyOom, kSearchStoreKeys, GeoSearchStore),
              "Stores the members whose places are within a circle, a box or a polygon.",
              "destination#0 source#1 "
              "from(FROMMEMBER member|FROMLONLAT longitude_latitude{longitude:double latitude:double}) "
              "by(circle{BYRADIUS radius:double unit(M|KM|FT|MI)}|"
              "box{BYBOX width:double height:double unit(M|KM|FT|MI)}|"
              "polygon{BYPOLYGON vertices:int vertex{longitude:double latitude:double}...}@9.0.0) "
              "[order(ASC|DESC)] [count{COUNT count:int [ANY]}] [STOREDIST]",
              kSearchHistory),
    Older(Described(SearchRow("georadius", AtLeast(5), kWrite | kDenyOom | kMovableKeys, kRadiusKeys, GeoRadius),
                    "Returns or stores the members whose places are within a distance of a place.",
                    "key#0 longitude:double latitude:double radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] "
                    "[WITHHASH] [count{COUNT count:int [ANY@6.2.0]}] [order(ASC|DESC)] [STORE key#1] [STOREDIST key#2]",
                    "6.2.0 ANY.\n7.0.0 Units in upper case."),
          "3.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"),
    Older(Described(SearchRow("georadius_ro", AtLeast(5), kReadonly, kReadOneKey, GeoRadiusReadOnly),
                    "Returns the members whose places are within a distance of a place.",
                    "key#0 longitude:double latitude:double radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] "
                    "[WITHHASH] [count{COUNT count:int [ANY@6.2.0]}] [order(ASC|DESC)]",
                    "6.2.0 ANY."),
          "3.2.10", "`GEOSEARCH` with the `BYRADIUS` argument"),
    Older(Described(SearchRow("georadiusbymember", AtLeast(4), kWrite | kDenyOom | kMovableKeys, kByMemberKeys,
                              GeoRadiusByMember),
                    "Returns or stores the members whose places are within a distance of another member.",
                    "key#0 member radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
                    "[count{COUNT count:int [ANY]}] [order(ASC|DESC)] [STORE key#1] [STOREDIST key#2]",
                    "7.0.0 Units in upper case."),
          "3.2.0", "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments"),
    Older(Described(SearchRow("georadiusbymember_ro", AtLeast(4), kReadonly, kReadOneKey, GeoRadiusByMemberReadOnly),
                    "Returns the members whose places are within a distance of another member.",
                    "key#0 member radius:double unit(M|KM|FT|MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
                    "[count{COUNT count:int [ANY]}] [order(ASC|DESC)]"),
          "3.2.10", "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"),
};

}  // namespace

Table GeoSearchCommands() { return kCommands; }

}  // namespace zedis::commands
