// Desk: a worker as other threads see it, a place to leave tasks at. Address: where to reach one session.
#pragma once

#include <functional>
#include <memory>

namespace zedis::engine {

class Context;
struct Session;

// Runs in the thread of a worker, between two batches, holding no locks.
using Task = std::move_only_function<void(Context&)>;

class Desk {
 public:
  virtual ~Desk() = default;
  // Any thread. Tasks of one sender run in the order in which they were posted.
  virtual void Post(Task task) = 0;
};

// Shared by those who may have something for a session later.
struct Address {
  Desk& desk;
  Session* session;  // of the desk's worker, and only in its thread; null once the session has ended
};

// REQUIRES: the session belongs to the worker whose context this is, and this is its thread.
const std::shared_ptr<Address>& AddressOf(Context& ctx, Session& session);

}  // namespace zedis::engine
