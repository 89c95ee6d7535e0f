// AclLog: what ACL LOG shows: requests and logins that were denied, the latest first, at most `acllog-max-len`. The
// same denial within a minute is one entry that counts. Any thread may use it.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace zedis::server {

class AclLog {
 public:
  // What was denied. Texts of clients are cut, so that the log's size is bounded.
  struct Event {
    std::string_view reason;   // "command", "key", "channel", "database", "auth"
    std::string_view context;  // "toplevel", "multi"
    std::string_view object;   // the command, key, channel...
    std::string_view username;
  };
  struct Entry {
    std::uint64_t id;
    std::int64_t count;
    std::string reason, context, object, username, client;
    std::int64_t created_ms;
    std::int64_t updated_ms;
  };

  // `client`: its line of CLIENT LIST.
  void Add(const Event& event, std::string client, std::int64_t now_ms);
  std::vector<Entry> Latest(std::size_t count) const;
  void Clear();
  void SetLengthMax(std::size_t length);

 private:
  static constexpr std::int64_t kSameEventMs = 60'000;
  static constexpr std::size_t kLookedThrough = 10;  // entries among which the same event is sought, as in Redis
  static constexpr std::size_t kTextBytesMax = 1024;

  mutable std::mutex mutex_;  // guards what follows
  std::list<Entry> entries_;
  std::uint64_t next_id_ = 0;
  std::size_t length_max_ = 128;
};

}  // namespace zedis::server
