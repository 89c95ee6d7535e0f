#include "engine/outbox.h"

namespace zedis::engine {

void Outbox::Push(Session& session, std::string_view bytes) {
  if (session.pushes == nullptr) {
    session.pushes = std::make_unique<std::string>();
    pushed_.push_back(&session);
  }
  session.pushes->append(bytes);
  pushed_bytes_ += bytes.size();
}

void Outbox::Resume(Session& session) {
  // Whatever else it had to rest for: as long as one of its commands waits, nothing else runs.
  if (!session.stalled || session.waiter != nullptr) return;
  session.stalled = false;
  resumed_.push_back(&session);
}

void Outbox::EmitPushes(Session& session, resp::OutputBuffer& output) {
  output.Append(*session.pushes);
  session.pushes.reset();
}

void Outbox::Forget(const Session& session) {
  std::erase(pushed_, &session);
  std::erase(resumed_, &session);
  std::erase(closing_, &session);
}

}  // namespace zedis::engine
