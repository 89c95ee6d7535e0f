#include "server/config_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace zedis::server {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char Unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    default:
      return c;
  }
}

// A cursor over the line; every Take returns false where the line is malformed.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  void SkipSpaces() {
    while (!rest_.empty() && IsSpace(rest_[0])) rest_.remove_prefix(1);
  }
  bool AtEnd() const { return rest_.empty(); }

  bool TakeWord(std::string& word) {
    while (!rest_.empty() && !IsSpace(rest_[0])) {
      const char c = TakeChar();
      if (c == '"') return TakeDoubleQuoted(word) && EndsHere();
      if (c == '\'') return TakeSingleQuoted(word) && EndsHere();
      word += c;
    }
    return true;
  }

 private:
  char TakeChar() {
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }
  bool EndsHere() const { return rest_.empty() || IsSpace(rest_[0]); }

  bool TakeDoubleQuoted(std::string& word) {
    while (!rest_.empty()) {
      const char c = TakeChar();
      if (c == '"') return true;
      if (c != '\\' || rest_.empty()) {
        word += c;
      } else if (!TakeHexByte(word)) {
        word += Unescape(TakeChar());
      }
    }
    return false;
  }

  bool TakeHexByte(std::string& word) {
    unsigned char byte = 0;
    if (rest_.size() < 3 || rest_[0] != 'x') return false;
    const auto [end, error] = std::from_chars(rest_.data() + 1, rest_.data() + 3, byte, 16);
    if (error != std::errc() || end != rest_.data() + 3) return false;
    word += static_cast<char>(byte);
    rest_.remove_prefix(3);
    return true;
  }

  bool TakeSingleQuoted(std::string& word) {
    while (!rest_.empty()) {
      const char c = TakeChar();
      if (c == '\'') return true;
      if (c == '\\' && rest_.starts_with('\'')) {
        word += TakeChar();
      } else {
        word += c;
      }
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<std::string>> SplitConfigLine(std::string_view line) {
  std::vector<std::string> words;
  LineReader reader(line);
  for (reader.SkipSpaces(); !reader.AtEnd(); reader.SkipSpaces()) {
    std::string word;
    if (!reader.TakeWord(word)) return std::nullopt;
    words.push_back(std::move(word));
  }
  return words;
}

std::string QuoteConfigWord(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
      case '\\':
        out += '\\', out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\a':
        out += "\\a";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        if (byte >= 0x20 && byte < 0x7f) {
          out += c;
        } else {
          fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
        }
    }
  }
  return out += '"';
}

std::string QuoteOddWords(std::string_view line) {
  const auto is_odd = [](unsigned char c) { return c < '!' || c == 0x7f || c == '"' || c == '\'' || c == '\\'; };
  std::string out;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    if (!out.empty()) out += ' ';
    std::ranges::any_of(word, is_odd) ? out += QuoteConfigWord(word) : out += word;
    line.remove_prefix(std::min(word.size() + 1, line.size()));
  }
  return out;
}

}  // namespace zedis::server
