// For tests: a worker's desk that keeps what is posted until the test lets it run.
#pragma once

#include <deque>

#include "engine/context.h"

namespace zedis::server {

class TestDesk final : public engine::Desk {
 public:
  void Post(engine::Task task) override { tasks_.push_back(std::move(task)); }
  std::size_t waiting() const { return tasks_.size(); }
  void RunOne(engine::Context& ctx) {
    engine::Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task(ctx);
  }
  // All that is there and all that comes of it, in this worker.
  void Run(engine::Context& ctx) {
    ctx.desk = this;
    ctx.session = nullptr;
    while (waiting() != 0) RunOne(ctx);
  }

 private:
  std::deque<engine::Task> tasks_;
};

// What the session would be sent now besides replies.
inline std::string TakePushes(engine::Context& ctx, engine::Session& session) {
  std::string bytes = session.pushes == nullptr ? "" : *session.pushes;
  session.pushes.reset();
  ctx.outbox.TakePushed([](engine::Session&) {});
  return bytes;
}

}  // namespace zedis::server
