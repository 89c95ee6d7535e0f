#include "server/config_special.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <thread>

#include "server/config_value.h"

namespace zedis::server {
namespace {

constexpr std::size_t kBindAddressesMax = 16;
constexpr std::int64_t kHzMin = 1;
constexpr std::int64_t kHzMax = 500;
constexpr std::int64_t kBacklogBytesMin = 16 * 1024;
constexpr std::int64_t kOomScoreMax = 2000;
constexpr std::size_t kHostNameBytesMax = 255;

std::unexpected<std::string> Error(std::string_view text) { return std::unexpected(std::string(text)); }

Value WithNumber(std::int64_t number) { return {std::to_string(number), number}; }

struct NotifyLetter {
  char letter;
  std::uint32_t flag;
};

// In the order in which CONFIG GET lists the letters. K, E and m follow, since A does not stand for them.
constexpr NotifyLetter kNotifyClasses[] = {
    {'g', base::kNotifyGeneric}, {'$', base::kNotifyString}, {'l', base::kNotifyList},    {'s', base::kNotifySet},
    {'h', base::kNotifyHash},    {'z', base::kNotifyZset},   {'x', base::kNotifyExpired}, {'e', base::kNotifyEvicted},
    {'t', base::kNotifyStream},  {'d', base::kNotifyModule}, {'n', base::kNotifyNew},
};
constexpr NotifyLetter kNotifyOthers[] = {
    {'K', base::kNotifyKeyspace},
    {'E', base::kNotifyKeyevent},
    {'m', base::kNotifyKeyMiss},
};

std::optional<std::uint32_t> NotifyFlagOf(char letter) {
  if (letter == 'A') return base::kNotifyAll;
  for (const auto& known : kNotifyClasses) {
    if (known.letter == letter) return known.flag;
  }
  for (const auto& known : kNotifyOthers) {
    if (known.letter == letter) return known.flag;
  }
  return std::nullopt;
}

// Redis leaves out `n` when all of A is set; follow it.
std::string NotifyText(std::uint32_t flags) {
  std::string text;
  if ((flags & base::kNotifyAll) == base::kNotifyAll) {
    text = "A";
  } else {
    for (const auto& known : kNotifyClasses) {
      if ((flags & known.flag) != 0) text += known.letter;
    }
  }
  for (const auto& known : kNotifyOthers) {
    if ((flags & known.flag) != 0) text += known.letter;
  }
  return text;
}

constexpr std::array<std::string_view, base::kOutputClasses> kOutputClassNames = {"normal", "slave", "pubsub"};

std::optional<std::size_t> OutputClassOf(std::string_view name) {
  if (EqualsIgnoringCase(name, "replica")) return static_cast<std::size_t>(base::OutputClass::kReplica);
  for (std::size_t i = 0; i < kOutputClassNames.size(); ++i) {
    if (EqualsIgnoringCase(name, kOutputClassNames[i])) return i;
  }
  return std::nullopt;
}

// Twelve words: class, hard, soft, seconds, three times.
constexpr std::size_t kWordsPerOutputClass = 4;

std::optional<std::int64_t> LimitBytes(std::string_view word) {
  const auto bytes = ParseMemory(word);
  if (!bytes || *bytes > static_cast<std::uint64_t>(kInt64Max)) return std::nullopt;
  return static_cast<std::int64_t>(*bytes);
}

std::string MemoryWithUnit(std::int64_t bytes) {
  if (bytes != 0 && bytes % (1 << 30) == 0) return fmt::format("{}gb", bytes >> 30);
  if (bytes != 0 && bytes % (1 << 20) == 0) return fmt::format("{}mb", bytes >> 20);
  if (bytes != 0 && bytes % (1 << 10) == 0) return fmt::format("{}kb", bytes >> 10);
  return std::to_string(bytes);
}

// The title that `format` gives with everything that may be empty left empty, or nothing if it has an unknown or
// unfinished {variable}.
std::optional<std::string> ExpandTitle(std::string_view format) {
  static constexpr std::string_view kFilled[] = {"listen-addr", "port", "tls-port"};
  static constexpr std::string_view kMaybeEmpty[] = {"title", "server-mode", "unixsocket", "config-file"};
  std::string title;
  while (!format.empty()) {
    const std::size_t open = std::min(format.find('{'), format.size());
    title += format.substr(0, open);
    format.remove_prefix(open);
    if (format.empty()) break;
    const std::size_t close = format.find('}');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string_view variable = format.substr(1, close - 1);
    if (std::ranges::find(kFilled, variable) != std::end(kFilled)) {
      title += '0';
    } else if (std::ranges::find(kMaybeEmpty, variable) == std::end(kMaybeEmpty)) {
      return std::nullopt;
    }
    format.remove_prefix(close + 1);
  }
  return title;
}

}  // namespace

ParseResult ParseBind(const Directive&, Words words, const Value&) {
  if (words.size() > kBindAddressesMax) return Error("Too many bind addresses specified.");
  return Value{fmt::format("{}", fmt::join(words, " ")), 0};
}

ParseResult ParseClientOutputBufferLimit(const Directive& directive, Words words, const Value& current) {
  if (words.size() % kWordsPerOutputClass != 0) {
    return Error("Wrong number of arguments in buffer limit configuration.");
  }
  // What is not named keeps its value; the table's own row, which names all, has none before it.
  auto limits = SplitAtSpaces(current.text.empty() ? directive.initial : std::string_view(current.text));
  for (; !words.empty(); words = words.subspan(kWordsPerOutputClass)) {
    const auto output_class = OutputClassOf(words[0]);
    if (!output_class) return Error("Invalid client class specified in buffer limit configuration.");
    const auto hard = LimitBytes(words[1]);
    const auto soft = LimitBytes(words[2]);
    const auto seconds = ParseConfigInt(words[3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return Error("Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    const std::size_t first = *output_class * kWordsPerOutputClass;
    limits[first + 1] = std::to_string(*hard);
    limits[first + 2] = std::to_string(*soft);
    limits[first + 3] = std::to_string(*seconds);
  }
  return Value{fmt::format("{}", fmt::join(limits, " ")), 0};
}

// What dispatch has to look out for, of all logs together: the least that any of them wants to know.
void PublishCallThresholds(const Value&, base::Tunables& tunables) {
  // A call of a fast command with few and short arguments takes as long as others of its kind, unless it has to wait
  // for a lock, which is noticed. Below this threshold that is not sure enough, and every call is timed.
  constexpr std::int64_t kTimeAllBelowUs = 1000;
  constexpr std::int64_t kArgumentsMany = 16;
  constexpr std::int64_t kRequestBytesMany = 64 << 10;
  const auto or_never = [](const base::Tunable& tunable) { return tunable.Get() < 0 ? kInt64Max : tunable.Get(); };
  base::CallThresholds& thresholds = tunables.call_thresholds;
  const bool time_all = or_never(tunables.slowlog_log_slower_than_us) < kTimeAllBelowUs;
  // What is large is timed, too, so that it is reported.
  const std::int64_t request_bytes = or_never(tunables.commandlog_request_larger_than_bytes);
  const bool is_small = request_bytes < kRequestBytesMany;
  thresholds.arguments.Set(time_all || is_small ? 0 : kArgumentsMany);
  thresholds.request_bytes.Set(std::min(request_bytes, kRequestBytesMany));
  thresholds.reply_bytes.Set(or_never(tunables.commandlog_reply_larger_than_bytes));
}

void PublishClientOutputBufferLimit(const Value& value, base::Tunables& tunables) {
  const auto words = SplitAtSpaces(value.text);
  for (std::size_t i = 0; i < base::kOutputClasses; ++i) {
    auto& limit = tunables.output_buffer_limits[i];
    limit.hard_bytes.Set(*ParseConfigInt(words[i * kWordsPerOutputClass + 1]));
    limit.soft_bytes.Set(*ParseConfigInt(words[i * kWordsPerOutputClass + 2]));
    limit.soft_seconds.Set(*ParseConfigInt(words[i * kWordsPerOutputClass + 3]));
  }
}

std::vector<std::string> WriteClientOutputBufferLimit(const Directive& directive, const Value& value) {
  std::vector<std::string> lines;
  const auto words = SplitAtSpaces(value.text);
  for (std::size_t i = 0; i < words.size(); i += kWordsPerOutputClass) {
    lines.push_back(fmt::format("{} {} {} {} {}", directive.name, words[i] == "slave" ? "replica" : words[i],
                                MemoryWithUnit(*ParseConfigInt(words[i + 1])),
                                MemoryWithUnit(*ParseConfigInt(words[i + 2])), words[i + 3]));
  }
  return lines;
}

// Makes the path absolute, so that a later change of the working directory does not change its meaning. Whoever
// works in the directory changes to it.
ParseResult ParseDir(const Directive&, Words words, const Value& current) {
  if (words.size() != 1) return Error(kWrongNumberOfArguments);
  if (words[0].empty() && current.text.empty()) return Value{};
  const std::string path =
      words[0].starts_with('/') || current.text.empty() ? words[0] : fmt::format("{}/{}", current.text, words[0]);
  char resolved[PATH_MAX];
  struct stat status{};
  if (words[0].empty() || realpath(path.c_str(), resolved) == nullptr || stat(resolved, &status) != 0) {
    return Error(std::strerror(words[0].empty() ? ENOENT : errno));
  }
  if (!S_ISDIR(status.st_mode)) return Error(std::strerror(ENOTDIR));
  if (access(resolved, X_OK) != 0) return Error(std::strerror(errno));
  return Value{resolved, 0};
}

ParseResult ParseFileName(const Directive& directive, Words words, const Value&) {
  if (words.size() != 1) return Error(kWrongNumberOfArguments);
  if (words[0].empty() && directive.name != "dbfilename") {
    return std::unexpected(fmt::format("{} can't be empty", directive.name));
  }
  if (words[0].find('/') != std::string::npos) {
    return std::unexpected(fmt::format("{} can't be a path, just a filename", directive.name));
  }
  return Value{words[0], 0};
}

ParseResult ParseHostName(const Directive&, Words words, const Value&) {
  if (words.size() != 1) return Error(kWrongNumberOfArguments);
  if (words[0].size() > kHostNameBytesMax) return Error("Hostnames must be less than 256 characters");
  const bool is_clean = std::ranges::all_of(words[0], [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
  });
  if (!is_clean) return Error("Hostnames may only contain alphanumeric characters, hyphens or dots");
  return Value{words[0], 0};
}

ParseResult ParseHz(const Directive& directive, Words words, const Value&) {
  if (words.size() != 1) return Error(kWrongNumberOfArguments);
  auto value = ParseIntValue(directive, words[0]);
  if (!value) return value;
  return WithNumber(std::clamp(value->number, kHzMin, kHzMax));
}

ParseResult ParseNotifyKeyspaceEvents(const Directive&, Words words, const Value&) {
  if (words.size() != 1) return Error(kWrongNumberOfArguments);
  std::uint32_t flags = 0;
  for (const char letter : words[0]) {
    const auto flag = NotifyFlagOf(letter);
    if (!flag) return Error("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    flags |= *flag;
  }
  return Value{NotifyText(flags), flags};
}

ParseResult ParseOomScoreAdjValues(const Directive&, Words words, const Value&) {
  if (words.size() != 3) return Error(kWrongNumberOfArguments);
  for (const auto& word : words) {
    const auto score = ParseConfigInt(word);
    if (!score || *score < -kOomScoreMax || *score > kOomScoreMax) {
      return Error("Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
  }
  return Value{fmt::format("{}", fmt::join(words, " ")), 0};
}

ParseResult ParsePercentiles(const Directive& directive, Words words, const Value&) {
  std::string text;
  for (std::string_view word : words) {
    if (word.starts_with('+')) word.remove_prefix(1);
    double percentile = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), percentile);
    if (error != std::errc() || end != word.data() + word.size() || std::isnan(percentile)) {
      return std::unexpected(fmt::format("Invalid {} parameters", directive.name));
    }
    if (percentile < 0 || percentile > 100) {
      return std::unexpected(fmt::format("{} parameters should sit between [0.0,100.0]", directive.name));
    }
    std::string digits = fmt::format("{:.6f}", percentile);
    digits.resize(digits.find_last_not_of('0') + 1);
    if (digits.ends_with('.')) digits.pop_back();
    if (!text.empty()) text += ' ';
    text += digits;
  }
  return Value{text, 0};
}

ParseResult ParseProcTitleTemplate(const Directive&, Words words, const Value&) {
  if (words.size() != 1) return Error(kWrongNumberOfArguments);
  const auto title = ExpandTitle(words[0]);
  if (!title || title->find_first_not_of(' ') == std::string::npos) {
    return Error("template format is invalid or contains unknown variables");
  }
  return Value{words[0], 0};
}

ParseResult ParseReplBacklogSize(const Directive& directive, Words words, const Value&) {
  if (words.size() != 1) return Error(kWrongNumberOfArguments);
  auto value = ParseMemoryValue(directive, words[0]);
  if (!value) return value;
  return WithNumber(std::max(value->number, kBacklogBytesMin));
}

ParseResult ParseReplicaOf(const Directive&, Words words, const Value&) {
  if (words.empty()) return Value{};  // the initial value
  if (words.size() != 2) return Error(kWrongNumberOfArguments);
  if (EqualsIgnoringCase(words[0], "no") && EqualsIgnoringCase(words[1], "one")) return Value{};
  const auto port = ParseConfigInt(words[1]);
  if (!port || *port < 0 || *port > 65535) return Error("Invalid master port");
  return Value{fmt::format("{} {}", words[0], words[1]), 0};
}

ParseResult ParseSave(const Directive&, Words words, const Value& current) {
  if (words.empty()) return Value{};
  const auto invalid = [] { return Error("Invalid save parameters"); };
  if (words.size() % 2 != 0) return invalid();
  std::string text = current.text;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const auto seconds = ParseConfigInt(words[i]);
    const auto changes = ParseConfigInt(words[i + 1]);
    if (!seconds || !changes || *seconds < 1 || *changes < 0) return invalid();
    if (!text.empty()) text += ' ';
    text += fmt::format("{} {}", *seconds, *changes);
  }
  return Value{text, 0};
}

std::vector<std::string> WriteSave(const Directive& directive, const Value& value) {
  const auto words = SplitAtSpaces(value.text);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    lines.push_back(fmt::format("{} {} {}", directive.name, words[i], words[i + 1]));
  }
  if (lines.empty()) lines.push_back(fmt::format("{} \"\"", directive.name));
  return lines;
}

ParseResult ParseThreads(const Directive& directive, Words words, const Value&) {
  if (words.size() != 1) return Error(kWrongNumberOfArguments);
  auto value = ParseIntValue(directive, words[0]);
  if (!value || value->number > 0) return value;
  const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  return WithNumber(std::clamp<std::int64_t>(cores, 1, static_cast<std::int64_t>(directive.max)));
}

ParseResult ParseShutdownOn(const Directive& directive, Words words, const Value& current) {
  Directive plain = directive;
  plain.parse = nullptr;
  auto value = ParseValue(plain, words, current);
  constexpr std::int64_t kSave = 1 << 0;
  constexpr std::int64_t kNoSave = 1 << 1;
  if (value && (value->number & kSave) != 0 && (value->number & kNoSave) != 0) {
    return Error("shutdown options SAVE and NOSAVE can't be used simultaneously");
  }
  return value;
}

}  // namespace zedis::server
