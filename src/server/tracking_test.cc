// What black-box tests cannot arrange: which worker hears of what, and when.
#include "server/tracking.h"

#include <gtest/gtest.h>

#include <string>

#include "server/desk_harness.h"
#include "server/handler_harness.h"

namespace zedis::server {
namespace {

using engine::Context;
using engine::Session;

constexpr std::string_view kForgetK = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";

class TrackingTest : public testing::Test {
 protected:
  TrackingTest() {
    for (Session* session : {&cache_, &writer_}) {
      server_.Connect(*session);
      session->protocol.Set(resp::Protocol::kResp3);
    }
  }
  ~TrackingTest() override {
    for (Session* session : {&cache_, &writer_}) {
      tracking_.End(*session);
      server_.clients.Remove(*session);
    }
  }

  void As(TestDesk& desk, Session& session) {
    context_.desk = &desk;
    context_.session = &session;
  }
  void Start(TestDesk& desk, Session& session, const TrackingOptions& options = {}) {
    As(desk, session);
    ASSERT_TRUE(tracking_.Start(context_, options));
  }
  // As the dispatcher would run it.
  void Read(TestDesk& desk, Session& session, std::string_view key) {
    As(desk, session);
    const std::string_view request[] = {"GET", key};
    const engine::ResolvedCommand* command = server_.dispatcher.Lookup(request);
    engine::KeyPlace keys[2];
    engine::Dispatcher::HashKeys(*command, request, server_.keyspace.seed(), keys);
    server_.dispatcher.Run(context_, command, request, keys);
  }
  void Change(TestDesk& desk, Session* session, std::string_view key) {
    context_.desk = &desk;
    context_.session = session;
    const store::Key changed = server_.keyspace.MakeKey(key);
    server_.door.Report(context_, {changed, 0, {base::kNotifyString, "set"}});
  }
  std::string Taken(Session& session) { return TakePushes(context_, session); }

  HandlerHarness server_;
  Context& context_ = server_.context;
  Tracking& tracking_ = server_.tracking;
  TestDesk desk_, other_desk_;
  Session cache_, writer_;
};

TEST_F(TrackingTest, TheWorkerOfTheCacheIsToldByItsDesk) {
  Start(desk_, cache_);
  Read(desk_, cache_, "k");
  EXPECT_EQ(tracking_.keys(), 1);
  Change(other_desk_, &writer_, "k");
  Change(other_desk_, &writer_, "k");
  EXPECT_EQ(Taken(cache_), "");
  desk_.Run(context_);
  EXPECT_EQ(Taken(cache_), kForgetK) << "once";
  EXPECT_EQ(tracking_.keys() + tracking_.items(), 0);
}

TEST_F(TrackingTest, InItsOwnWorkerItIsToldAtOnce) {
  Start(desk_, cache_);
  Read(desk_, cache_, "k");
  Change(desk_, nullptr, "k");  // expired
  EXPECT_EQ(Taken(cache_), kForgetK);
  EXPECT_EQ(desk_.waiting(), 0u);
}

TEST_F(TrackingTest, WhoHasLeftIsToldNothingThoughTheTableStillKnowsIt) {
  Start(desk_, cache_);
  Read(desk_, cache_, "k");
  tracking_.Stop(cache_);
  Change(other_desk_, &writer_, "k");
  desk_.Run(context_);
  EXPECT_EQ(Taken(cache_), "");
}

TEST_F(TrackingTest, WhatWasReadBeforeTrackingWasSwitchedOnAgainIsStillTold) {
  Start(desk_, cache_);
  Read(desk_, cache_, "k");
  Start(desk_, cache_, {.no_loop = true});
  Change(desk_, &writer_, "k");
  EXPECT_EQ(Taken(cache_), kForgetK);
  Read(desk_, cache_, "k");
  tracking_.Stop(cache_);
  Start(desk_, cache_);
  Change(desk_, &writer_, "k");
  EXPECT_EQ(Taken(cache_), kForgetK);
}

TEST_F(TrackingTest, WhoEndsWhileNewsIsUnderWayIsForgotten) {
  Start(desk_, cache_);
  Read(desk_, cache_, "k");
  Change(other_desk_, &writer_, "k");
  tracking_.Stop(cache_);
  cache_.address->session = nullptr;
  desk_.Run(context_);
  EXPECT_EQ(Taken(cache_), "");
}

TEST_F(TrackingTest, NobodyHearsOfItsOwnChangesWhoWantsNotTo) {
  Start(desk_, cache_, {.no_loop = true});
  Read(desk_, cache_, "k");
  Change(desk_, &cache_, "k");
  EXPECT_EQ(Taken(cache_), "");
  Read(desk_, cache_, "k");
  Change(desk_, &writer_, "k");
  EXPECT_EQ(Taken(cache_), kForgetK);
}

TEST_F(TrackingTest, BroadcastsAreGatheredForATurnAndOnlyOfThePrefixes) {
  Start(desk_, cache_, {.mode = TrackingMode::kBroadcast, .prefixes = {"a", "k"}});
  for (const char* key : {"k2", "b", "k1", "a", "k2"}) Change(other_desk_, &writer_, key);
  desk_.Run(context_);
  EXPECT_EQ(Taken(cache_), "");
  context_.desk = &other_desk_;
  tracking_.OnTurn(context_);
  tracking_.OnTurn(context_);
  desk_.Run(context_);
  EXPECT_EQ(Taken(cache_),
            ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n"
            ">2\r\n$10\r\ninvalidate\r\n*2\r\n$2\r\nk1\r\n$2\r\nk2\r\n");
}

TEST_F(TrackingTest, NothingIsObservedWhileNobodyCaches) {
  Change(desk_, &writer_, "k");
  Start(desk_, cache_, {.mode = TrackingMode::kBroadcast, .prefixes = {""}});
  tracking_.End(cache_);
  Change(desk_, &writer_, "k");
  Start(desk_, cache_, {.mode = TrackingMode::kBroadcast, .prefixes = {""}});
  tracking_.OnTurn(context_);
  EXPECT_EQ(Taken(cache_), "");
}

}  // namespace
}  // namespace zedis::server
