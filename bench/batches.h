// Batches of encoded requests: from a pool made before the clock starts, or each encoded when it is asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "load_options.h"
#include "request.h"

namespace zedis::bench {

class Batches {
 public:
  explicit Batches(const Options& options) : pipeline_(options.pipeline), numbers_{.random = Random(options.seed)} {
    Shape shape = options.shape;
    std::string_view command = options.command;
    std::string_view rare_command;
    if (command.empty()) {
      const Mode* const mode = std::ranges::find(kModes, options.mode, &Mode::name);
      if (mode == std::end(kModes)) Fail(2, "unknown mode " + options.mode);
      command = mode->command;
      rare_command = mode->rare_command;
      shape.prefix = mode->prefix;
    }
    if (!options.prefix.empty()) shape.prefix = options.prefix;
    shape.sequential = options.LoadsWholeKeyspace();
    is_fresh_ = shape.sequential || command.contains("%n") || command.contains("%i");
    images_.push_back(Parse(command, shape));
    if (!rare_command.empty()) images_.push_back(Parse(rare_command, shape));
    for (const RequestImage& image : images_) batch_bytes_max_ = std::max(batch_bytes_max_, image.size() * pipeline_);
    if (!is_fresh_) FillPool(options);
  }

  // True if requests must not repeat, so that there is no pool.
  bool is_fresh() const { return is_fresh_; }
  std::size_t batch_bytes_max() const { return batch_bytes_max_; }
  // To each request. A rare one has as many.
  std::size_t replies() const { return images_[0].commands(); }

  // REQUIRES: !is_fresh()
  std::string_view NextOfPool() {
    const std::size_t begin = ends_[batch_];
    const std::size_t end = ends_[batch_ + 1];
    if (++batch_ + 1 == ends_.size()) batch_ = 0;
    return {pool_.data() + begin, end - begin};
  }

  // REQUIRES: `out` has room for batch_bytes_max() and requests <= the pipeline
  std::string_view Encode(char* out, std::uint64_t requests) {
    char* at = out;
    for (std::uint64_t i = 0; i < requests; ++i) {
      const bool is_rare = images_.size() > 1 && numbers_.random.Below(5) == 0;
      const RequestImage& image = images_[is_rare ? 1 : 0];
      image.WriteTo(at, numbers_);
      at += image.size();
    }
    return {out, static_cast<std::size_t>(at - out)};
  }

 private:
  static constexpr std::size_t kPoolBytesMax = std::size_t{1} << 30;
  static constexpr std::uint64_t kPoolBatchesMin = 8;

  static RequestImage Parse(std::string_view command, const Shape& shape) {
    auto image = RequestImage::Parse(command, shape);
    if (!image) Fail(2, image.error());
    return *std::move(image);
  }

  void FillPool(const Options& options) {
    std::uint64_t requests = options.pool;
    if (requests == 0) requests = options.shape.keyspace > 1'000'000 ? 4'000'000 : 400'000;
    const std::uint64_t batches =
        std::max(kPoolBatchesMin, std::min(requests / pipeline_, kPoolBytesMax / batch_bytes_max_));
    pool_.resize(batches * batch_bytes_max_);
    ends_.push_back(0);
    for (std::uint64_t i = 0; i < batches; ++i) {
      ends_.push_back(ends_.back() + Encode(pool_.data() + ends_.back(), pipeline_).size());
    }
  }

  std::uint64_t pipeline_;
  Numbers numbers_;
  bool is_fresh_ = false;
  std::size_t batch_bytes_max_ = 0;
  std::vector<RequestImage> images_;  // the usual request, and the rare one if the mode has it
  std::vector<char> pool_;
  std::vector<std::size_t> ends_;  // batch i of the pool is from ends_[i] to ends_[i + 1]
  std::size_t batch_ = 0;
};

}  // namespace zedis::bench
