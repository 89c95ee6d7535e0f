// Access: the users, who has logged in as which, and what they may do.
//
// Users are immutable snapshots (acl_user.h). A session holds the one it has logged in as and the version of the rules
// that it is of. Every change of any user's rules raises the version, so each session looks its user up once more
// before its next command; while nothing changes it takes no lock. A session that no rule restricts is marked with the
// version itself, and for it the gate compares one number.
//
// Any thread may call anything here, Begin, LogIn and Rules for sessions of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dispatch.h"
#include "server/acl_catalog.h"
#include "server/acl_file.h"
#include "server/acl_log.h"
#include "server/acl_user.h"

namespace zedis::server {

class Config;

class Access {
 public:
  using Result = std::expected<void, std::string>;

  explicit Access(const engine::Registry& registry);

  // Takes what the configuration says about users, but for the users themselves, and follows its changes. REQUIRES: no
  // thread runs yet; `config` is loaded and outlives this.
  void Follow(Config& config);
  // The users of `aclfile`, or those of the configuration itself. The error is one line.
  Result LoadUsers(const Config& config);

  const engine::Gate::RulesVersion& version() const { return version_; }
  const CommandCatalog& catalog() const { return catalog_; }
  AclLog& log() { return log_; }

  // --- sessions ---

  // Whether a client has to log in first: the default user has a password, or is off.
  bool needs_login() const { return needs_login_.load(std::memory_order_relaxed); }
  // Whether AUTH with a password alone makes sense.
  bool default_has_password() const { return default_has_password_.load(std::memory_order_relaxed); }
  // What a connection is at its start and after RESET.
  void Begin(engine::Session& session) const;
  // True if the password is the user's. Takes the same time for every wrong password and every unknown name.
  bool LogIn(engine::Session& session, std::string_view name, std::string_view password) const;
  // The rules that a session is under now; null if its user was deleted.
  const User* Rules(engine::Session& session) const;

  // Whether the user of a session, of any worker, was deleted.
  bool IsOrphan(const engine::Session& session) const;

  // --- users ---

  std::shared_ptr<const User> Find(std::string_view name) const;
  std::vector<std::shared_ptr<const User>> All() const;  // sorted by name
  // Applies rules to the user of this name, a new one if there is none; all or none of them. The error is a text for
  // the client, without its code.
  Result SetUser(std::string_view name, std::span<const std::string_view> rules);
  // False if there is no such user. REQUIRES: it is not the default user.
  bool DeleteUser(std::string_view name);
  // CONFIG SET requirepass: the default user has this password and no other; "": it needs none.
  void SetDefaultPassword(std::string_view password);

  // --- files ---

  // `aclfile`; "" if there is none.
  const std::string& file() const { return file_; }
  // Takes the users of the file in place of those that there are, or none if anything in it is wrong. Who has logged in
  // as a user that stays is under its new rules.
  Result LoadFile();
  Result SaveFile() const;
  // All users as lines of a file.
  std::vector<std::string> Lines() const;
  // Those that a configuration file with this `requirepass` needs: none for a default user that is as it would be
  // anyway.
  std::vector<std::string> ConfigLines(std::string_view password) const;

 private:
  RuleWorld World() const { return {catalog_, databases_, all_channels_.load(std::memory_order_relaxed)}; }
  // Of a user that has the name, or a new one. REQUIRES: mutex_ is held.
  std::uint64_t IdentityOf(std::string_view name) const;
  Result AddConfiguredUser(std::span<const std::string> words, Users& users);
  // Puts users into effect. REQUIRES: mutex_ is held.
  void Changed();
  static void Assign(engine::Session& session, std::shared_ptr<const User> user);

  const CommandCatalog catalog_;
  AclLog log_;
  std::string file_;    // set before threads run
  int databases_ = 16;  // likewise
  std::atomic<bool> all_channels_{false};

  engine::Gate::RulesVersion version_{engine::Gate::kFirstRules};
  std::atomic<bool> needs_login_{false};
  std::atomic<bool> default_has_password_{false};
  std::mutex change_mutex_;   // one change at a time; taken before mutex_
  mutable std::mutex mutex_;  // guards what follows
  Users users_;
  mutable std::uint64_t last_identity_ = 0;
};

}  // namespace zedis::server
