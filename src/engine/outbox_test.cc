// Pushes and resting sessions, as a batch sees them.
#include "engine/outbox.h"

#include <gtest/gtest.h>

#include "engine/batch.h"

namespace zedis::engine {
namespace {

Outcome Say(Context& ctx, Args args) {
  ctx.reply.Bulk(args[1]);
  return Done();
}
Outcome PushToSelf(Context& ctx, Args args) {
  ctx.outbox.Push(*ctx.session, args[1]);
  ctx.reply.Ok();
  return Done();
}
Outcome StallSelf(Context& ctx, Args) {
  ctx.outbox.Stall(*ctx.session);
  return Done();
}

constexpr Command kCommands[] = {
    {.name = "say", .arity = Exactly(1), .locks = Locks::kNone, .run = Say},
    {.name = "push", .arity = Exactly(1), .locks = Locks::kNone, .run = PushToSelf},
    {.name = "stall", .arity = Exactly(0), .locks = Locks::kNone, .run = StallSelf},
};
constexpr std::span<const Command> kTables[] = {kCommands};

class OpenGate : public Gate {
  Outcome Decide(Context&, Args, std::uint32_t) override { return Done(); }
};

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() { session_.unrestricted_at = other_.unrestricted_at = Gate::kFirstRules; }

  void Add(Session& session, std::initializer_list<std::string_view> words) {
    const std::size_t first = batch_.arguments().Size();
    for (const std::string_view word : words) batch_.arguments().Append(word);
    batch_.Add(session, first, words.size());
  }
  // What each span of the batch holds, in order.
  std::vector<std::string> Run() {
    std::vector<std::string> result;
    EXPECT_TRUE(batch_.Run());
    for (const Batch::Span& span : batch_.spans())
      result.emplace_back(output_.Data() + span.begin, span.end - span.begin);
    output_.Clear();
    return result;
  }

  store::Keyspace keyspace_{2, 1, 1};
  LockTable locks_{keyspace_, false};
  base::Tunables tunables_;
  WriteDoor door_;
  Registry registry_{kTables};
  WorkerStats stats_;
  Host host_;
  OpenGate gate_;
  resp::OutputBuffer output_;
  Context context_{locks_, tunables_, door_, registry_, stats_, host_, output_};
  Dispatcher dispatcher_{registry_, gate_};
  Batch batch_{dispatcher_, context_};
  Session session_;
  Session other_;
};

TEST_F(OutboxTest, APushComesAfterTheReplyOfItsCommandAndBeforeTheNext) {
  Add(session_, {"push", "!news!"});
  Add(session_, {"say", "a"});
  EXPECT_EQ(Run(), (std::vector<std::string>{"+OK\r\n!news!$1\r\na\r\n"}));
  Add(session_, {"push", "!news!"});
  EXPECT_EQ(Run(), (std::vector<std::string>{"+OK\r\n!news!"}));
}

TEST_F(OutboxTest, APushToAnotherComesBeforeItsNextReply) {
  context_.outbox.Push(other_, "!1!");
  Add(session_, {"say", "a"});
  Add(other_, {"say", "b"});
  EXPECT_EQ(Run(), (std::vector<std::string>{"$1\r\na\r\n", "!1!$1\r\nb\r\n"}));
}

TEST_F(OutboxTest, WhoSendsNothingIsFoundInTheOutbox) {
  context_.outbox.Push(other_, "!1!");
  context_.outbox.Push(other_, "!2!");
  EXPECT_EQ(context_.outbox.pushed_bytes(), 6u);
  std::string sent;
  context_.outbox.TakePushed([&](Session& session) { sent += *session.pushes; });
  EXPECT_EQ(sent, "!1!!2!");
  EXPECT_EQ(context_.outbox.pushed_bytes(), 0u);
  EXPECT_FALSE(context_.outbox.has_pushes());
}

TEST_F(OutboxTest, SilenceIsForRepliesOnly) {
  session_.reply_mode = ReplyMode::kOff;
  Add(session_, {"push", "!news!"});
  Add(session_, {"say", "a"});
  EXPECT_EQ(Run(), (std::vector<std::string>{"!news!"}));
}

TEST_F(OutboxTest, RequestsBehindAStallAreKeptAsTheyWereSent) {
  Add(session_, {"say", "a"});
  Add(session_, {"stall"});
  Add(session_, {"say", std::string_view("b\r\n\0", 4)});
  Add(other_, {"say", "c"});
  Add(session_, {"say", ""});
  batch_.AddProtocolError(session_, "ERR Protocol error: such");
  EXPECT_EQ(Run(), (std::vector<std::string>{"$1\r\na\r\n", "$1\r\nc\r\n", ""}));
  ASSERT_NE(session_.kept, nullptr);
  EXPECT_EQ(session_.kept->requests,
            std::string("*2\r\n$3\r\nsay\r\n$4\r\nb\r\n\0\r\n*2\r\n$3\r\nsay\r\n$0\r\n\r\n", 42));
  EXPECT_EQ(session_.kept->protocol_error, "ERR Protocol error: such");
  EXPECT_FALSE(session_.close_after_reply);
}

TEST_F(OutboxTest, ResumingIsNotedOnce) {
  int resumed = 0;
  context_.outbox.Resume(session_);
  EXPECT_FALSE(context_.outbox.has_resumed());
  context_.outbox.Stall(session_);
  context_.outbox.Resume(session_);
  context_.outbox.Resume(session_);
  context_.outbox.TakeResumed([&](Session&) { ++resumed; });
  EXPECT_EQ(resumed, 1);
}

TEST_F(OutboxTest, ASessionThatEndsIsForgotten) {
  context_.outbox.Push(other_, "!");
  context_.outbox.Stall(other_);
  context_.outbox.Resume(other_);
  context_.outbox.Close(other_);
  context_.outbox.Forget(other_);
  const auto fail = [](Session&) { ADD_FAILURE(); };
  context_.outbox.TakePushed(fail);
  context_.outbox.TakeResumed(fail);
  context_.outbox.TakeClosing(fail);
}

TEST_F(OutboxTest, ALotOfPushesInterruptsTheBatch) {
  const std::string much(std::size_t{1} << 20, 'x');
  Add(session_, {"say", "a"});
  Add(other_, {"push", much});
  Add(session_, {"say", "b"});
  EXPECT_FALSE(batch_.Run());
  output_.Clear();
  context_.outbox.TakePushed([](Session&) {});
  EXPECT_EQ(Run(), (std::vector<std::string>{"$1\r\nb\r\n"}));
}

}  // namespace
}  // namespace zedis::engine
