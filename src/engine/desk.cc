#include "engine/desk.h"

#include "engine/context.h"

namespace zedis::engine {

const std::shared_ptr<Address>& AddressOf(Context& ctx, Session& session) {
  if (session.address == nullptr) session.address = std::make_shared<Address>(*ctx.desk, &session);
  return session.address;
}

}  // namespace zedis::engine
