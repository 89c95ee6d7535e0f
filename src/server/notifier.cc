#include "server/notifier.h"

#include <fmt/format.h>

#include <string>

namespace zedis::server {

void Notifier::Follow(Config& config, engine::WriteDoor& door) {
  door.AddObserver(*this, engine::WriteDoor::Hears::kOnInterest);
  const auto follow = [this, &door](bool wanted) {
    if (interested_.exchange(wanted, std::memory_order_relaxed) == wanted) return;
    wanted ? door.AddInterest() : door.RemoveInterest();
  };
  follow(config.Number("notify-keyspace-events") != 0);
  config.OnChange("notify-keyspace-events", [follow](const Value& value) -> std::expected<void, std::string> {
    follow(value.number != 0);
    return {};
  });
}

void Notifier::OnChange(engine::Context& ctx, const engine::Change& change) {
  const auto wanted = static_cast<std::uint32_t>(tunables_.notify_keyspace_events.Get());
  if ((wanted & change.event.event_class) == 0 || !pubsub_.has_subscribers()) return;
  const std::string_view key = change.key.bytes;
  const std::string_view event = change.event.name;
  if ((wanted & base::kNotifyKeyspace) != 0) {
    pubsub_.Publish(ctx, ChannelKind::kChannel, fmt::format("__keyspace@{}__:{}", change.database, key), event);
  }
  if ((wanted & base::kNotifyKeyevent) != 0) {
    pubsub_.Publish(ctx, ChannelKind::kChannel, fmt::format("__keyevent@{}__:{}", change.database, event), key);
  }
}

}  // namespace zedis::server
