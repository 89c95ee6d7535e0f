// For the tests and the fuzzer of the request parser: a slow parser by the definition, and a driver that feeds the real
// one in pieces.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/numbers.h"
#include "resp/request.h"

namespace zedis::resp {

struct Parsed {
  std::vector<std::vector<std::string>> requests;
  std::string error;  // empty if the stream is fine so far

  bool operator==(const Parsed&) const = default;
};

// Parses a whole stream, copying as it goes.
class RequestReference {
 public:
  RequestReference(std::string_view stream, const RequestLimits& limits) : rest_(stream), limits_(limits) {}

  Parsed Parse() {
    while (!rest_.empty() && ParseOne()) {
    }
    return parsed_;
  }

 private:
  bool Fail(const std::string& text) {
    parsed_.error = "ERR Protocol error: " + text;
    return false;
  }

  // Takes a line out of rest_; false if there is none yet, or none that is allowed.
  bool TakeLine(char terminator, const char* too_big, std::string& line) {
    const std::size_t size = rest_.find(terminator);
    if (std::min(size, rest_.size()) > static_cast<std::size_t>(limits_.max_line_bytes)) return Fail(too_big);
    if (size == std::string_view::npos) return false;
    if (terminator == '\r' && size + 1 == rest_.size()) return false;
    line = rest_.substr(0, size);
    after_line_ = terminator == '\r' ? rest_[size + 1] : '\n';
    rest_.remove_prefix(size + (terminator == '\r' ? 2 : 1));
    return true;
  }

  bool ParseOne() {
    if (rest_[0] != '*') return ParseInline();
    std::string line;
    if (!TakeLine('\r', "too big mbulk count string", line)) return false;
    const auto count = base::ParseInt64(line.substr(1));
    if (after_line_ != '\n' || !count || *count > limits_.max_arguments) return Fail("invalid multibulk length");
    if (*count > kUnauthenticatedArgumentsMax && !limits_.authenticated)
      return Fail("unauthenticated multibulk length");
    std::vector<std::string> request;
    for (std::int64_t i = 0; i < *count; ++i) {
      std::string argument;
      if (!ParseBulk(argument)) return false;
      request.push_back(argument);
    }
    if (!request.empty()) parsed_.requests.push_back(request);
    return true;
  }

  bool ParseBulk(std::string& argument) {
    std::string line;
    if (!TakeLine('\r', "too big bulk count string", line)) return false;
    const char got = line.empty() ? '\r' : line[0];
    if (got != '$') return Fail(std::string("expected '$', got '") + got + "'");
    const auto size = base::ParseInt64(line.substr(1));
    if (after_line_ != '\n' || !size || *size < 0 || *size > limits_.max_bulk_bytes) return Fail("invalid bulk length");
    if (*size > kUnauthenticatedBulkBytesMax && !limits_.authenticated) return Fail("unauthenticated bulk length");
    const auto bytes = static_cast<std::size_t>(*size);
    argument = rest_.substr(0, bytes);
    if (rest_.size() <= bytes) return false;
    const std::string_view ending = rest_.substr(bytes, 2);
    if (!std::string_view("\r\n").starts_with(ending)) return Fail("bulk not terminated by CRLF");
    if (ending.size() < 2) return false;
    rest_.remove_prefix(bytes + 2);
    return true;
  }

  bool ParseInline() {
    std::string line;
    if (!TakeLine('\n', "too big inline request", line)) return false;
    if (line.ends_with('\r')) line.pop_back();
    std::vector<std::string> words;
    if (!Split(line, words)) return Fail("unbalanced quotes in request");
    if (!words.empty()) parsed_.requests.push_back(words);
    return true;
  }

  static bool IsOneOf(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

  // A state machine, one byte at a time.
  static bool Split(const std::string& line, std::vector<std::string>& words) {
    enum { kBetween, kWord, kDouble, kSingle, kClosed } state = kBetween;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (state == kClosed && !IsOneOf(c, " \t\n\v\f\r")) return false;
      if (state == kClosed) state = kBetween;
      if (state == kBetween && IsOneOf(c, " \t\n\v\f\r")) continue;
      if (state == kWord && IsOneOf(c, " \t\n\r")) {
        state = kBetween;
        continue;
      }
      if (state == kBetween) {
        words.emplace_back();
        state = kWord;
      }
      if (state == kWord && c == '"') {
        state = kDouble;
      } else if (state == kWord && c == '\'') {
        state = kSingle;
      } else if ((state == kDouble && c == '"') || (state == kSingle && c == '\'')) {
        state = kClosed;
      } else if (state == kSingle && line.compare(i, 2, "\\'") == 0) {
        words.back() += line[++i];
      } else if (state == kDouble && c == '\\' && i + 1 < line.size()) {
        i += Unescape(line, i + 1, words.back());
      } else {
        words.back() += c;
      }
    }
    return state != kDouble && state != kSingle;
  }

  static std::size_t Unescape(const std::string& line, std::size_t at, std::string& word) {
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    if (line[at] == 'x' && at + 2 < line.size() && IsOneOf(line[at + 1], kHex) && IsOneOf(line[at + 2], kHex)) {
      word += static_cast<char>(std::stoi(line.substr(at + 1, 2), nullptr, 16));
      return 3;
    }
    constexpr std::string_view kNames = "nrtba";
    constexpr std::string_view kBytes = "\n\r\t\b\a";
    const std::size_t name = kNames.find(line[at]);
    word += name == std::string_view::npos ? line[at] : kBytes[name];
    return 1;
  }

  std::string_view rest_;
  const RequestLimits& limits_;
  Parsed parsed_;
  char after_line_ = 0;
};

// Gives the stream to the real parser as a connection would: `next_piece` says how many bytes arrive next, the
// unfinished tail moves to fresh memory of exactly its size each time.
inline Parsed ParseInPieces(std::string_view stream, const RequestLimits& limits,
                            const std::function<std::size_t()>& next_piece) {
  Parsed parsed;
  ParseProgress progress;
  ArgBuffer args;
  std::string tail;
  std::uint64_t needed = 1;
  while (!stream.empty()) {
    const std::size_t piece = std::clamp<std::size_t>(next_piece(), 1, stream.size());
    const std::size_t size = tail.size() + piece;
    const auto memory = std::make_unique<char[]>(size);
    std::memcpy(memory.get(), tail.data(), tail.size());
    std::memcpy(memory.get() + tail.size(), stream.data(), piece);
    stream.remove_prefix(piece);

    const char* cursor = memory.get();
    const char* const end = cursor + size;
    args.Clear();
    bool may_be_whole = piece >= needed;
    for (;;) {
      const std::size_t first = args.Size();
      const char* const before = cursor;
      const ParseStatus status = ParseRequest(cursor, end, limits, progress, args);
      CHECK(cursor >= before && cursor <= end);
      if (status == ParseStatus::kError) {
        CHECK(progress.Error() != ProtocolError::kNone);
        parsed.error = progress.ErrorText();
        return parsed;
      }
      if (status == ParseStatus::kIncomplete) {
        CHECK(args.Size() == first && progress.NeededBytes() > 0);
        needed = progress.NeededBytes();
        break;
      }
      CHECK(may_be_whole && args.Size() > first);
      may_be_whole = true;
      const Args request = args.From(first);
      parsed.requests.emplace_back(request.begin(), request.end());
    }
    tail.assign(cursor, end);
  }
  return parsed;
}

}  // namespace zedis::resp
