// The command line of the load generator.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "request.h"

namespace zedis::bench {

inline constexpr char kUsage[] =
    "usage: bench-load --port PORT [options]\n"
    "  --mode MODE          get (default), set, mix (80 % get), load (each key once, in order), ...\n"
    "  --modes              list them\n"
    "  --command TEXT       any command instead; placeholders %k %v %n %i %f %m %s, see bench/request.h\n"
    "  --connections N      64\n"
    "  --pipeline N         requests of a batch: 1\n"
    "  --requests N         1000000; the whole keyspace in mode load\n"
    "  --seconds S          run for this time instead\n"
    "  --rate N             requests per second, on a schedule; 0 (default): as fast as replies come\n"
    "  --keyspace N         100000\n"
    "  --key-bytes N        16\n"
    "  --value-bytes N      32\n"
    "  --prefix TEXT        what keys begin with, instead of the mode's own\n"
    "  --pool N             requests encoded before the start: 400000, ten times that for a keyspace over 1 M\n"
    "  --seed N             1\n"
    "  --pid PID            report CPU and memory of this process\n"
    "  --spin               poll for replies instead of sleeping\n";

[[noreturn]] inline void Fail(int code, std::string_view reason) {
  fmt::print(stderr, "bench-load: {}\n", reason);
  std::exit(code);
}

struct Options {
  std::uint64_t port = 0;
  std::uint64_t connections = 64;
  std::uint64_t pipeline = 1;
  std::uint64_t requests = 0;
  double seconds = 0;
  double rate = 0;
  std::uint64_t pool = 0;
  std::uint64_t seed = 1;
  std::uint64_t pid = 0;
  bool spin = false;
  std::string mode = "get";
  std::string command;
  std::string prefix;
  Shape shape;

  bool LoadsWholeKeyspace() const { return command.empty() && mode == "load"; }

  // How many requests to send if time does not end the run.
  std::uint64_t RequestsMax() const {
    if (seconds > 0) return ~std::uint64_t{0};
    if (requests > 0) return requests;
    return LoadsWholeKeyspace() ? shape.keyspace : 1'000'000;
  }
};

template <typename Number>
Number ParseNumber(std::string_view name, std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) {
    Fail(2, fmt::format("{} needs a number, not '{}'", name, text));
  }
  return number;
}

// Sets the option that takes a value. Returns false if there is none of this name.
inline bool SetOption(Options& options, std::string_view name, std::string_view value) {
  const struct {
    std::string_view name;
    std::string* text;
  } texts[] = {{"--mode", &options.mode}, {"--command", &options.command}, {"--prefix", &options.prefix}};
  const struct {
    std::string_view name;
    double* number;
  } reals[] = {{"--seconds", &options.seconds}, {"--rate", &options.rate}};
  const struct {
    std::string_view name;
    std::uint64_t* number;
  } integers[] = {{"--port", &options.port},
                  {"--connections", &options.connections},
                  {"--pipeline", &options.pipeline},
                  {"--requests", &options.requests},
                  {"--keyspace", &options.shape.keyspace},
                  {"--key-bytes", &options.shape.key_bytes},
                  {"--value-bytes", &options.shape.value_bytes},
                  {"--pool", &options.pool},
                  {"--seed", &options.seed},
                  {"--pid", &options.pid}};
  for (const auto& option : texts) {
    if (option.name == name) return *option.text = value, true;
  }
  for (const auto& option : reals) {
    if (option.name == name) return *option.number = ParseNumber<double>(name, value), true;
  }
  for (const auto& option : integers) {
    if (option.name == name) return *option.number = ParseNumber<std::uint64_t>(name, value), true;
  }
  return false;
}

// Ends the process if the command line is wrong.
inline Options ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--spin") {
      options.spin = true;
    } else if (name == "--modes") {
      for (const Mode& mode : kModes) fmt::print("{:10} {}  {}\n", mode.name, mode.command, mode.rare_command);
      std::exit(0);
    } else if (i + 1 == argc || !SetOption(options, name, argv[i + 1])) {
      Fail(2, fmt::format("unknown or incomplete option {}\n{}", name, kUsage));
    } else {
      ++i;
    }
  }
  if (options.port == 0 || options.port > 65535 || options.connections == 0 || options.pipeline == 0 ||
      options.shape.keyspace == 0) {
    Fail(2, kUsage);
  }
  return options;
}

}  // namespace zedis::bench
