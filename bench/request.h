// Requests of the load generator.
//
// A command is written as text with placeholders, for example "SET %k %v". Every placeholder has a fixed width,
// so all requests of one command have the same length: encoding one is a copy of a prepared image and a few
// digits. That keeps the generator cheaper than any server it measures.
//
//   %k  a key: prefix and zero-padded number below the keyspace, random (or the next one, in `sequential` shape)
//   %n  the next number of the run, 9 digits: unique members, unique keys
//   %i  the same with a leading 1, so that servers take it for an integer
//   %f  a field, random: f00 to f63         %m  a member, random: m000 to m999
//   %s  a score, random: 100000 to 199999   %v  a value of the configured length (letters)
//
// Commands with ; between them are one request: a transaction.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace zedis::bench {

struct Shape {
  std::uint64_t keyspace = 100'000;
  std::size_t key_bytes = 16;
  std::size_t value_bytes = 32;
  std::string prefix = "key:";
  bool sequential = false;  // %k counts up instead of being random
};

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Wide>(Next()) * bound) >> 64);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  std::uint64_t Next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

// Where the numbers of a run come from.
struct Numbers {
  Random random;
  std::uint64_t next = 0;  // of the keys in order, or of %n and %i
};

// One request, encoded, with the places of the digits that vary.
class RequestImage {
 public:
  static std::expected<RequestImage, std::string> Parse(std::string_view command, const Shape& shape) {
    RequestImage image;
    for (std::size_t at = 0; at <= command.size();) {
      const std::size_t end = std::min(command.find(';', at), command.size());
      if (auto added = image.AddCommand(command.substr(at, end - at), shape); !added) {
        return std::unexpected(added.error());
      }
      at = end + 1;
    }
    return image;
  }

  std::size_t size() const { return bytes_.size(); }
  // How many replies a server gives to it.
  std::size_t commands() const { return commands_; }

  // Writes size() bytes.
  void WriteTo(char* out, Numbers& numbers) const {
    std::memcpy(out, bytes_.data(), bytes_.size());
    for (const Digits& digits : digits_) {
      std::uint64_t number = digits.bound == 0 ? numbers.next++ : numbers.random.Below(digits.bound);
      // The image has zeros here, so leading ones need not be written.
      for (char* at = out + digits.offset + digits.width; number != 0; number /= 10) {
        *--at = static_cast<char>('0' + number % 10);
      }
    }
  }

 private:
  struct Digits {
    std::size_t offset;
    std::size_t width;
    std::uint64_t bound;  // random below it; 0: the next number of the run
  };

  std::expected<void, std::string> AddCommand(std::string_view command, const Shape& shape) {
    std::size_t arguments = 0;
    std::string body;
    const std::size_t first = digits_.size();
    for (std::size_t at = 0; at < command.size();) {
      const std::size_t end = std::min(command.find(' ', at), command.size());
      if (end > at) {
        if (auto added = AddArgument(command.substr(at, end - at), shape, body); !added) {
          return std::unexpected(added.error());
        }
        ++arguments;
      }
      at = end + 1;
    }
    if (arguments == 0) return std::unexpected("empty command");
    bytes_ += fmt::format("*{}\r\n", arguments);
    for (std::size_t i = first; i < digits_.size(); ++i) digits_[i].offset += bytes_.size();
    bytes_ += body;
    ++commands_;
    return {};
  }

