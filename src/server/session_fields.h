// What a client says about itself and asks for itself, kept so that CLIENT LIST of another thread can show it.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/outcome.h"
#include "engine/session.h"

namespace zedis::server {

inline constexpr engine::Error kBadClientName{
    "ERR Client names cannot contain spaces, newlines or special characters."};

// Such a text is shown in a line of fields separated by blanks.
inline bool IsShowable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~'; });
}

// "" takes it away.
inline void SetText(engine::Session& session, std::string engine::Session::Texts::* member, std::string_view value) {
  const std::lock_guard lock(session.texts_lock);
  if (!session.texts) {
    if (value.empty()) return;
    session.texts = std::make_unique<engine::Session::Texts>();
  }
  (*session.texts).*member = value;
}

inline void Show(engine::Session& session, engine::Session::ShownFlags flag, bool on) {
  const std::uint32_t flags = session.shown_flags.Get();
  session.shown_flags.Set(on ? flags | flag : flags & ~flag);
}

inline void SetNoTouch(engine::Session& session, bool on) {
  session.no_touch = on;
  Show(session, engine::Session::kShowNoTouch, on);
}
inline void SetNoEvict(engine::Session& session, bool on) {
  session.no_evict = on;
  Show(session, engine::Session::kShowNoEvict, on);
}

}  // namespace zedis::server
