// Workers are played by desks that keep what is posted until the test lets them run.
#include "server/pubsub.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "server/handler_harness.h"

namespace zedis::server {
namespace {

using engine::Context;
using engine::Session;

class TestDesk final : public engine::Desk {
 public:
  void Post(engine::Task task) override { tasks_.push_back(std::move(task)); }
  std::size_t waiting() const { return tasks_.size(); }
  void RunOne(Context& ctx) {
    engine::Task task = std::move(tasks_.front());
    tasks_.pop_front();
    task(ctx);
  }

 private:
  std::deque<engine::Task> tasks_;
};

class PubsubTest : public testing::Test {
 protected:
  ~PubsubTest() override {
    for (Session* session : {&here_, &there_}) pubsub_.UnsubscribeAll(*session);
  }

  void As(TestDesk& desk, Session& session) {
    context_.desk = &desk;
    context_.session = &session;
  }
  void Subscribe(TestDesk& desk, Session& session, std::string_view name, ChannelKind kind = ChannelKind::kChannel) {
    As(desk, session);
    pubsub_.Subscribe(context_, kind, name);
  }
  std::size_t Publish(TestDesk& desk, Session& session, std::string_view channel, std::string_view payload,
                      ChannelKind kind = ChannelKind::kChannel) {
    As(desk, session);
    return pubsub_.Publish(context_, kind, channel, payload);
  }
  void Run(TestDesk& desk) {
    context_.desk = &desk;
    context_.session = nullptr;
    while (desk.waiting() != 0) desk.RunOne(context_);
  }
  // What the session would be sent now.
  std::string Taken(Session& session) {
    std::string bytes = session.pushes == nullptr ? "" : *session.pushes;
    session.pushes.reset();
    context_.outbox.TakePushed([](Session&) {});
    return bytes;
  }
  static std::string MessageOf(std::string_view channel, std::string_view payload, char marker = '*') {
    return fmt::format("{}3\r\n$7\r\nmessage\r\n${}\r\n{}\r\n${}\r\n{}\r\n", marker, channel.size(), channel,
                       payload.size(), payload);
  }

