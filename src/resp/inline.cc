// Inline commands: the quoting rules that redis-cli and redis-server share.
#include "resp/request.h"

namespace zedis::resp {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
// Vertical tab and form feed are skipped before a word but do not end one.
bool EndsWord(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char Unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

// Decodes one word that contains quotes.
class WordDecoder {
 public:
  WordDecoder(std::string_view text, char* out) : text_(text), begin_(out), out_(out) {}

  // Returns the bytes of `text` that the word took, or npos if its quotes are wrong.
  std::size_t Decode() {
    std::size_t at = 0;
    while (at < text_.size() && !EndsWord(text_[at])) {
      const char c = text_[at];
      if (c != '"' && c != '\'') {
        *out_++ = c;
        ++at;
        continue;
      }
      at = c == '"' ? DecodeDouble(at + 1) : DecodeSingle(at + 1);
      if (at == std::string_view::npos) return at;
      if (at < text_.size() && !IsSpace(text_[at])) return std::string_view::npos;
      break;
    }
    return at;
  }

  std::string_view Word() const { return {begin_, out_}; }

 private:
  // Both return the position behind the closing quote, or npos.
  std::size_t DecodeDouble(std::size_t at) {
    while (at < text_.size()) {
      const char c = text_[at];
      if (c == '"') return at + 1;
      const bool escape = c == '\\' && at + 1 < text_.size();
      if (escape && at + 3 < text_.size() && text_[at + 1] == 'x' && HexDigit(text_[at + 2]) >= 0 &&
          HexDigit(text_[at + 3]) >= 0) {
        *out_++ = static_cast<char>(HexDigit(text_[at + 2]) * 16 + HexDigit(text_[at + 3]));
        at += 4;
      } else if (escape) {
        *out_++ = Unescape(text_[at + 1]);
        at += 2;
      } else {
        *out_++ = c;
        ++at;
      }
    }
    return std::string_view::npos;
  }

  std::size_t DecodeSingle(std::size_t at) {
    while (at < text_.size()) {
      if (text_[at] == '\'') return at + 1;
      if (text_[at] == '\\' && at + 1 < text_.size() && text_[at + 1] == '\'') ++at;
      *out_++ = text_[at++];
    }
    return std::string_view::npos;
  }

  std::string_view text_;
  char* begin_;
  char* out_;
};

}  // namespace

bool SplitInline(std::string_view line, ArgBuffer& args) {
  char* room = nullptr;  // decoded words are never longer than the line
  std::size_t at = 0;
  for (;;) {
    while (at < line.size() && IsSpace(line[at])) ++at;
    if (at == line.size()) return true;
    std::size_t stop = at;
    while (stop < line.size() && !EndsWord(line[stop]) && line[stop] != '"' && line[stop] != '\'') ++stop;
    if (stop == line.size() || EndsWord(line[stop])) {
      args.Append(line.substr(at, stop - at));
      at = stop;
      continue;
    }
    if (room == nullptr) room = args.AllocateBytes(line.size());
    WordDecoder decoder(line.substr(at), room);
    const std::size_t taken = decoder.Decode();
    if (taken == std::string_view::npos) return false;
    args.Append(decoder.Word());
    room += decoder.Word().size();
    at += taken;
  }
}

}  // namespace zedis::resp
