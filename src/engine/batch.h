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
  static constexpr std::size_t kRequestsMax = 256;

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
  bool empty() const { return size_ == 0; }

  // REQUIRES: !full(). The bytes that the arguments show stay where they are until Run.
  void Add(Session& session, std::size_t first_argument, std::size_t argument_count);

  // The connection broke the protocol: replies with the error after what came before, then closes.
  void AddProtocolError(Session& session, std::string text);

  // Runs everything that was added and empties the batch. context.now_ms must have been set.
  void Run();

  // Of the last Run.
  const std::vector<Span>& spans() const { return spans_; }

 private:
  static constexpr std::size_t kProbesMax = 1024;

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
    std::uint64_t hash;
    union {
      const base::IndexSegment* segment;
      const base::IndexBucket* bucket;
    };
  };
  static constexpr std::size_t kGroupProbes = 16;

  void AddProbe(const Session& session, std::uint64_t hash);
  void AddProbes(const Session& session, const ResolvedCommand& command, Args args, const std::uint64_t* hashes,
                 std::size_t first_key);
  void Prefetch(std::ptrdiff_t group);
  void RunItem(const Item& item);

  Dispatcher& dispatcher_;
  Context& context_;
  resp::ArgBuffer arguments_;
  std::vector<std::uint64_t> hashes_;  // parallel to the arguments
  std::array<Item, kRequestsMax> items_;
  std::array<Probe, kProbesMax> probes_;
  std::size_t size_ = 0;
  std::size_t probe_count_ = 0;
  std::vector<std::string> errors_;
  std::vector<Span> spans_;
};

}  // namespace zedis::engine