  std::expected<void, std::string> AddArgument(std::string_view word, const Shape& shape, std::string& body) {
    std::string text;
    const std::size_t first = digits_.size();
    for (std::size_t i = 0; i < word.size(); ++i) {
      if (word[i] != '%' || i + 1 == word.size()) {
        text += word[i];
        continue;
      }
      switch (word[++i]) {
        case 'k': {
          text += shape.prefix;
          const std::size_t width = shape.key_bytes > shape.prefix.size() ? shape.key_bytes - shape.prefix.size() : 0;
          if (width < fmt::formatted_size("{}", shape.keyspace - 1)) {
            return std::unexpected("the keys are too short for the keyspace");
          }
          AddDigits(text, width, shape.sequential ? 0 : shape.keyspace);
          break;
        }
        case 'n':
          AddDigits(text, 9, 0);
          break;
        case 'i':
          AddDigits(text += '1', 9, 0);
          break;
        case 'f':
          AddDigits(text += 'f', 2, 64);
          break;
        case 'm':
          AddDigits(text += 'm', 3, 1000);
          break;
        case 's':
          AddDigits(text += '1', 5, 100'000);
          break;
        case 'v':
          for (std::size_t j = 0; j < shape.value_bytes; ++j) text += static_cast<char>('a' + (j * 5 + 7) % 26);
          break;
        default:
          return std::unexpected(fmt::format("unknown placeholder %{}", word[i]));
      }
    }
    body += fmt::format("${}\r\n", text.size());
    for (std::size_t i = first; i < digits_.size(); ++i) digits_[i].offset += body.size();
    body += text;
    body += "\r\n";
    return {};
  }

  void AddDigits(std::string& text, std::size_t width, std::uint64_t bound) {
    digits_.push_back({text.size(), width, bound});
    text.append(width, '0');
  }

  std::string bytes_;
  std::vector<Digits> digits_;
  std::size_t commands_ = 0;
};

// What --mode chooses. Each type of value has its own prefix, so that modes can follow one another on one server.
struct Mode {
  std::string_view name;
  std::string_view prefix;
  std::string_view command;
  std::string_view rare_command = {};  // if given: a fifth of the requests
};

inline constexpr Mode kModes[] = {
    {"ping", "key:", "PING"},
    {"get", "key:", "GET %k"},
    {"set", "key:", "SET %k %v"},
    {"mix", "key:", "GET %k", "SET %k %v"},
    {"load", "key:", "SET %k %v"},
    {"mget10", "key:", "MGET %k %k %k %k %k %k %k %k %k %k"},
    {"mset10", "key:", "MSET %k %v %k %v %k %v %k %v %k %v %k %v %k %v %k %v %k %v %k %v"},
    {"multi10", "key:",
     "MULTI;SET %k %v;SET %k %v;SET %k %v;SET %k %v;SET %k %v;SET %k %v;SET %k %v;SET %k %v;SET %k %v;SET %k %v;EXEC"},
    {"exists", "key:", "EXISTS %k"},
    {"del", "key:", "DEL %k"},
    {"expire", "key:", "EXPIRE %k 100000"},
    {"setex", "key:", "SET %k %v EX 100000"},
    {"getrange", "key:", "GETRANGE %k 2 9"},
    {"setrange", "key:", "SETRANGE %k 2 %s"},
    {"append", "app:", "APPEND %k %s"},
    {"incr", "ctr:", "INCR %k"},
    {"incrby", "ctr:", "INCRBY %k %s"},
    {"setbit", "bit:", "SETBIT %k %s 1"},
    {"lpush", "lst:", "LPUSH %k %v"},
    {"rpush", "lst:", "RPUSH %k %v"},
    {"lpop", "lst:", "LPOP %k"},
    {"rpop", "lst:", "RPOP %k"},
    {"llen", "lst:", "LLEN %k"},
    {"lindex", "lst:", "LINDEX %k 3"},
    {"lrange", "lst:", "LRANGE %k 0 9"},
    {"hset", "hsh:", "HSET %k %f %v"},
    {"hget", "hsh:", "HGET %k %f"},
    {"sadd", "set:", "SADD %k %m"},
    {"sismember", "set:", "SISMEMBER %k %m"},
    {"zadd", "zst:", "ZADD %k %s %m"},
    {"zscore", "zst:", "ZSCORE %k %m"},
    {"zrange", "zst:", "ZRANGE %k 0 9"},
};

}  // namespace zedis::bench
