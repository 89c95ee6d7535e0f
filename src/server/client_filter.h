// The filters of CLIENT LIST and CLIENT KILL: those of Redis 7.4 and those that Valkey added, joined by AND.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/context.h"
#include "server/client_registry.h"

namespace zedis::server {

class ClientFilter {
 public:
  enum class Purpose : std::uint8_t { kList, kKill };

  // Reads the options from args[start] on. Who kills spares itself unless it says otherwise.
  static engine::Expected<ClientFilter> Parse(engine::Context& ctx, engine::Args args, std::size_t start,
                                              Purpose purpose = Purpose::kList);

  bool Accepts(const ClientRegistry::Client& client, const engine::Session& self, std::int64_t now_ms) const;

 private:
  enum Field : std::uint8_t {
    kAddr,
    kLaddr,
    kIp,
    kName,
    kLibName,
    kLibVer,
    kUser,
    kFlags,
    kType,
    kDb,
    kCapa,
    kFieldCount
  };
  struct Words {
    std::optional<std::string_view> is;
    std::optional<std::string_view> is_not;
  };

  static const std::array<std::string_view, kFieldCount> kFieldNames;

  bool TakeField(std::string_view option, std::string_view value);
  engine::Outcome CheckValues(engine::Context& ctx) const;
  engine::Expected<bool> TakeNumber(engine::Context& ctx, std::string_view option, std::string_view value);
  static engine::Outcome CheckValue(engine::Context& ctx, Field field, bool is_not, std::string_view value);
  static engine::Expected<std::vector<std::uint64_t>> TakeIds(engine::Args args, std::size_t& next, Purpose purpose);

  std::vector<std::uint64_t> ids_;  // empty: all
  std::vector<std::uint64_t> not_ids_;
  std::array<Words, kFieldCount> fields_;
  std::optional<std::int64_t> max_age_s_;
  std::optional<std::int64_t> idle_s_;
  bool skip_me_ = false;
};

}  // namespace zedis::server