  HandlerHarness server_;
  Context& context_ = server_.context;
  Pubsub& pubsub_ = server_.pubsub;
  TestDesk desk_, other_desk_;
  Session here_, there_;
};

TEST_F(PubsubTest, AMessageIsFormattedForEachProtocol) {
  here_.protocol.Set(resp::Protocol::kResp3);
  Subscribe(desk_, here_, "news");
  Subscribe(desk_, there_, "news");
  EXPECT_EQ(Publish(desk_, there_, "news", "hello"), 2u);
  EXPECT_EQ(Taken(there_), MessageOf("news", "hello"));
  EXPECT_EQ(Taken(here_), MessageOf("news", "hello", '>'));
}

TEST_F(PubsubTest, PatternsGetTheirOwnForm) {
  Subscribe(desk_, here_, "n?ws*", ChannelKind::kPattern);
  Subscribe(desk_, here_, "other", ChannelKind::kPattern);
  EXPECT_EQ(Publish(desk_, there_, "news", "x"), 1u);
  EXPECT_EQ(Taken(here_), "*4\r\n$8\r\npmessage\r\n$5\r\nn?ws*\r\n$4\r\nnews\r\n$1\r\nx\r\n");
}

TEST_F(PubsubTest, ShardChannelsAreAWorldOfTheirOwn) {
  Subscribe(desk_, here_, "a", ChannelKind::kShard);
  Subscribe(desk_, there_, "*", ChannelKind::kPattern);
  EXPECT_EQ(Publish(desk_, there_, "a", "x", ChannelKind::kShard), 1u);
  EXPECT_EQ(Taken(here_), "*3\r\n$8\r\nsmessage\r\n$1\r\na\r\n$1\r\nx\r\n");
  EXPECT_EQ(Taken(there_), "");
}

TEST_F(PubsubTest, ToAnotherWorkerItGoesByItsDesk) {
  Subscribe(other_desk_, there_, "news");
  EXPECT_EQ(Publish(desk_, here_, "news", "1"), 1u);
  EXPECT_EQ(Publish(desk_, here_, "news", "2"), 1u);
  EXPECT_EQ(Taken(there_), "");
  EXPECT_EQ(other_desk_.waiting(), 1u) << "one task for both";
  Run(other_desk_);
  EXPECT_EQ(Taken(there_), MessageOf("news", "1") + MessageOf("news", "2"));
}

TEST_F(PubsubTest, NothingOvertakesWhatWaitsForTheSameWorker) {
  Subscribe(other_desk_, there_, "news");
  Publish(desk_, here_, "news", "first");
  // Now the subscriber's own worker publishes, before it has looked at its desk.
  Publish(other_desk_, there_, "news", "second");
  Run(other_desk_);
  EXPECT_EQ(Taken(there_), MessageOf("news", "first") + MessageOf("news", "second"));
}

TEST_F(PubsubTest, WhoHasUnsubscribedGetsNothingThatWasUnderWay) {
  Subscribe(other_desk_, there_, "news");
  Publish(desk_, here_, "news", "late");
  As(other_desk_, there_);
  pubsub_.Unsubscribe(context_, ChannelKind::kChannel, "news");
  Run(other_desk_);
  EXPECT_EQ(Taken(there_), "");
  EXPECT_EQ(pubsub_.Channels(ChannelKind::kChannel).size(), 0u);
  EXPECT_EQ(Publish(desk_, here_, "news", "nobody"), 0u);
}

TEST_F(PubsubTest, ASenderThatIsTooFastRestsUntilThereIsRoom) {
  Subscribe(other_desk_, there_, "news");
  const std::string payload(1 << 20, 'x');
  int sent = 0;
  while (!here_.stalled) {
    ASSERT_LT(sent, 100);
    Publish(desk_, here_, "news", payload);
    ++sent;
  }
  EXPECT_GT(sent, 4);
  context_.desk = &other_desk_;
  context_.session = nullptr;
  int rounds = 0;
  while (other_desk_.waiting() != 0) {
    other_desk_.RunOne(context_);
    EXPECT_LE(Taken(there_).size(), 2 * payload.size()) << "sockets are written to before more is passed on";
    ++rounds;
  }
  EXPECT_GE(rounds, sent / 2);
  EXPECT_TRUE(here_.stalled) << "only its own worker may let it run";
  Run(desk_);
  EXPECT_FALSE(here_.stalled);
}

TEST_F(PubsubTest, ASenderThatEndsWhileItRestsIsForgotten) {
  Subscribe(other_desk_, there_, "news");
  {
    Session passing;
    while (!passing.stalled) Publish(desk_, passing, "news", std::string(1 << 20, 'x'));
    passing.address->session = nullptr;
  }
  context_.session = nullptr;
  while (other_desk_.waiting() != 0) {
    context_.desk = &other_desk_;
    other_desk_.RunOne(context_);
    Taken(there_);
  }
  Run(desk_);
}

// Against plain sets: who is subscribed to what after any sequence of calls, in two workers.
TEST_F(PubsubTest, CountsAndReceiversAreThoseOfPlainSets) {
  constexpr int kSessions = 12;
  constexpr std::string_view kNames[] = {"a", "b", "ab", "a*", "*", ""};
  std::deque<Session> sessions(kSessions);
  std::map<std::pair<ChannelKind, std::string>, std::map<int, int>> model;  // session -> 1
  std::uint64_t state = 42;
  const auto random = [&](std::uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  };
  for (int step = 0; step < 20'000; ++step) {
    const int number = static_cast<int>(random(kSessions));
    Session& session = sessions[static_cast<std::size_t>(number)];
    TestDesk& desk = number % 2 == 0 ? desk_ : other_desk_;
    const auto kind = static_cast<ChannelKind>(random(kChannelKinds));
    const std::string name(kNames[random(std::size(kNames))]);
    As(desk, session);
    if (random(50) == 0) {
      pubsub_.UnsubscribeAll(session);
      for (auto& [channel, members] : model) members.erase(number);
    } else if (random(2) == 0) {
      pubsub_.Subscribe(context_, kind, name);
      model[{kind, name}][number] = 1;
    } else {
      pubsub_.Unsubscribe(context_, kind, name);
      model[{kind, name}].erase(number);
    }
    EXPECT_EQ(session.output_class == base::OutputClass::kPubsub, session.subscriptions != nullptr);
    if (step % 7 != 0) continue;
    const std::string channel(kNames[random(3)]);
    std::map<int, int> expected = model[{ChannelKind::kChannel, channel}];
    for (const std::string_view pattern : kNames) {
      if (pattern != channel && pattern != "*" && (pattern != "a*" || channel[0] != 'a')) continue;
      for (const auto& [member, one] : model[{ChannelKind::kPattern, std::string(pattern)}]) expected[member] += one;
    }
    std::size_t total = 0;
    for (const auto& [member, messages] : expected) total += static_cast<std::size_t>(messages);
    EXPECT_EQ(Publish(desk, session, channel, "x"), total);
    Run(desk_);
    Run(other_desk_);
    for (int member = 0; member < kSessions; ++member) {
      const std::string bytes = Taken(sessions[static_cast<std::size_t>(member)]);
      EXPECT_EQ(std::ranges::count(bytes, '*') > 0, expected.contains(member));
    }
    ASSERT_FALSE(HasFailure()) << "step " << step;
  }
  for (Session& session : sessions) pubsub_.UnsubscribeAll(session);
  EXPECT_EQ(pubsub_.patterns() + pubsub_.Channels(ChannelKind::kChannel).size(), 0u);
}

}  // namespace
}  // namespace zedis::server
