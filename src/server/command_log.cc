#include "server/command_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace zedis::server {

std::vector<std::string> CommandLog::Trimmed(const std::vector<std::string_view>& arguments) {
  std::vector<std::string> trimmed;
  // The last of 32 says how many more there are.
  const std::size_t count = arguments.size() > kArgumentsMax ? kArgumentsMax - 1 : arguments.size();
  for (const std::string_view argument : std::span(arguments).first(count)) {
    if (argument.size() > kArgumentBytesMax) {
      trimmed.push_back(fmt::format("{}... ({} more bytes)", argument.substr(0, kArgumentBytesMax),
                                    argument.size() - kArgumentBytesMax));
    } else {
      trimmed.emplace_back(argument);
    }
  }
  if (count < arguments.size()) trimmed.push_back(fmt::format("... ({} more arguments)", arguments.size() - count));
  return trimmed;
}

void CommandLog::Add(Kind kind, Entry entry, std::size_t length_max) {
  const std::lock_guard lock(mutex_);
  Ring& ring = RingOf(kind);
  entry.id = ring.next_id++;
  ring.entries.push_front(std::move(entry));
  while (ring.entries.size() > length_max) ring.entries.pop_back();
}

std::vector<CommandLog::Entry> CommandLog::Newest(Kind kind, std::size_t count) const {
  const std::lock_guard lock(mutex_);
  const std::deque<Entry>& entries = RingOf(kind).entries;
  return {entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries.size()))};
}

std::size_t CommandLog::Length(Kind kind) const {
  const std::lock_guard lock(mutex_);
  return RingOf(kind).entries.size();
}

void CommandLog::Reset(Kind kind) {
  const std::lock_guard lock(mutex_);
  RingOf(kind).entries.clear();
}

}  // namespace zedis::server
