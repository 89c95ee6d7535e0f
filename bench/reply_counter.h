// Counts the complete replies in a stream of RESP2 or RESP3 bytes, cut anywhere. Nothing is decoded.
//
// Replies to one kind of request mostly look alike ("$32\r\n" and 34 bytes more, "+OK\r\n"), so the counter
// remembers the head and size of the last simple reply; as long as the next one has the same head, it costs one
// 8-byte comparison. Everything else goes through a state machine that can stop at any byte.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

namespace zedis::bench {

class ReplyCounter {
 public:
  // Bytes that must be readable (with any content) beyond the end of what is given to Count.
  static constexpr std::size_t kSlackBytes = 8;

  // Returns how many replies ended within these bytes.
  std::uint64_t Count(const char* at, std::size_t size) {
    const char* const end = at + size;
    std::uint64_t complete = 0;
    while (at < end) {
      if (body_left_ > 0) {
        const std::int64_t taken = std::min<std::int64_t>(body_left_, end - at);
        at += taken;
        body_left_ -= taken;
        if (body_left_ == 0) complete += EndElement();
        continue;
      }
      if (type_ == 0) {
        at = SkipAlike(at, end, complete);
        if (at == end) break;
      }
      at = ReadHead(at, end, complete);
    }
    return complete;
  }

  std::uint64_t errors() const { return errors_; }
  const std::string& first_error() const { return first_error_; }

 private:
  static constexpr std::size_t kErrorTextBytesMax = 200;

  // Takes as many replies as begin like the last one.
  const char* SkipAlike(const char* at, const char* end, std::uint64_t& complete) {
    while (alike_bytes_ > 0 && end - at >= alike_bytes_) {
      std::uint64_t head;
      std::memcpy(&head, at, sizeof head);
      if ((head & alike_mask_) != alike_head_) break;
      at += alike_bytes_;
      complete += EndElement();
    }
    return at;
  }

  // Reads the line that begins an element; `at` may be in its middle if an earlier call ended there.
  const char* ReadHead(const char* at, const char* end, std::uint64_t& complete) {
    const char* const begin = type_ == 0 ? at : nullptr;
    if (type_ == 0) {
      type_ = *at++;
      number_ = 0;
      is_negative_ = false;
    }
    for (; at < end; ++at) {
      const char c = *at;
      if (c == '\n') {
        ++at;
        EndHead(begin, at, complete);
        return at;
      }
      if (c >= '0' && c <= '9') number_ = number_ * 10 + static_cast<std::uint64_t>(c - '0');
      if (c == '-') is_negative_ = true;
      if (type_ == '-' && errors_ == 0 && c != '\r' && first_error_.size() < kErrorTextBytesMax) first_error_ += c;
    }
    return at;
  }

  void EndHead(const char* begin, const char* end, std::uint64_t& complete) {
    const char type = type_;
    type_ = 0;
    const std::int64_t length = is_negative_ ? 0 : static_cast<std::int64_t>(number_);
    switch (type) {
      case '*':
      case '~':
      case '>':
        elements_left_ += length;
        break;
      case '%':
        elements_left_ += 2 * length;
        break;
      case '$':
      case '=':
      case '!':
        Remember(begin, end, is_negative_ ? 0 : length + 2);
        if (type == '!') ++errors_;
        if (!is_negative_) {
          body_left_ = length + 2;
          return;  // the element ends with its body
        }
        break;
      case '-':
        ++errors_;
        break;
      default:
        Remember(begin, end, 0);
        break;
    }
    complete += EndElement();
  }

  void Remember(const char* begin, const char* end, std::int64_t body_bytes) {
    if (begin == nullptr || end - begin > 8 || *begin == '!') return;
    alike_mask_ = ~std::uint64_t{0} >> (64 - 8 * (end - begin));
    std::memcpy(&alike_head_, begin, sizeof alike_head_);
    alike_head_ &= alike_mask_;
    alike_bytes_ = end - begin + body_bytes;
  }

  // An aggregate has added its elements to elements_left_ before it ends itself. Returns 1 if a reply is complete.
  std::uint64_t EndElement() {
    if (--elements_left_ > 0) return 0;
    elements_left_ = 1;
    return 1;
  }

  std::int64_t body_left_ = 0;      // of a bulk, with its line end
  std::int64_t elements_left_ = 1;  // of the reply, however nested
  std::int64_t alike_bytes_ = 0;
  std::uint64_t alike_head_ = 0;
  std::uint64_t alike_mask_ = 0;
  std::uint64_t number_ = 0;
  char type_ = 0;  // of the head being read; 0 between heads
  bool is_negative_ = false;
  std::uint64_t errors_ = 0;
  std::string first_error_;
};

}  // namespace zedis::bench
