// Batch: what one worker runs at a time. Requests of all connections that are ready are collected, the memory that they
// will touch is prefetched for all of them, stage by stage, then they run one after the other. So the latency of memory
// is paid once for some hundred requests instead of for each (bench/LEDGER.md).
//
// No sockets here: the worker puts parsed requests in and gets, for each session in order, the bytes of its replies.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/dispatch.h"
#include "resp/request.h"

namespace zedis::engine {

class Batch {
 public:
  static constexpr std::size_t kRequestsMax = 1024;
  // Enough for the latency of memory to be hidden. The worker runs a batch of so many when it has come to the end of a
  // connection's input: to run it in the middle would cost that connection another write.
  static constexpr std::size_t kRequestsAmple = 256;

  // The replies of one session: bytes [begin, end) of the output.
  struct Span {
    Session* session;
    std::size_t begin;
    std::size_t end;
  };

  Batch(Dispatcher& dispatcher, Context& context) : dispatcher_(dispatcher), context_(context) {}

  // Arguments are parsed into this; Add names them.
  resp::ArgBuffer& arguments() { return arguments_; }

  bool full() const { return size_ == kRequestsMax; }
  bool ample() const { return size_ >= kRequestsAmple; }
  bool empty() const { return size_ == 0; }

  // REQUIRES: !full(). The bytes that the arguments show stay where they are until Run.
  void Add(Session& session, std::size_t first_argument, std::size_t argument_count);

  // The connection broke the protocol: replies with the error after what came before, then closes.
  void AddProtocolError(Session& session, std::string text);

  // Runs what was added. False if it stopped because the replies so far are enough for a round of writes: take them and
  // call it again. True: everything has run, and the batch is empty. context.now_ms must have been set.
  bool Run();

  // Of the last Run.
  const std::vector<Span>& spans() const { return spans_; }

 private:
  static constexpr std::size_t kProbesMax = 2048;
  // Replies of so many bytes are written before more requests run, so that a batch of large ones takes no more memory.
  static constexpr std::size_t kOutputBytesAmple = std::size_t{1} << 20;

  struct Item {
    Session* session;
    const ResolvedCommand* command;
    std::uint32_t first_argument;
    std::uint32_t argument_count;
    std::uint16_t error;       // 1 + index in errors_; 0: none
    std::uint16_t probes_end;  // probes of this and all earlier items
  };
  // A key that some request will look up, and how far its prefetching has come.
  struct Probe {
    const store::EntryIndex* index;
    union {
      const base::IndexSegment* segment;
      const store::Entry* entry;
    };
    std::uint32_t argument;
  };
  // Segment, bucket, entry, and what the entry leads to: so many probes apart, and the last so many before its request.
  static constexpr std::ptrdiff_t kStageProbes = 8;
  static constexpr std::ptrdiff_t kLastStageProbes = 4;
  static constexpr std::ptrdiff_t kFirstFetch = -3 * kStageProbes;  // probe 0 is in its first stage

  void AddProbe(const Session& session, std::size_t argument);
  void AddProbes(const Session& session, const ResolvedCommand& command, std::size_t first_argument,
                 std::size_t argument_count, std::size_t first_key);
  void PrefetchStep();
  // False if it has not run: it waits, with its session.
  bool RunItem(const Item& item);
  void Keep(const Item& item);

  Dispatcher& dispatcher_;
  Context& context_;
  resp::ArgBuffer arguments_;
  std::vector<KeyPlace> keys_;  // parallel to the arguments
  std::array<Item, kRequestsMax> items_;
  std::array<Probe, kProbesMax> probes_;
  std::size_t size_ = 0;
  std::size_t probe_count_ = 0;
  std::size_t next_ = 0;  // the first item that has not run
  std::ptrdiff_t fetched_ = kFirstFetch;
  std::vector<std::string> errors_;
  std::vector<Span> spans_;
};

}  // namespace zedis::engine
