// Connection: a socket with its session. Belongs to one worker for its whole life. Between requests it owns no buffers:
// what has arrived of an unfinished request is kept in `tail`, what the socket refused to take in `pending`. All of it
// is counted as memory of clients (base/memory_count.h).
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "engine/session.h"
#include "net/stream.h"
#include "resp/output.h"
#include "resp/request.h"

namespace zedis::server {

// What the poller reports about: the first member of everything that is registered with it.
struct Source {
  enum class Kind : std::uint8_t { kConnection, kListener, kWaker };
  Kind kind;
};

// Bytes of an unfinished request.
class Tail {
 public:
  Tail() = default;
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;
  ~Tail() { Release(); }

  char* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }

  void Assign(std::string_view bytes);
  // Room for `count` more bytes at the end; grows by doubling, so it never takes more than twice what has arrived.
  char* Room(std::size_t count);
  void Commit(std::size_t count) { size_ += count; }
  // Puts `bytes` before what is there.
  void Prepend(std::string_view bytes);
  // Keeps only what follows the first `count` bytes.
  void DropFront(std::size_t count);
  void Release();

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Output that waits for the socket.
class PendingOutput {
 public:
  PendingOutput();
  PendingOutput(const PendingOutput&) = delete;
  PendingOutput& operator=(const PendingOutput&) = delete;
  ~PendingOutput();

  bool empty() const { return parts_.empty(); }
  std::size_t bytes() const { return bytes_; }

  void Append(std::string_view bytes);
  void Append(resp::Attachment attachment, std::size_t skip);

  // Writes until the socket refuses. False if the connection is broken.
  bool WriteTo(net::Stream& stream);

 private:
  struct Part {
    std::unique_ptr<char[]> owned;
    std::unique_ptr<resp::Attachment> attached;
    std::string_view bytes;
  };
  static constexpr int kPartsPerWrite = 64;

  static std::ptrdiff_t PartBytes(const Part& part);
  void Add(Part part);
  void DropFirst();

  std::deque<Part> parts_;
  std::size_t bytes_ = 0;
};

struct Connection : Source, engine::Session {
  explicit Connection(net::Stream stream);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Asks for all of its cache lines.
  void Prefetch() const {
    for (std::size_t at = 0; at < sizeof *this; at += 64) __builtin_prefetch(reinterpret_cast<const char*>(this) + at);
  }

  net::Stream socket;
  resp::ParseProgress progress;
  Tail tail;
  std::unique_ptr<PendingOutput> pending;  // null while the socket takes everything
  std::uint32_t index = 0;                 // in the worker's list
  bool closing = false;                    // destroyed at the end of the tick
  bool unread = false;                     // is in the worker's list of those to read
  bool hung_up = false;                    // the other side sends no more; what it has sent may still be unread
  std::int64_t over_soft_limit_since_ms = 0;
};

}  // namespace zedis::server
