// The request parser: bytes in, arguments out, nothing copied.
//
// A request is an array of bulk strings ("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") or an inline command ("GET k\r\n"). The
// parser takes one request at a time from the front of the input and appends its arguments, as views into the
// input, to an ArgBuffer which all requests of a batch share. It reads a byte at most once on the fast path: lengths
// of up to three digits are recognised in one four-byte word, so a GET costs a dozen nanoseconds.
//
// A request that is not complete yet leaves the input alone, to be presented again from its first byte when more has
// arrived. Starting over is cheapest for ordinary requests, since a bulk is skipped in one step however long it is;
// only a request of many arguments or a long unfinished line keeps what was found in ParseProgress.
//
// Every length is checked before it is believed, and memory grows only with bytes that are really there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace zedis::resp {

using Args = std::span<const std::string_view>;

// REQUIRES: at least 99 arguments, bulks of 9999 bytes and lines of 64; below that nothing is checked.
struct RequestLimits {
  std::int64_t max_bulk_bytes = std::int64_t{512} << 20;
  std::int32_t max_arguments = 1 << 20;
  std::int32_t max_line_bytes = 64 << 10;  // an inline command, or the line of a count or length
  // A client that has not authenticated yet gets much lower limits, and errors that say so.
  bool authenticated = true;
};
inline constexpr std::int64_t kUnauthenticatedBulkBytesMax = 16384;
inline constexpr std::int32_t kUnauthenticatedArgumentsMax = 10;

// The arguments of all requests of a batch, one after the other. A request is named by (first, count), since growing
// moves the views; the bytes that they show do not move. Capacity is kept from batch to batch.
class ArgBuffer {
 public:
  ArgBuffer() { Grow(kCapacityMin); }
  ArgBuffer(const ArgBuffer&) = delete;
  ArgBuffer& operator=(const ArgBuffer&) = delete;

  std::size_t Size() const { return size_; }
  std::size_t Capacity() const { return capacity_; }
  // Valid until the next Append, Room or Clear.
  Args Slice(std::size_t first, std::size_t count) const {
    DCHECK(first + count <= size_);
    return {views_.get() + first, count};
  }
  Args From(std::size_t first) const { return Slice(first, size_ - first); }

  void Append(std::string_view view) {
    *Room(1) = view;
    ++size_;
  }
  // Room for `count` more views at the end; Commit makes those that were filled in part of the buffer.
  std::string_view* Room(std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      Grow(size_ + count);
    return views_.get() + size_;
  }
  void Commit(std::size_t count) { size_ += count; }
  void Truncate(std::size_t size) { size_ = size; }

  // Bytes for arguments that had to be decoded; valid until Clear.
  char* AllocateBytes(std::size_t size);

  // Forgets all arguments and gives back what an unusually large batch has made it take.
  void Clear();

 private:
  static constexpr std::size_t kCapacityMin = 1024;
  static constexpr std::size_t kCapacityKept = 32 * 1024;

  friend class RequestScanner;

  void Grow(std::size_t needed);

  std::unique_ptr<std::string_view[]> views_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::vector<std::unique_ptr<char[]>> decoded_;
};

enum class ParseStatus : std::uint8_t { kRequest, kIncomplete, kError };

enum class ProtocolError : std::uint8_t {
  kNone,
  kInvalidMultibulkLength,
  kInvalidBulkLength,
  kExpectedDollar,
  kTooBigMultibulkCount,
  kTooBigBulkCount,
  kTooBigInline,
  kUnbalancedQuotes,
  kUnauthenticatedMultibulk,
  kUnauthenticatedBulk,
  kBulkNotTerminated,
};

// Where a connection's unfinished request stands. 16 bytes for a connection that owes nothing.
class ParseProgress {
 public:
  ParseProgress();
  ~ParseProgress();
  ParseProgress(ParseProgress&&) noexcept;
  ParseProgress& operator=(ParseProgress&&) noexcept;

  // After kIncomplete: at least this many more bytes must arrive before parsing again can find a whole request.
  // A claim of the client, up to max_bulk_bytes: use it to decide when to parse and how to read, not to allocate.
  std::uint64_t NeededBytes() const { return amount_; }

  // After kError: the text of the reply, without '-' and line end. The connection must then be closed.
  ProtocolError Error() const { return error_; }
  std::string ErrorText() const;

  // True while more than these 16 bytes are kept, which memory accounting may want to know.
  bool HoldsMemory() const { return saved_ != nullptr; }
  std::size_t MemoryBytes() const;

  // For a connection that is used again for a new stream.
  void Reset();

 private:
  friend class RequestScanner;
  friend ParseStatus ParseRequest(const char*& cursor, const char* end, const RequestLimits& limits,
                                  ParseProgress& progress, ArgBuffer& args);
  struct Saved;

  std::unique_ptr<Saved> saved_;
  std::uint64_t amount_ : 48;  // bytes that are missing; after kExpectedDollar the byte that was there instead
  ProtocolError error_ : 8;
};
static_assert(sizeof(ParseProgress) <= 16, "every idle connection owns one");

// Takes the next request from [cursor, end).
//   kRequest     its arguments (at least one) were appended to `args`, and `cursor` is behind it.
//   kIncomplete  `cursor` is at the first byte of a request that is not all there; nothing was appended. Call again
//                with the same progress when there is more, `cursor` at that same byte of the stream (in memory it may
//                have moved). With nothing left `cursor` equals `end`.
//   kError       the stream is broken for good; progress.ErrorText() says how. `args` may hold rubbish.
// Empty requests ("*0", "*-1", blank lines) are skipped, as Redis does. Views point into the input.
[[nodiscard]] ParseStatus ParseRequest(const char*& cursor, const char* end, const RequestLimits& limits,
                                       ParseProgress& progress, ArgBuffer& args);

