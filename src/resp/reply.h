// Writes replies in RESP2 or RESP3. Handlers say what they mean (a map, a double, no value), and the protocol of the
// client decides which bytes that is. A Reply is two words: pass it by value.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/numbers.h"
#include "resp/output.h"

namespace zedis::resp {

enum class Protocol : std::uint8_t { kResp2 = 2, kResp3 = 3 };

namespace internal {

// Copies `size` bytes to room of at least `size` rounded up to 16. Never reads beyond the source.
[[gnu::always_inline]] inline void CopyBytes(char* out, const char* bytes, std::size_t size) {
  if (size > 32) {
    std::memcpy(out, bytes, size);
  } else if (size >= 16) {
    std::memcpy(out, bytes, 16);
    std::memcpy(out + size - 16, bytes + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(out, bytes, 8);
    std::memcpy(out + size - 8, bytes + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(out, bytes, 4);
    std::memcpy(out + size - 4, bytes + size - 4, 4);
  } else if (size != 0) {
    out[0] = bytes[0];
    out[size / 2] = bytes[size / 2];
    out[size - 1] = bytes[size - 1];
  }
}

inline void Store32(char* out, std::uint32_t word) { std::memcpy(out, &word, sizeof(word)); }

// Writes "<marker><value>\r\n"; up to 8 bytes are touched for values below 100.
[[gnu::always_inline]] inline char* WriteHeader(char* out, char marker, std::uint64_t value) {
  if (value < 10) {
    Store32(out, static_cast<unsigned char>(marker) | static_cast<std::uint32_t>('0' + value) << 8 | 0x0a0d0000U);
    return out + 4;
  }
  *out = marker;
  if (value < 100) {
    std::memcpy(out + 1, &base::internal::kDigitPairs.text[2 * value], 2);
    out += 3;
  } else {
    out = base::FormatUint64(out + 1, value);
  }
  std::memcpy(out, "\r\n", 2);
  return out + 2;
}

}  // namespace internal

// The place of a header whose count is not known yet. Closed in reverse order of opening.
class DeferredHeader {
 private:
  friend class Reply;
  DeferredHeader(std::size_t offset, char marker) : offset_(offset), marker_(marker) {}

  std::size_t offset_;
  char marker_;
};

class Reply {
 public:
  Reply(OutputBuffer& out, Protocol protocol) : out_(&out), protocol_(protocol) {}

  OutputBuffer& Output() const { return *out_; }
  Protocol Version() const { return protocol_; }
  bool IsResp3() const { return protocol_ == Protocol::kResp3; }

  void Ok() const { Constant("+OK\r\n"); }
  void Pong() const { Constant("+PONG\r\n"); }
  void Queued() const { Constant("+QUEUED\r\n"); }
  // `text` has no line end.
  void SimpleString(std::string_view text) const { Line('+', text); }
  // `text` starts with its code ("ERR ...", "WRONGTYPE ..."). Line ends in it, which may come from a client, become
  // spaces.
  void Error(std::string_view text) const;

  void Integer(std::int64_t value) const {
    if (value >= 0) {
      char* const out = out_->Reserve(32);
      out_->CommitTo(internal::WriteHeader(out, ':', static_cast<std::uint64_t>(value)));
    } else {
      NegativeInteger(value);
    }
  }
  void Bulk(std::string_view bytes) const {
    char* out = out_->Reserve(bytes.size() + 32);
    out = internal::WriteHeader(out, '$', bytes.size());
    internal::CopyBytes(out, bytes.data(), bytes.size());
    out += bytes.size();
    std::memcpy(out, "\r\n", 2);
    out_->CommitTo(out + 2);
  }
  // The digits of `value` as a bulk string.
  void BulkInteger(std::int64_t value) const;
  // A bulk string that is sent from where it lies, see OutputBuffer::Attach.
  void BulkAttached(std::string_view bytes, Attachment::Release release, void* owner) const;
  void NullBulk() const {
    if (IsResp3()) return Constant("_\r\n");
    Constant("$-1\r\n");
  }
  void NullArray() const {
    if (IsResp3()) return Constant("_\r\n");
    Constant("*-1\r\n");
  }

  // Headers: `count` elements must follow, or pairs for a map and attributes.
  void ArrayHeader(std::uint64_t count) const { Header('*', count); }
  void SetHeader(std::uint64_t count) const { Header(IsResp3() ? '~' : '*', count); }
  void PushHeader(std::uint64_t count) const { Header(IsResp3() ? '>' : '*', count); }
  void MapHeader(std::uint64_t pairs) const { IsResp3() ? Header('%', pairs) : Header('*', pairs * 2); }
  // REQUIRES: RESP3; older clients have no way to skip them.
  void AttributeHeader(std::uint64_t pairs) const {
    DCHECK(IsResp3());
    Header('|', pairs);
  }

  [[nodiscard]] DeferredHeader DeferArray() const { return Defer('*'); }
  [[nodiscard]] DeferredHeader DeferSet() const { return Defer(IsResp3() ? '~' : '*'); }
  [[nodiscard]] DeferredHeader DeferMap() const { return Defer(IsResp3() ? '%' : '*'); }
  // O(bytes since it was opened) if the count has more than one digit.
  void CloseArray(DeferredHeader header, std::uint64_t count) const { Close(header, count); }
  void CloseSet(DeferredHeader header, std::uint64_t count) const { Close(header, count); }
  void CloseMap(DeferredHeader header, std::uint64_t pairs) const { Close(header, IsResp3() ? pairs : pairs * 2); }
  // Takes back everything since the header was opened, and the header too.
  void Abandon(DeferredHeader header) const { out_->Truncate(header.offset_); }

  // A RESP2 client sees a bulk string, or an integer for the boolean.
  void Double(double value) const;
  void Boolean(bool value) const {
    if (IsResp3()) return value ? Constant("#t\r\n") : Constant("#f\r\n");
    value ? Constant(":1\r\n") : Constant(":0\r\n");
  }
  void BigNumber(std::string_view digits) const { IsResp3() ? Line('(', digits) : Bulk(digits); }
  // `format` has three bytes: "txt" or "mkd".
  void Verbatim(std::string_view format, std::string_view text) const;

  // Bytes that are a reply already.
  void Raw(std::string_view bytes) const { out_->Append(bytes); }

 private:
  template <std::size_t kSize>
  void Constant(const char (&text)[kSize]) const {
    std::memcpy(out_->Reserve(kSize - 1), text, kSize - 1);
    out_->Commit(kSize - 1);
  }
  void Header(char marker, std::uint64_t count) const {
    char* const out = out_->Reserve(32);
    out_->CommitTo(internal::WriteHeader(out, marker, count));
  }
  void Line(char marker, std::string_view text) const;
  void NegativeInteger(std::int64_t value) const;
  DeferredHeader Defer(char marker) const;
  void Close(DeferredHeader header, std::uint64_t count) const;

  OutputBuffer* out_;
  Protocol protocol_;
};
static_assert(sizeof(Reply) <= 2 * sizeof(void*));

}  // namespace zedis::resp
