#include "server/client_filter.h"

#include <algorithm>
#include <mutex>
#include <string>

#include "base/numbers.h"
#include "engine/arguments.h"
#include "server/client_line.h"
#include "server/services.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kInvalidClientId{"ERR Invalid client ID"};
constexpr Error kIdNotPositive{"ERR client-id should be greater than 0"};

bool IsAnyOf(std::string_view word, std::initializer_list<std::string_view> lower) {
  return std::ranges::any_of(lower, [&](std::string_view one) { return EqualsIgnoreCase(one, word); });
}

std::string_view TypeOf(const Session& session) {
  return (session.shown_flags.Get() & Session::kShowPubsub) != 0 ? "pubsub" : "normal";
}

bool Contains(std::string_view letters, std::string_view wanted) {
  return std::ranges::all_of(wanted, [&](char c) { return letters.find(c) != std::string_view::npos; });
}

}  // namespace

const std::array<std::string_view, ClientFilter::kFieldCount> ClientFilter::kFieldNames = {
    "addr", "laddr", "ip", "name", "lib-name", "lib-ver", "user", "flags", "type", "db", "capa"};

Outcome ClientFilter::CheckValue(Context& ctx, Field field, bool is_not, std::string_view value) {
  static constexpr std::string_view kFlagLetters = "NOSMPxbtRBdcuAUreTiE";
  switch (field) {
    case kType:
      if (!IsAnyOf(value, {"normal", "slave", "replica", "pubsub", "master", "primary"})) {
        return ctx.Fail("ERR Unknown client type '{}'", Shown(value, std::string_view::npos));
      }
      return Done();
    case kUser:
      if (!ServicesOf(ctx).access.Find(value))
        return ctx.Fail("ERR No such user '{}'", Shown(value, std::string_view::npos));
      return Done();
    case kFlags:
      for (const char c : value) {
        if (kFlagLetters.find(c) != std::string_view::npos) continue;
        return ctx.Fail("ERR Unknown flags found in the {} filter: {}", is_not ? "NOT-FLAGS" : "provided", c);
      }
      return Done();
    case kDb:
      if (const auto number = base::ParseInt64(value); !number || *number < 0 || *number >= ctx.keyspace.databases()) {
        return kDatabaseIndexOutOfRange;
      }
      return Done();
    case kAddr:
    case kLaddr:
    case kIp:
    case kName:
    case kLibName:
    case kLibVer:
    case kCapa:
    case kFieldCount:
      return Done();
  }
  return Done();
}

// False if the option is none of the fields.
bool ClientFilter::TakeField(std::string_view option, std::string_view value) {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const bool is_not = option.size() == kFieldNames[i].size() + 4 && EqualsIgnoreCase("not-", option.substr(0, 4));
    if (!EqualsIgnoreCase(kFieldNames[i], is_not ? option.substr(4) : option)) continue;
    (is_not ? fields_[i].is_not : fields_[i].is) = value;
    return true;
  }
  return false;
}

Outcome ClientFilter::CheckValues(Context& ctx) const {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    for (const bool is_not : {false, true}) {
      const std::optional<std::string_view>& value = is_not ? fields_[i].is_not : fields_[i].is;
      if (!value) continue;
      const Outcome outcome = CheckValue(ctx, static_cast<Field>(i), is_not, *value);
      if (!outcome.ok()) return outcome;
    }
  }
  return Done();
}

Expected<bool> ClientFilter::TakeNumber(Context& ctx, std::string_view option, std::string_view value) {
  const bool is_age = EqualsIgnoreCase("maxage", option);
  if (!is_age && !EqualsIgnoreCase("idle", option)) return false;
  const std::string_view name = is_age ? "maxage" : "idle";
  const auto seconds = base::ParseInt64(value);
  if (!seconds) return std::unexpected(ctx.Fail("ERR {} is not an integer or out of range", name));
  if (*seconds <= 0) return std::unexpected(ctx.Fail("ERR {} should be greater than 0", name));
  (is_age ? max_age_s_ : idle_s_) = *seconds;
  return true;
}

