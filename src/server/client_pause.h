// ClientPause: CLIENT PAUSE. While it lasts commands that it holds up do not run: their sessions rest, with all that
// they send, and go on when it ends.
//
// It begins under all locks, and dispatch asks when it holds the locks of a command. So when CLIENT PAUSE has answered,
// no write is under way in any worker.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/context.h"

namespace zedis::server {

class ClientPause {
 public:
  enum class Mode : std::uint8_t { kNone, kWrites, kAll };

  explicit ClientPause(base::Tunables& tunables) : tunables_(tunables) {}

  // A pause that lasts already becomes longer or stricter, never less. REQUIRES: all locks are held.
  void Begin(Mode mode, std::int64_t end_ms);
  void End();
  // Some ten times a second: ends what is over.
  void Check(std::int64_t now_ms);

  // Whether the command that ctx is about to run has to wait; if so, its session rests.
  bool MustWait(engine::Context& ctx, std::uint32_t flags);

  // 0 if there is none.
  std::int64_t end_ms() const;

 private:
  mutable std::mutex mutex_;  // a leaf: taken under locks of shards
  Mode mode_ = Mode::kNone;
  std::int64_t end_ms_ = 0;
  std::vector<std::shared_ptr<engine::Address>> waiting_;
  base::Tunables& tunables_;
};

}  // namespace zedis::server
