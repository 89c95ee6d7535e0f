// Elements of packed forms as replies.
#pragma once

#include "resp/reply.h"
#include "types/element.h"

namespace zedis::commands {

inline void ReplyElement(resp::Reply reply, const types::Element& element) {
  element.is_integer ? reply.BulkInteger(element.integer) : reply.Bulk(element.text);
}

}  // namespace zedis::commands