// Splits an inline command as redis-cli and redis-server do: words separated by space, "..." with \n \r \t \b \a \xHH
// escapes, '...' with \' only. Words without quotes are views into `line`, the others live in `args`.
// False if quotes are unbalanced or something follows a closing quote; `args` may then hold rubbish.
[[nodiscard]] bool SplitInline(std::string_view line, ArgBuffer& args);

namespace internal {

inline std::uint32_t Load32(const char* bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}
inline std::uint16_t Load16(const char* bytes) {
  std::uint16_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}
inline constexpr std::uint16_t kCrLf = '\r' | '\n' << 8;
// "*1\r\n$0\r\n\r\n" has 10 bytes, a bulk at least 6: what the functions below may read without looking.
inline constexpr std::ptrdiff_t kShortestBulkBytes = 6;

// Recognises "<marker>d\r\n", "<marker>dd\r\n" and "<marker>ddd\r\n" without leading zeros. Returns the end of the
// line, or null for anything else. REQUIRES: kShortestBulkBytes readable bytes.
template <char kMarker>
[[gnu::always_inline]] inline const char* ReadShortLength(const char* line, std::uint32_t& value) {
  constexpr std::uint32_t kMark = static_cast<unsigned char>(kMarker);
  const std::uint32_t word = Load32(line);
  const std::uint32_t first = ((word >> 8) & 0xff) - '0';
  if ((word & 0xffff00ff) == (kMark | 0x0a0d0000)) {  // the marker, one digit, CR, LF
    value = first;
    return first <= 9 ? line + 4 : nullptr;
  }
  const std::uint32_t second = ((word >> 16) & 0xff) - '0';
  if ((word & 0xff0000ff) == (kMark | 0x0d000000)) {  // the marker, two digits, CR
    value = first * 10 + second;
    return first - 1 <= 8 && second <= 9 && line[4] == '\n' ? line + 5 : nullptr;
  }
  const std::uint32_t third = (word >> 24) - '0';
  value = first * 100 + second * 10 + third;
  const bool good = (word & 0xff) == kMark && first - 1 <= 8 && second <= 9 && third <= 9 && Load16(line + 4) == kCrLf;
  return good ? line + 6 : nullptr;
}

// The same for "$dddd\r\n".
[[gnu::always_inline]] inline const char* ReadFourDigitLength(const char* line, const char* end, std::uint32_t& value) {
  if (end - line < 7 || line[0] != '$' || Load16(line + 5) != kCrLf) return nullptr;
  const std::uint32_t digits = Load32(line + 1) - 0x30303030;
  if (((digits | (digits + 0x76767676)) & 0x80808080) != 0 || (digits & 0xff) == 0) return nullptr;
  // Two steps add neighbours with their weights: bytes 1, 2, 3, 4 become 12, 34 and then 1234.
  const std::uint32_t pairs = (digits * 10 + (digits >> 8)) & 0x00ff00ff;
  value = (pairs * 100 + (pairs >> 16)) & 0xffff;
  return line + 7;
}

// The ordinary request: complete, well formed, up to 99 arguments of up to 9999 bytes each. Returns its end, or null if
// it is any other (nothing is appended then). No limit can be exceeded by it except the count before authentication.
[[gnu::always_inline]] inline const char* ParseOrdinaryRequest(const char* cursor, const char* end,
                                                               const RequestLimits& limits, ArgBuffer& args) {
  constexpr std::uint32_t kArgumentsMax = 99;
  if (end - cursor < 4 + kShortestBulkBytes) return nullptr;
  std::uint32_t count;
  const char* position = ReadShortLength<'*'>(cursor, count);
  if (position == nullptr || count - 1 >= kArgumentsMax) return nullptr;
  if (count > kUnauthenticatedArgumentsMax && !limits.authenticated) return nullptr;
  std::string_view* const views = args.Room(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (end - position < kShortestBulkBytes) return nullptr;
    std::uint32_t size;
    const char* bytes = ReadShortLength<'$'>(position, size);
    if (bytes == nullptr) [[unlikely]] {
      bytes = ReadFourDigitLength(position, end, size);
      if (bytes == nullptr) return nullptr;
    }
    if (end - bytes < static_cast<std::ptrdiff_t>(size) + 2) return nullptr;
    if (Load16(bytes + size) != kCrLf) return nullptr;
    views[i] = {bytes, size};
    position = bytes + size + 2;
  }
  args.Commit(count);
  return position;
}

// Everything else.
ParseStatus ParseUnusualRequest(const char*& cursor, const char* end, const RequestLimits& limits,
                                ParseProgress& progress, ArgBuffer& args);

}  // namespace internal

inline ParseStatus ParseRequest(const char*& cursor, const char* end, const RequestLimits& limits,
                                ParseProgress& progress, ArgBuffer& args) {
  if (!progress.saved_) [[likely]] {
    const char* const request_end = internal::ParseOrdinaryRequest(cursor, end, limits, args);
    if (request_end != nullptr) [[likely]] {
      cursor = request_end;
      return ParseStatus::kRequest;
    }
  }
  return internal::ParseUnusualRequest(cursor, end, limits, progress, args);
}

}  // namespace zedis::resp
