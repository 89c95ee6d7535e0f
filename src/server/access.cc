#include "server/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "server/acl_password.h"
#include "server/config.h"
#include "server/config_line.h"
#include "server/config_rewrite.h"

namespace zedis::server {
namespace {

constexpr std::string_view kDefaultUser = "default";

std::vector<std::string_view> Views(std::span<const std::string> words) { return {words.begin(), words.end()}; }

}  // namespace

Access::Access(const engine::Registry& registry) : catalog_(registry) {
  users_.emplace(kDefaultUser, std::make_shared<const User>(User::MakeDefault(++last_identity_)));
}

void Access::Follow(Config& config) {
  using Done = std::expected<void, std::string>;
  file_ = config.Text("aclfile");
  databases_ = static_cast<int>(config.Number("databases"));
  all_channels_.store(config.Number("acl-pubsub-default") == 0, std::memory_order_relaxed);
  config.OnChange("acl-pubsub-default", [this](const Value& value) -> Done {
    all_channels_.store(value.number == 0, std::memory_order_relaxed);
    return {};
  });
  log_.SetLengthMax(static_cast<std::size_t>(config.Number("acllog-max-len")));
  config.OnChange("acllog-max-len", [this](const Value& value) -> Done {
    log_.SetLengthMax(static_cast<std::size_t>(value.number));
    return {};
  });
  if (const std::string password = config.Text("requirepass"); !password.empty()) SetDefaultPassword(password);
  config.OnChange("requirepass", [this](const Value& value) -> Done {
    SetDefaultPassword(value.text);
    return {};
  });
  if (file_.empty()) config.WriteUsersBy([this, &config] { return ConfigLines(config.Text("requirepass")); });
}

Access::Result Access::LoadUsers(const Config& config) {
  const auto& lines = config.users();
  if (!file_.empty()) {
    if (!lines.empty()) {
      return std::unexpected(
          "there are users in the configuration and an aclfile, too: they may be defined in one of both only");
    }
    return LoadFile();
  }
  const std::lock_guard changing(change_mutex_);
  const std::lock_guard lock(mutex_);
  Users users = users_;
  for (const std::vector<std::string>& words : lines) {
    if (auto added = AddConfiguredUser(words, users); !added) return added;
  }
  users_ = std::move(users);
  Changed();
  return {};
}

// The default user, which is always there, starts anew.
Access::Result Access::AddConfiguredUser(std::span<const std::string> words, Users& users) {
  const std::string& name = words[0];
  if (HasSpaces(name)) return std::unexpected("Spaces not allowed in ACL usernames");
  const RuleWorld world = World();
  User user(name, IdentityOf(name), world.all_channels);
  if (name == kDefaultUser) (void)user.Apply(world, "reset");
  const auto rules = JoinSelectors(Views(words.subspan(1)));
  if (!rules)
    return std::unexpected(fmt::format("Unmatched parenthesis in acl selector starting at '{}'.", rules.error()));
  for (const std::string& rule : *rules) {
    if (const auto applied = user.Apply(world, rule); !applied) {
      // Only commands are shown: anything else might be a password.
      const bool is_command = applied.error() == RuleError::kUnknownCommand;
      return std::unexpected(fmt::format("Error loading ACL rule{} for the user named '{}': {}",
                                         is_command ? fmt::format(" '{}'", rule) : "", name, TextOf(applied.error())));
    }
  }
  users.insert_or_assign(name, std::make_shared<const User>(std::move(user)));
  return {};
}

// --- sessions ---

void Access::Assign(engine::Session& session, std::shared_ptr<const User> user) {
  session.unrestricted_at = session.authenticated && user->unrestricted() ? session.rules_seen : 0;
  const std::lock_guard lock(session.texts_lock);
  session.user = std::move(user);
}

void Access::Begin(engine::Session& session) const {
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<const User>& user = users_.find(kDefaultUser)->second;
  session.authenticated = user->enabled() && user->needs_no_password();
  session.rules_seen = version_.load(std::memory_order_relaxed);
  Assign(session, user);
}

bool Access::LogIn(engine::Session& session, std::string_view name, std::string_view password) const {
  std::shared_ptr<const User> user;
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    version = version_.load(std::memory_order_relaxed);
    if (const auto found = users_.find(name); found != users_.end()) user = found->second;
  }
  // Every refusal costs the same: the comparison is made whether or not there is somebody to compare with.
  const bool matches = MatchesPassword(password, user ? user->password_hashes() : std::span<const std::string>());
  if (!user || !user->enabled() || (!matches && !user->needs_no_password())) return false;
  session.authenticated = true;
  session.rules_seen = version;
  Assign(session, std::move(user));
  return true;
}

