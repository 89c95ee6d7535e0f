#include "server/client_pause.h"

#include <algorithm>

#include "server/session_fields.h"

namespace zedis::server {

using engine::Context;
using engine::Session;

void ClientPause::Begin(Mode mode, std::int64_t end_ms) {
  const std::lock_guard lock(mutex_);
  mode_ = std::max(mode_, mode);
  end_ms_ = std::max(end_ms_, end_ms);
  tunables_.client_pause.Set(1);
}

void ClientPause::End() {
  std::vector<std::shared_ptr<engine::Address>> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (mode_ == Mode::kNone) return;
    mode_ = Mode::kNone;
    end_ms_ = 0;
    tunables_.client_pause.Set(0);
    waiting.swap(waiting_);
  }
  for (const auto& address : waiting) {
    address->desk.Post([address](Context& ctx) {
      if (address->session == nullptr) return;
      Show(*address->session, Session::kShowPaused, false);
      ctx.outbox.Resume(*address->session);
    });
  }
}

void ClientPause::Check(std::int64_t now_ms) {
  if (!tunables_.client_pause.IsOn()) return;
  if (const std::int64_t end = end_ms(); end != 0 && now_ms >= end) End();
}

bool ClientPause::MustWait(Context& ctx, std::uint32_t flags) {
  const bool changes = (flags & (engine::kWrite | engine::kMayReplicate)) != 0;
  const std::lock_guard lock(mutex_);
  if (mode_ == Mode::kNone || (mode_ == Mode::kWrites && !changes)) return false;
  waiting_.push_back(AddressOf(ctx, *ctx.session));
  Show(*ctx.session, Session::kShowPaused, true);
  ctx.outbox.Stall(*ctx.session);
  return true;
}

std::int64_t ClientPause::end_ms() const {
  const std::lock_guard lock(mutex_);
  return end_ms_;
}

}  // namespace zedis::server
