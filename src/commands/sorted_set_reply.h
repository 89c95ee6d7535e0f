// Members of sorted sets as replies. With their scores they come as pairs in RESP3; older clients get one flat array.
#pragma once

#include <cstdint>

#include "commands/reply_element.h"
#include "resp/reply.h"
#include "types/element.h"

namespace zedis::commands {

class MemberReply {
 public:
  MemberReply(resp::Reply reply, bool with_scores)
      : reply_(reply), with_scores_(with_scores), nested_(with_scores && reply.IsResp3()) {}
  // Pairs, whatever the client.
  static MemberReply Pairs(resp::Reply reply) {
    MemberReply pairs(reply, true);
    pairs.nested_ = true;
    return pairs;
  }
  // One after the other, whatever the client.
  static MemberReply Flat(resp::Reply reply) {
    MemberReply flat(reply, true);
    flat.nested_ = false;
    return flat;
  }

  // The same as part of an array whose header was written.
  static MemberReply Within(resp::Reply reply) {
    MemberReply within = Flat(reply);
    within.has_header_ = false;
    return within;
  }

  void Header(std::uint64_t members) const {
    if (!has_header_) return;
    reply_.ArrayHeader(with_scores_ && !nested_ ? members * 2 : members);
  }
  void Member(const types::Element& element, double score) const {
    if (nested_) reply_.ArrayHeader(2);
    ReplyElement(reply_, element);
    if (with_scores_) reply_.Double(score);
  }

 private:
  resp::Reply reply_;
  bool with_scores_;
  bool nested_;
  bool has_header_ = true;
};

}  // namespace zedis::commands