const User* Access::Rules(engine::Session& session) const {
  const User& held = UserOf(session);
  if (session.rules_seen == version_.load(std::memory_order_relaxed)) return &held;
  std::shared_ptr<const User> user;
  {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(held.name());
    if (found == users_.end() || found->second->identity() != held.identity()) return nullptr;
    user = found->second;
    session.rules_seen = version_.load(std::memory_order_relaxed);
  }
  const User* const current = user.get();
  Assign(session, std::move(user));
  return current;
}

bool Access::IsOrphan(const engine::Session& session) const {
  std::shared_ptr<const engine::SessionUser> held;
  {
    const std::lock_guard lock(session.texts_lock);
    held = session.user;
  }
  if (!held) return false;
  const User& user = static_cast<const User&>(*held);
  const std::shared_ptr<const User> current = Find(user.name());
  return !current || current->identity() != user.identity();
}

// --- users ---

std::shared_ptr<const User> Access::Find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  return found != users_.end() ? found->second : nullptr;
}

std::vector<std::shared_ptr<const User>> Access::All() const {
  std::vector<std::shared_ptr<const User>> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, user] : users_) all.push_back(user);
  return all;
}

std::uint64_t Access::IdentityOf(std::string_view name) const {
  const auto found = users_.find(name);
  return found != users_.end() ? found->second->identity() : ++last_identity_;
}

void Access::Changed() {
  const User& user = *users_.find(kDefaultUser)->second;
  default_has_password_.store(!user.needs_no_password(), std::memory_order_relaxed);
  needs_login_.store(!user.enabled() || !user.needs_no_password(), std::memory_order_relaxed);
  version_.fetch_add(1, std::memory_order_release);
}

Access::Result Access::SetUser(std::string_view name, std::span<const std::string_view> words) {
  if (HasSpaces(name)) return std::unexpected("Usernames can't contain spaces or null characters");
  const auto rules = JoinSelectors(words);
  if (!rules)
    return std::unexpected(fmt::format("Unmatched parenthesis in acl selector starting at '{}'.", rules.error()));
  const RuleWorld world = World();
  const std::lock_guard changing(change_mutex_);
  const std::shared_ptr<const User> old = Find(name);
  // Applied without the lock that sessions wait for: passwords have to be hashed.
  User user = old ? *old : User(std::string(name), 0, world.all_channels);
  for (const std::string& rule : *rules) {
    if (const auto applied = user.Apply(world, rule); !applied) {
      return std::unexpected(fmt::format("Error in ACL SETUSER modifier '{}': {}", rule.substr(0, rule.find('\0')),
                                         TextOf(applied.error())));
    }
  }
  const std::lock_guard lock(mutex_);
  if (!old) user.SetIdentity(++last_identity_);
  users_.insert_or_assign(std::string(name), std::make_shared<const User>(std::move(user)));
  Changed();
  return {};
}

bool Access::DeleteUser(std::string_view name) {
  CHECK(name != kDefaultUser);
  const std::lock_guard changing(change_mutex_);
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  if (found == users_.end()) return false;
  users_.erase(found);
  Changed();
  return true;
}

void Access::SetDefaultPassword(std::string_view password) {
  const std::string rule = password.empty() ? "nopass" : fmt::format(">{}", password);
  const std::string_view rules[] = {"resetpass", rule};
  CHECK(SetUser(kDefaultUser, rules).has_value());
}

// --- files ---

std::vector<std::string> Access::Lines() const {
  std::vector<std::string> lines;
  for (const auto& user : All()) lines.push_back(user->Line(catalog_));
  return lines;
}

std::vector<std::string> Access::ConfigLines(std::string_view password) const {
  User usual = User::MakeDefault(0);
  if (!password.empty()) (void)usual.Apply(World(), fmt::format(">{}", password));
  std::vector<std::string> lines;
  for (std::string& line : Lines()) {
    if (line != usual.Line(catalog_)) lines.push_back(QuoteOddWords(line));
  }
  return lines;
}

Access::Result Access::LoadFile() {
  const auto text = ReadWholeFile(file_);
  if (!text) return std::unexpected(fmt::format("Error loading ACLs, opening file '{}': {}", file_, text.error()));
  const std::lock_guard changing(change_mutex_);
  auto users = ParseUsers(file_, *text, World(), [this](std::string_view name) {
    const std::lock_guard lock(mutex_);
    return IdentityOf(name);
  });
  if (!users) return std::unexpected(users.error());
  const std::lock_guard lock(mutex_);
  // Where the file says nothing of the default user, it stays what it is: a password that it has is not lost.
  users->insert(*users_.find(kDefaultUser));
  users_ = *std::move(users);
  Changed();
  return {};
}

Access::Result Access::SaveFile() const {
  std::string text;
  for (const std::string& line : Lines()) text.append(line).append("\n");
  return ReplaceFile(file_, text);
}

}  // namespace zedis::server
