// User: a name, passwords, and what may be done by whoever has logged in with them.
//
// A user never changes. A change of its rules makes a new one that takes its place (server/access.h), so whoever holds
// one may read it without a lock.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/session.h"
#include "server/acl_selector.h"

namespace zedis::server {

class User : public engine::SessionUser {
 public:
  // `identity` tells it from all users that had the name before and were deleted.
  User(std::string name, std::uint64_t identity, bool all_channels)
      : name_(std::move(name)), identity_(identity), selectors_{Selector(all_channels)} {}

  // The user that every server has at first: no password, no limits.
  static User MakeDefault(std::uint64_t identity);

  const std::string& name() const { return name_; }
  std::uint64_t identity() const { return identity_; }
  void SetIdentity(std::uint64_t identity) { identity_ = identity; }
  bool enabled() const { return enabled_; }
  bool needs_no_password() const { return no_password_; }
  std::span<const std::string> password_hashes() const { return password_hashes_; }
  bool unrestricted() const { return selectors_.front().unrestricted(); }

  // One rule; a selector in parentheses is one rule, too. After an error the user is what it was.
  RuleResult Apply(const RuleWorld& world, std::string_view rule);

  // Whether a command may run: by one selector all of it.
  Denial Check(const engine::ResolvedCommand& command, engine::Args args, int database) const;
  // Whether this very request may read any key: by a selector that allows it, and all keys.
  bool MayReadEveryKey(const engine::ResolvedCommand& command, engine::Args args, int database) const;
  bool MayListen(std::string_view channel, bool is_pattern) const;

  // "on", "nopass", ...
  std::vector<std::string_view> Flags() const;
  std::span<const Selector> selectors() const { return selectors_; }  // the user's own, then those in parentheses
  // As a line of a file: "user name on ...".
  std::string Line(const CommandCatalog& catalog) const;

 private:
  RuleResult ApplyPassword(std::string_view rule);
  RuleResult AddSelector(const RuleWorld& world, std::string_view rules);
  void Reset(const RuleWorld& world);

  std::string name_;
  std::uint64_t identity_;
  bool enabled_ = false;
  bool no_password_ = false;
  enum class Payload : std::uint8_t { kUnsaid, kSanitize, kSkip } payload_ = Payload::kUnsaid;
  std::vector<std::string> password_hashes_;
  std::vector<Selector> selectors_;
};

inline const User& UserOf(const engine::Session& session) { return static_cast<const User&>(*session.user); }

// Puts the words of a selector that stand apart together: "(~a", "+get)" become "(~a +get)". The error is the word of
// which the parenthesis is not closed.
std::expected<std::vector<std::string>, std::string> JoinSelectors(std::span<const std::string_view> words);

}  // namespace zedis::server
