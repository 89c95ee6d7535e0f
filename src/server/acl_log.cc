#include "server/acl_log.h"

#include <algorithm>
#include <iterator>

namespace zedis::server {

void AclLog::Add(const Event& event, std::string client, std::int64_t now_ms) {
  const std::string_view object = event.object.substr(0, kTextBytesMax);
  const std::string_view username = event.username.substr(0, kTextBytesMax);
  client.resize(std::min(client.size(), kTextBytesMax));
  const std::lock_guard lock(mutex_);
  const auto end = std::next(entries_.begin(), static_cast<std::ptrdiff_t>(std::min(kLookedThrough, entries_.size())));
  const auto same = std::find_if(entries_.begin(), end, [&](const Entry& entry) {
    return entry.reason == event.reason && entry.context == event.context && entry.object == object &&
           entry.username == username && now_ms - entry.updated_ms <= kSameEventMs;
  });
  if (same != end) {
    ++same->count;
    same->updated_ms = now_ms;
    same->client = std::move(client);
    entries_.splice(entries_.begin(), entries_, same);
    return;
  }
  if (length_max_ == 0) return;
  entries_.push_front({next_id_++, 1, std::string(event.reason), std::string(event.context), std::string(object),
                       std::string(username), std::move(client), now_ms, now_ms});
  if (entries_.size() > length_max_) entries_.pop_back();
}

std::vector<AclLog::Entry> AclLog::Latest(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  const auto end = std::next(entries_.begin(), static_cast<std::ptrdiff_t>(std::min(count, entries_.size())));
  return {entries_.begin(), end};
}

void AclLog::Clear() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

void AclLog::SetLengthMax(std::size_t length) {
  const std::lock_guard lock(mutex_);
  length_max_ = length;
  if (entries_.size() > length) entries_.resize(length);
}

}  // namespace zedis::server
