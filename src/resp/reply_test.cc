#include "resp/reply.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace zedis::resp {
namespace {

// RESP2, RESP3.
using Both = std::pair<std::string, std::string>;

template <typename Write>
std::string In(Protocol protocol, Write write) {
  OutputBuffer out;
  write(Reply(out, protocol));
  return std::string(out.Bytes());
}
template <typename Write>
Both InBoth(Write write) {
  return {In(Protocol::kResp2, write), In(Protocol::kResp3, write)};
}
Both Same(const std::string& text) { return {text, text}; }

// The buffer as the socket gets it.
std::string Sent(const OutputBuffer& out) {
  std::string sent;
  std::size_t at = 0;
  for (const Attachment& attachment : out.Attachments()) {
    sent += out.Bytes().substr(at, attachment.Offset() - at);
    sent += attachment.Bytes();
    at = attachment.Offset();
  }
  return sent + std::string(out.Bytes().substr(at));
}

void CountRelease(void* owner) { ++*static_cast<int*>(owner); }

TEST(Reply, PlainKinds) {
  EXPECT_EQ(InBoth([](Reply r) { r.Ok(); }), Same("+OK\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.Pong(); }), Same("+PONG\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.Queued(); }), Same("+QUEUED\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.SimpleString("string"); }), Same("+string\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.Raw(":1\r\n"); }), Same(":1\r\n"));
}

TEST(Reply, ErrorsStayOnOneLine) {
  EXPECT_EQ(InBoth([](Reply r) { r.Error("ERR syntax error"); }), Same("-ERR syntax error\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.Error("ERR unknown command 'a\r\nb\n'"); }),
            Same("-ERR unknown command 'a  b '\r\n"));
}

TEST(Reply, Integers) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{9}, std::int64_t{10}, std::int64_t{99}, std::int64_t{100}, std::int64_t{12345},
        std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    const std::string digits = std::to_string(value);
    EXPECT_EQ(InBoth([=](Reply r) { r.Integer(value); }), Same(fmt::format(":{}\r\n", digits)));
    EXPECT_EQ(InBoth([=](Reply r) { r.BulkInteger(value); }),
              Same(fmt::format("${}\r\n{}\r\n", digits.size(), digits)));
  }
}

TEST(Reply, BulksOfEveryLength) {
  OutputBuffer out;
  const Reply reply(out, Protocol::kResp2);
  std::string expected;
  for (std::size_t size = 0; size < 1200; ++size) {
    std::string value(size, ' ');
    for (std::size_t i = 0; i < size; ++i) value[i] = static_cast<char>(i * 7 + size);
    // Exactly this many bytes on the heap, so that the sanitizer sees a read beyond them.
    const std::vector<char> exact(value.begin(), value.end());
    reply.Bulk({exact.data(), exact.size()});
    expected += fmt::format("${}\r\n{}\r\n", size, value);
  }
  EXPECT_EQ(out.Bytes(), expected);
}

