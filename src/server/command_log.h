// CommandLog: the last calls that were slow, had a large request or got a large reply: SLOWLOG and COMMANDLOG.
//
// Any thread may add or read. Both are rare: dispatch reports only calls that it has timed or that are large.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace zedis::server {

class CommandLog {
 public:
  enum class Kind : std::uint8_t { kSlow, kLargeRequest, kLargeReply };
  static constexpr std::size_t kKinds = 3;

  struct Entry {
    std::int64_t id = 0;  // given by Add
    std::int64_t time_s = 0;
    std::int64_t value = 0;  // microseconds, or bytes
    std::vector<std::string> arguments;
    std::string peer;
    std::string client_name;
  };

  // As Redis shows them: at most 32 arguments of at most 128 bytes, then how much more there was.
  static std::vector<std::string> Trimmed(const std::vector<std::string_view>& arguments);

  // Adds an entry and drops the oldest beyond `length_max`.
  void Add(Kind kind, Entry entry, std::size_t length_max);

  // The newest first, at most `count`.
  std::vector<Entry> Newest(Kind kind, std::size_t count) const;
  std::size_t Length(Kind kind) const;
  // Numbers go on.
  void Reset(Kind kind);

 private:
  static constexpr std::size_t kArgumentsMax = 32;
  static constexpr std::size_t kArgumentBytesMax = 128;

  struct Ring {
    std::deque<Entry> entries;  // the newest in front
    std::int64_t next_id = 0;
  };
  Ring& RingOf(Kind kind) { return rings_[static_cast<std::size_t>(kind)]; }
  const Ring& RingOf(Kind kind) const { return rings_[static_cast<std::size_t>(kind)]; }

  mutable std::mutex mutex_;
  std::array<Ring, kKinds> rings_;  // under mutex_
};

}  // namespace zedis::server