// The numbers from args[next] on, as many as there are; the first must be one.
Expected<std::vector<std::uint64_t>> ClientFilter::TakeIds(Args args, std::size_t& next, Purpose purpose) {
  std::vector<std::uint64_t> ids;
  for (; next < args.size(); ++next) {
    const auto id = base::ParseInt64(args[next]);
    if (!id) break;
    if (purpose == Purpose::kKill && *id <= 0) return std::unexpected(&kIdNotPositive);
    ids.push_back(static_cast<std::uint64_t>(*id));
  }
  if (ids.empty()) return std::unexpected(purpose == Purpose::kKill ? &kIdNotPositive : &kInvalidClientId);
  return ids;
}

Expected<ClientFilter> ClientFilter::Parse(Context& ctx, Args args, std::size_t start, Purpose purpose) {
  ClientFilter filter;
  filter.skip_me_ = purpose == Purpose::kKill;
  std::size_t next = start;
  while (next < args.size()) {
    const std::string_view option = args[next++];
    if (next == args.size()) {
      // Redis takes what follows the numbers of ID for one more of them.
      const bool after_ids = purpose == Purpose::kList && start + 2 < next && EqualsIgnoreCase("id", args[start]);
      return std::unexpected(after_ids ? &kInvalidClientId : &kSyntaxError);
    }
    const bool not_ids = EqualsIgnoreCase("not-id", option);
    if (not_ids || EqualsIgnoreCase("id", option)) {
      TRY(const std::vector<std::uint64_t> ids, TakeIds(args, next, purpose));
      std::vector<std::uint64_t>& all = not_ids ? filter.not_ids_ : filter.ids_;
      all.insert(all.end(), ids.begin(), ids.end());
      continue;
    }
    const std::string_view value = args[next++];
    if (EqualsIgnoreCase("skipme", option)) {
      if (!IsAnyOf(value, {"yes", "no"})) return std::unexpected(&kSyntaxError);
      filter.skip_me_ = EqualsIgnoreCase("yes", value);
      continue;
    }
    if (filter.TakeField(option, value)) continue;
    TRY(const bool is_number, filter.TakeNumber(ctx, option, value));
    if (!is_number) return std::unexpected(&kSyntaxError);
  }
  // Values are looked at when all options are known to be such, as Redis does with the one that it takes.
  const Outcome outcome = filter.CheckValues(ctx);
  if (!outcome.ok()) return std::unexpected(outcome.error());
  return filter;
}

bool ClientFilter::Accepts(const ClientRegistry::Client& client, const Session& self, std::int64_t now_ms) const {
  const Session& session = *client.session;
  if (skip_me_ && &session == &self) return false;
  if (!ids_.empty() && std::ranges::find(ids_, session.id) == ids_.end()) return false;
  if (std::ranges::find(not_ids_, session.id) != not_ids_.end()) return false;
  if (max_age_s_ && (now_ms - session.created_ms) / 1000 < *max_age_s_) return false;
  if (idle_s_ && (now_ms - session.last_interaction_ms.Get()) / 1000 < *idle_s_) return false;

  std::array<std::string, kFieldCount> values;
  const ClientAddresses addresses = client.Addresses();
  values[kAddr] = addresses.peer;
  values[kLaddr] = addresses.local;
  values[kIp] = addresses.peer.substr(0, addresses.peer.rfind(':'));
  {
    const std::lock_guard lock(session.texts_lock);
    if (session.texts) {
      values[kName] = session.texts->name;
      values[kLibName] = session.texts->library_name;
      values[kLibVer] = session.texts->library_version;
    }
  }
  values[kUser] = UserNameOf(session);
  values[kFlags] = ClientFlags(session);
  values[kDb] = std::to_string(session.database.Get());
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const auto matches = [&](std::string_view wanted) {
      if (i == kType) return EqualsIgnoreCase(TypeOf(session), wanted);
      if (i == kFlags || i == kCapa) return Contains(values[i], wanted);
      return values[i] == wanted;
    };
    if (fields_[i].is && !matches(*fields_[i].is)) return false;
    if (fields_[i].is_not && matches(*fields_[i].is_not)) return false;
  }
  return true;
}

}  // namespace zedis::server