TEST(Reply, MissingValues) {
  EXPECT_EQ(InBoth([](Reply r) { r.NullBulk(); }), Both("$-1\r\n", "_\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.NullArray(); }), Both("*-1\r\n", "_\r\n"));
}

TEST(Reply, Headers) {
  EXPECT_EQ(InBoth([](Reply r) { r.ArrayHeader(12); }), Same("*12\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.SetHeader(3); }), Both("*3\r\n", "~3\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.MapHeader(600); }), Both("*1200\r\n", "%600\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.PushHeader(3); }), Both("*3\r\n", ">3\r\n"));
  EXPECT_EQ(In(Protocol::kResp3, [](Reply r) { r.AttributeHeader(1); }), "|1\r\n");
}

TEST(Reply, KindsThatOnlyResp3Has) {
  EXPECT_EQ(InBoth([](Reply r) { r.Boolean(true); }), Both(":1\r\n", "#t\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.Boolean(false); }), Both(":0\r\n", "#f\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.Double(3.1); }), Both("$18\r\n3.1000000000000001\r\n", ",3.1000000000000001\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.Double(-std::numeric_limits<double>::infinity()); }),
            Both("$4\r\n-inf\r\n", ",-inf\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.BigNumber("1234567999999999999999999999999999999"); }),
            Both("$37\r\n1234567999999999999999999999999999999\r\n", "(1234567999999999999999999999999999999\r\n"));
  EXPECT_EQ(InBoth([](Reply r) { r.Verbatim("txt", "This is a verbatim\nstring"); }),
            Both("$25\r\nThis is a verbatim\nstring\r\n", "=29\r\ntxt:This is a verbatim\nstring\r\n"));
}

TEST(Reply, DeferredCountsOfAnyLength) {
  for (const std::uint64_t count : {0, 1, 9, 10, 99, 100, 12345}) {
    const auto write = [=](Reply r) {
      r.Ok();
      const DeferredHeader outer = r.DeferArray();
      r.Bulk("first");
      const DeferredHeader set = r.DeferSet();
      for (std::uint64_t i = 0; i < count; ++i) r.Integer(1);
      r.CloseSet(set, count);
      const DeferredHeader map = r.DeferMap();
      for (std::uint64_t i = 0; i < 2 * count; ++i) r.Integer(2);
      r.CloseMap(map, count);
      r.CloseArray(outer, 3);
      r.Ok();
    };
    const auto expected = [=](const char* set, const char* map, std::uint64_t map_count) {
      std::string text = fmt::format("+OK\r\n*3\r\n$5\r\nfirst\r\n{}{}\r\n", set, count);
      for (std::uint64_t i = 0; i < count; ++i) text += ":1\r\n";
      text += fmt::format("{}{}\r\n", map, map_count);
      for (std::uint64_t i = 0; i < 2 * count; ++i) text += ":2\r\n";
      return text + "+OK\r\n";
    };
    EXPECT_EQ(InBoth(write), Both(expected("*", "*", 2 * count), expected("~", "%", count)));
  }
}

TEST(Reply, AnAbandonedHeaderLeavesNoTrace) {
  EXPECT_EQ(InBoth([](Reply r) {
              r.Ok();
              const DeferredHeader header = r.DeferArray();
              r.Integer(1);
              r.Abandon(header);
              r.Error("ERR no");
            }),
            Same("+OK\r\n-ERR no\r\n"));
}

TEST(OutputBuffer, AttachmentsAreSentInTheirPlaceAndReleasedOnce) {
  const std::string large(100000, 'L');
  int released = 0;
  {
    OutputBuffer out;
    const Reply reply(out, Protocol::kResp2);
    reply.BulkAttached(large, CountRelease, &released);
    const DeferredHeader header = reply.DeferArray();
    reply.Integer(1);
    reply.BulkAttached("small", CountRelease, &released);
    reply.BulkAttached("", CountRelease, &released);
    reply.CloseArray(header, 100);  // two bytes longer: what was attached behind it moves along
    EXPECT_EQ(Sent(out), "$100000\r\n" + large + "\r\n*100\r\n:1\r\n$5\r\nsmall\r\n$0\r\n\r\n");
    EXPECT_EQ(out.TotalBytes(), Sent(out).size());
    EXPECT_EQ(released, 0);
    out.Clear();
    EXPECT_EQ(released, 3);
    EXPECT_EQ(out.TotalBytes(), 0U);
    reply.BulkAttached("last", CountRelease, &released);
  }
  EXPECT_EQ(released, 4);
}

TEST(OutputBuffer, TruncateDropsWhatWasAttachedBehind) {
  int kept = 0;
  int dropped = 0;
  OutputBuffer out;
  const Reply reply(out, Protocol::kResp3);
  reply.BulkAttached("kept", CountRelease, &kept);
  const std::size_t mark = out.Size();
  reply.BulkAttached("dropped", CountRelease, &dropped);
  out.Truncate(mark);
  EXPECT_EQ(Sent(out), "$4\r\nkept\r\n");
  EXPECT_EQ(out.TotalBytes(), 10U);
  EXPECT_EQ(std::pair(kept, dropped), std::pair(0, 1));
  {
    std::vector<Attachment> taken = out.TakeAttachments();
    out.Clear();
    EXPECT_EQ(kept, 0);
    const Attachment moved = std::move(taken[0]);
    taken.clear();
    EXPECT_EQ(kept, 0);
  }
  EXPECT_EQ(kept, 1);
}

TEST(OutputBuffer, GrowsAndShrinksBack) {
  OutputBuffer out;
  EXPECT_EQ(out.Capacity(), 0U);
  std::string expected;
  std::mt19937 random(5);
  while (expected.size() < 4 * OutputBuffer::kCapacityKept) {
    const std::string bytes(random() % 5000, static_cast<char>('a' + random() % 26));
    out.Append(bytes);
    expected += bytes;
  }
  EXPECT_TRUE(out.Bytes() == expected);
  out.Clear();
  EXPECT_LE(out.Capacity(), OutputBuffer::kCapacityKept);
  out.Append("again");
  const std::size_t capacity = out.Capacity();
  out.Clear();
  EXPECT_EQ(out.Capacity(), capacity);
}

}  // namespace
}  // namespace zedis::resp
